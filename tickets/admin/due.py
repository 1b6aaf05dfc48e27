"""Moving a ticket's due time: first what breaks by it, then the reason."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients.console import Console, console_page, show
from clients.rules.times import read_moment
from core.errors import InvalidInput, Refused
from tickets.actions import move_due
from tickets.models import Ticket
from tickets.queries import get_ticket_for
from tickets.queries.promises import Breach, consequences


@console_page("ticket.move_due")
def due_page(request: HttpRequest, console: Console, number: int) -> HttpResponseBase:
    """Show what another due time would break; take the move with its reason."""
    ticket = get_ticket_for(console.user, number)
    context: dict[str, Any] = {"refusal": None, "reason": request.POST.get("reason", "")}
    asked = request.POST.get("due_at") or request.GET.get("due_at") or ""
    due_at = None
    try:
        due_at = _ahead(asked, console) if asked else None
        if request.method == "POST" and due_at:
            broken = move_due(
                ticket_id=ticket.pk, due_at=due_at, reason=context["reason"],
                actor=console.user, now=console.now,
            )  # fmt: skip
            messages.success(request, f"The due time is moved. {_said(broken)}")
            return redirect("admin:tickets_workbench", number)
    except Refused as refusal:
        context["refusal"] = refusal
    if due_at and ticket.is_open and ticket.due_at:
        found = consequences(ticket, due_at, console.now)
        context |= {"due_at": due_at, "breaches": with_tickets(found)}
    local = ticket.due_at and ticket.due_at.astimezone(ZoneInfo(console.user.time_zone))
    context |= {
        "title": f"#{number} due time",
        "crumb": (f"/console/tickets/{number}/", f"#{number}"),
        "ticket": ticket,
        "asked": asked or (f"{local:%Y-%m-%dT%H:%M}" if local else ""),
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/due.html", context, status=status)


def _said(broken: list[Breach]) -> str:
    if not broken:
        return "Every other promise holds."
    return "Late by it: " + ", ".join(f"#{each.number}" for each in broken) + "."


def with_tickets(found: list[Breach]) -> list[tuple[Breach, Ticket]]:
    """Give the broken promises with their tickets."""
    numbers = [each.number for each in found]
    tickets = Ticket.objects.filter(number__in=numbers).select_related("client", "assignee")
    known = {ticket.number: ticket for ticket in tickets}
    return [(each, known[each.number]) for each in found if each.number in known]


def _ahead(text: str, console: Console) -> datetime:
    """Read a local date and time that lies ahead, in the person's own zone."""
    due_at = read_moment(text, ZoneInfo(console.user.time_zone), field="due_at")
    if due_at <= console.now:
        raise InvalidInput("A due time lies ahead.", field="due_at")
    return due_at
