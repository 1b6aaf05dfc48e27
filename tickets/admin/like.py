"""Which other tickets a ticket may be the same as; whoever decides so merges them."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from clients.console import Console, console_page, show_part
from tickets.queries import get_ticket_for, reports_of
from tickets.queries.duplicates import suggest_tickets
from tickets.rules.states import JOINABLE

MOST_SHOWN = 3


@console_page("ticket.work")
@require_safe
def ticket_like(request: HttpRequest, console: Console, number: int) -> HttpResponse:
    """Show the likeliest others of the same client, loaded after the page itself."""
    ticket = get_ticket_for(console.user, number)
    found = suggest_tickets(
        console.user,
        client_id=ticket.client_id,
        # What it was first told as says more than a title that staff gave it.
        report=reports_of(ticket).first(),
        most=MOST_SHOWN,
        now=console.now,
    )
    context = {"ticket": ticket, "same": found, "joinable": JOINABLE}
    return show_part(request, console, "console/parts/ticket_like.html", context)
