"""The console's search: straight to a number or client, else results as one types, and views."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from clients.console import Console, console_page, refusals_as_messages, show, show_part, whole
from clients.pages import number_in
from clients.queries import client_called
from core.text import clean_text
from tickets.actions import change_view, delete_view, save_view
from tickets.queries import reports_for
from tickets.queries.saved_views import MOST_SHOWN, counts_of, views_for
from tickets.queries.search import search
from tickets.rules.search import MOST_CHARACTERS, respelled

# Said by the page's own box: what is typed there stays a search, also where it is a number.
STAYS = "stay"
EXAMPLES = [
    ("refund mail", "both words, in any form"),
    ('"card declined"', "these words in this order"),
    ("export -csv", "without a word"),
    ("state:open severity:s1,s2", "fields, with any of several values"),
    ("client:acme page:/checkout", "a client's tickets about a page, and those below it"),
    ("assignee:me is:late", "what is yours and late"),
    ("#212", "a number"),
]


@console_page("ticket.read")
def search_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Go to the ticket or report of a number, or to a client; else show what has the words.

    The same address gives htmx only the results, and the counts of the views.
    """
    if request.method == "POST":
        return _act(request, console)
    text = clean_text(request.GET.get("q", "")[: MOST_CHARACTERS * 5])[:MOST_CHARACTERS]
    if "counts" in request.GET:
        views = views_for(console.user)[:MOST_SHOWN]
        counts = counts_of(views, console.user, now=console.now)
        return show_part(request, console, "parts/search_counts.html", {"counts": counts})
    if STAYS not in request.GET and (page := _straight_to(console, text)):
        return redirect(page)
    before = number_in(request.GET.get("before", ""))
    found = search(console.user, text, now=console.now, before=before)
    context: dict[str, Any] = {"title": "Search", "q": text, "found": found, "before": before}
    context["instead"] = [
        (usual, _link(respelled(text, word, usual))) for word, usual in found.reading.rather
    ]
    if found.next_before:
        context["older"] = f"{_link(text)}&before={found.next_before}"
    if request.headers.get("HX-Target") == "results":
        return show_part(request, console, "console/parts/search_results.html", context)
    context["may_manage"] = console.may("view.manage")
    context["views"] = list(views_for(console.user)[:MOST_SHOWN])
    context["examples"] = [(example, _link(example), words) for example, words in EXAMPLES]
    return show(request, console, "console/search.html", context)


def _link(text: str) -> str:
    return f"{reverse('admin:search')}?{urlencode({'q': text, STAYS: 1})}"


def _straight_to(console: Console, text: str) -> str | None:
    """Give the page of the number or client that the words are, if they are one."""
    wanted = text.strip()
    if number := number_in(wanted.lstrip("#")):
        report = reports_for(console.user).filter(pk=number).first()
        if report and report.ticket:
            return reverse("admin:tickets_workbench", args=[report.ticket.number])
        if report:
            return reverse("admin:tickets_triage_report", args=[report.number])
    if client := client_called(console.user, wanted):
        return reverse("admin:clients_client", args=[client.pk])
    return None


def _act(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Save, change or delete a view."""
    given, who = request.POST, console.user
    query = given.get("query", "")
    with refusals_as_messages(request):
        terms: dict[str, Any] = {"name": given.get("name", ""), "is_shared": "is_shared" in given}
        match given.get("do"):
            case "save":
                view = save_view(query=query, actor=who, now=console.now, **terms)
                messages.success(request, f"Saved the view “{view.name}”.")
            case "change":
                view = change_view(view_id=whole(given, "view"), actor=who, **terms)
                messages.success(request, f"Changed the view “{view.name}”.")
            case "delete":
                delete_view(view_id=whole(given, "view"), actor=who)
                messages.success(request, "Deleted the view.")
    return redirect(_link(query[:MOST_CHARACTERS]))
