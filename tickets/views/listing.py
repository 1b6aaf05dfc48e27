from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clients.portal import Portal, number_of, portal_page, refusals_as_messages, show
from clients.queries import client_projects
from tickets.actions import change_view, delete_view, save_view
from tickets.forms import ListFilter
from tickets.models import Report
from tickets.queries import client_reports, client_tickets
from tickets.queries.saved_views import MOST_SHOWN, counts_of, views_for
from tickets.queries.search import Found, search
from tickets.rules.search import MOST_CHARACTERS, respelled
from tickets.views.rows import Row, rows_of

PAGE = 25
LAST = 2**63 - 1


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
def ticket_list(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """List the client's tickets and reports, or what a search finds; keep searches as views.

    The same address gives htmx only the results, and the counts of the views. Pages go by number
    (``before``), so the last page costs what the first does.
    """
    if request.method == "POST":
        return _act(request, portal)
    if "counts" in request.GET:
        views = views_for(portal.user, client_id=portal.client.pk)[:MOST_SHOWN]
        counts = counts_of(views, portal.user, now=portal.now)
        return show(request, portal, "parts/search_counts.html", {"counts": counts})
    wanted = ListFilter(request.GET).wanted()
    found = _found(portal, wanted) if wanted["q"].strip() else None
    rows = _found_rows(portal, found) if found else _rows(portal, wanted)
    shown = rows if found else rows[:PAGE]
    go_on = rows[PAGE - 1].number if len(rows) > PAGE else None
    if found:
        go_on = found.next_before

    kept = {name: wanted[name] for name in ("q", "project") if wanted[name]}
    context: dict[str, Any] = {
        "nav": "tickets",
        "wanted": wanted,
        "rows": shown,
        "found": found,
        "narrowed": bool(kept),
        "tabs": [
            (value, label, urlencode({"view": value, **kept})) for value, label in ListFilter.VIEWS
        ],
    }
    if found:
        context["instead"] = [
            (
                usual,
                "?" + urlencode({"view": wanted["view"], "q": respelled(wanted["q"], word, usual)}),
            )
            for word, usual in found.reading.rather
        ]
    if go_on:
        context["older"] = urlencode({"view": wanted["view"], **kept, "before": go_on})
    if request.headers.get("HX-Target") == "results":
        return show(request, portal, "portal/parts/ticket_results.html", context)
    context["may_share"] = portal.may("view.share")
    context["may_manage"] = portal.may("view.manage")
    context["projects"] = client_projects(portal.client.pk)
    context["views"] = list(views_for(portal.user, client_id=portal.client.pk)[:MOST_SHOWN])
    return show(request, portal, "portal/ticket_list.html", context)


def _found(portal: Portal, wanted: dict[str, Any]) -> Found:
    return search(
        portal.user,
        wanted["q"],
        client_id=portal.client.pk,
        view=wanted["view"],
        project_id=wanted["project"],
        before=wanted["before"],
        now=portal.now,
    )


def _found_rows(portal: Portal, found: Found) -> list[Row]:
    """Give the rows of a search, in its order, each with its title and text marked."""
    tickets = [hit.ticket for hit in found.hits if hit.ticket]
    reports = [hit.report for hit in found.hits if hit.report]
    rows = {row.number: row for row in rows_of(tickets, reports, portal.user, portal.now)}
    return [rows[hit.number].marked(hit.title, hit.excerpt) for hit in found.hits]


def _rows(portal: Portal, wanted: dict[str, Any]) -> list[Row]:
    """Give a page and one more row, each source read no further than that."""
    before = wanted["before"] or LAST
    narrowed = {"client_id": portal.client.pk, "project_id": wanted["project"]}
    tickets = client_tickets(portal.user, view=wanted["view"], **narrowed)
    # Reports in triage and declined ones have an index each; asked together they would have none.
    views = ("open", "done") if wanted["view"] == "all" else (wanted["view"],)
    reports: list[Report] = []
    for view in views:
        found = client_reports(portal.user, view=view, **narrowed)
        reports += found.filter(pk__lt=before)[: PAGE + 1]
    return rows_of(tickets.filter(number__lt=before)[: PAGE + 1], reports, portal.user, portal.now)


def _act(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """Save, change or delete a view."""
    given, who = request.POST, portal.user
    query = given.get("query", "")
    terms: dict[str, Any] = {"name": given.get("name", ""), "is_shared": "is_shared" in given}
    with refusals_as_messages(request):
        match given.get("do"):
            case "save":
                view = save_view(
                    query=query, client_id=portal.client.pk, actor=who, now=portal.now, **terms
                )
                messages.success(request, f"Saved the view “{view.name}”.")
            case "change":
                view = change_view(view_id=number_of(given.get("view")), actor=who, **terms)
                messages.success(request, f"Changed the view “{view.name}”.")
            case "delete":
                delete_view(view_id=number_of(given.get("view")), actor=who)
                messages.success(request, "Deleted the view.")
    asked = urlencode({"view": "all", "q": query[:MOST_CHARACTERS]}) if query else ""
    return redirect(f"{reverse('ticket_list')}{'?' if asked else ''}{asked}")
