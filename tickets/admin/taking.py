"""Taking a ticket that is not next: what it breaks, and why; and the receipt of any ticket."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients.console import Console, console_page, show, show_part
from core.errors import Refused
from tickets.actions import start_ticket
from tickets.admin.due import with_tickets
from tickets.models import Ticket, TicketEvent, TicketEventKind
from tickets.queries import get_ticket_for, open_tickets
from tickets.queries.order import next_for
from tickets.queries.receipts import receipt_at, receipt_of, receipt_of_start
from tickets.queries.shares import this_week, with_shares
from tickets.queries.takers import Trials, taker_of
from tickets.rules.states import TicketState


@console_page("ticket.work")
def take_page(request: HttpRequest, console: Console, number: int) -> HttpResponseBase:
    """Show what taking this ticket first would break; take it, with a reason if it is not next."""
    ticket = get_ticket_for(console.user, number)
    context: dict[str, Any] = {"refusal": None, "reason": request.POST.get("reason", "")}
    if request.method == "POST":
        try:
            start_ticket(
                ticket_id=ticket.pk, actor=console.user, now=console.now, reason=context["reason"]
            )
        except Refused as refusal:
            context["refusal"] = refusal
            ticket = get_ticket_for(console.user, number)
        else:
            messages.success(request, f"#{number} is yours.")
            return redirect("admin:tickets_workbench", number)
    waits = ticket.state == TicketState.QUEUED and ticket.assignee_id in (None, console.user.pk)
    context |= {
        "title": f"Take #{number}",
        "crumb": ("/console/queue/", "Queue"),
        "ticket": ticket,
        "waits": waits,
        **(_consequences(console, ticket) if waits else {}),
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/take.html", context, status=status)


@console_page("ticket.work")
def receipt_page(request: HttpRequest, console: Console, number: int) -> HttpResponseBase:
    """Show why a ticket stands where it stands, or stood when it was started: every term."""
    ticket = get_ticket_for(console.user, number)
    context: dict[str, Any] = {"ticket": ticket, "receipt": None}
    if ticket.state == TicketState.QUEUED:
        context["receipt"] = receipt_of(ticket, console.now, taker_of(console.user))
    elif event := _last_start(ticket):
        context |= {"receipt": receipt_of_start(event), "started_at": event.at}
    if request.headers.get("HX-Request"):
        return show_part(request, console, "console/parts/receipt.html", context)
    context |= {"title": f"Why #{number}", "crumb": (f"/console/tickets/{number}/", f"#{number}")}
    return show(request, console, "console/receipt.html", context)


def _consequences(console: Console, ticket: Ticket) -> dict[str, Any]:
    """Give what is next instead, and the promises that would not be kept; or why they may take
    nothing.
    """
    taker = taker_of(console.user)
    if taker.full_hands:
        return {"full_hands": taker.full_hands}
    trials = Trials(taker, console.now)
    place = next_for(taker, trials)
    if place and place.number == ticket.number:
        return {"is_next": True}
    breaches = with_tickets(trials.breaches(ticket.number, ticket.estimate_minutes))
    context: dict[str, Any] = {"is_next": False, "breaches": breaches}
    if place:
        week = this_week(taker.house, console.now)
        other = with_shares(open_tickets(), week).get(number=place.number)
        receipt = receipt_at(place, other, console.now)
        context |= {"next_ticket": other, "next_receipt": receipt}
    return context


def _last_start(ticket: Ticket) -> TicketEvent | None:
    starts = ticket.events.filter(kind=TicketEventKind.TICKET_STARTED, data__has_key="lane")
    return starts.select_related("ticket__client").order_by("-at", "-pk").first()
