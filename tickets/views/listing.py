from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from clients.portal import Portal, portal_page, show
from clients.queries import client_projects
from tickets.forms import ListFilter
from tickets.models import Report
from tickets.queries import client_reports, client_tickets
from tickets.views.rows import Row, rows_of

PAGE = 25
LAST = 2**63 - 1


@require_safe
@portal_page
def ticket_list(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """List the client's tickets and reports; the same address gives htmx only the results.

    Pages go by number (``before``), so the last page costs what the first does.
    """
    wanted = ListFilter(request.GET).wanted()
    rows = _rows(portal, wanted)
    shown, has_more = rows[:PAGE], len(rows) > PAGE

    kept = {name: wanted[name] for name in ("q", "project") if wanted[name]}
    context = {
        "nav": "tickets",
        "wanted": wanted,
        "rows": shown,
        "narrowed": bool(kept),
        "tabs": [
            (value, label, urlencode({"view": value, **kept})) for value, label in ListFilter.VIEWS
        ],
    }
    if has_more:
        older = {"view": wanted["view"], **kept, "before": shown[-1].number}
        context["older"] = urlencode(older)
    if request.headers.get("HX-Target") == "results":
        return show(request, portal, "portal/parts/ticket_results.html", context)
    context["projects"] = client_projects(portal.client.pk)
    return show(request, portal, "portal/ticket_list.html", context)


def _rows(portal: Portal, wanted: dict[str, Any]) -> list[Row]:
    """Give a page and one more row, each source read no further than that."""
    before = wanted["before"] or LAST
    narrowed = {
        "client_id": portal.client.pk,
        "search": wanted["q"],
        "project_id": wanted["project"],
    }
    tickets = client_tickets(portal.user, view=wanted["view"], **narrowed)
    # Reports in triage and declined ones have an index each; asked together they would have none.
    views = ("open", "done") if wanted["view"] == "all" else (wanted["view"],)
    reports: list[Report] = []
    for view in views:
        found = client_reports(portal.user, view=view, **narrowed)
        reports += found.filter(pk__lt=before)[: PAGE + 1]
    return rows_of(tickets.filter(number__lt=before)[: PAGE + 1], reports, portal.user, portal.now)
