"""While somebody types a report: does one of the known tickets match?"""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_POST

from clients.portal import Portal, account_page, number_of, show
from clients.queries import client_projects
from core.errors import LimitReached
from core.limits import check_limit
from core.text import clean_text
from tickets.queries.duplicates import suggest_tickets
from tickets.rules.plain_words import TICKET_STANDINGS
from tickets.rules.states import JOINABLE

# Whoever types for an hour without a stop asks every few seconds.
LOOKS_AN_HOUR = 1200
LEAST_TEXT = 12
MOST_SHOWN = 3
# The first words tell; what follows is often a log.
_MOST_TEXT = 4000


@require_POST
def report_like(request: HttpRequest) -> HttpResponseBase:
    """Show what the typed text may be about; whatever is wrong, the form stays as it is.

    A session that ended meanwhile is told of by sending the form, which keeps what was typed.
    """
    return _like(request) if request.user.is_authenticated else HttpResponse(status=204)


@account_page
def _like(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    if not portal.may("report.join_own"):
        return HttpResponse()
    text = clean_text(request.POST.get("text", "")[:_MOST_TEXT]).strip()
    if len(text) < LEAST_TEXT:
        return HttpResponse()
    try:
        check_limit(
            "portal.like", str(portal.user.pk), most=LOOKS_AN_HOUR, seconds=3600, now=portal.now
        )
    except LimitReached:
        return HttpResponse()
    wanted = number_of(request.POST.get("project"))
    project = next((p for p in client_projects(portal.client.pk) if p.pk == wanted), None)
    found = suggest_tickets(
        portal.user,
        client_id=portal.client.pk,
        project_id=project.pk if project else None,
        text=text,
        page=clean_text(request.POST.get("page_url", "")[:2000]).strip(),
        most=MOST_SHOWN,
        now=portal.now,
    )
    rows = [
        {
            "ticket": each.ticket,
            "reason": each.reason,
            "standing": TICKET_STANDINGS[each.ticket.state],
            "joinable": each.ticket.state in JOINABLE,
        }
        for each in found
    ]
    return show(request, portal, "portal/parts/like.html", {"rows": rows})
