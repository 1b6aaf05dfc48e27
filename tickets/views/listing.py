from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from clients.portal import Portal, portal_page, show
from clients.queries import client_projects
from tickets.forms import ListFilter
from tickets.queries import client_reports, client_tickets
from tickets.views.rows import rows_of

PAGE = 25


@require_safe
@portal_page
def ticket_list(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """List the client's tickets and reports; the same address gives htmx only the results.

    Pages go by number (``before``), so the last page costs what the first does.
    """
    wanted = ListFilter(request.GET).wanted()
    narrowed = {
        "client_id": portal.client.pk,
        "view": wanted["view"],
        "search": wanted["q"],
        "project_id": wanted["project"],
    }
    tickets = client_tickets(portal.user, **narrowed)
    reports = client_reports(portal.user, **narrowed)
    if wanted["before"]:
        tickets = tickets.filter(number__lt=wanted["before"])
        reports = reports.filter(pk__lt=wanted["before"])
    rows = rows_of(tickets[: PAGE + 1], reports[: PAGE + 1])
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
