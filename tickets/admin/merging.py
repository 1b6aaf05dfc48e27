"""Making two tickets of one problem one, and taking them apart again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from clients.console import Console, console_page, offer_undo, show, whole
from clients.pages import number_in
from core.errors import Refused
from tickets import actions
from tickets.models import Ticket
from tickets.queries import get_ticket_for, reports_of
from tickets.queries.merging import (
    belongings_of,
    merge_partner,
    reach_together,
    survives,
)
from tickets.rules.priority import priority_of
from tickets.rules.states import JOINABLE, TicketState
from tickets.rules.words import Severity


@console_page("ticket.merge")
def merge_page(request: HttpRequest, console: Console, number: int) -> HttpResponseBase:
    """Show two tickets side by side and what merging does; merge them, or take one out again."""
    ticket = get_ticket_for(console.user, number)
    asked = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = {"refusal": None, "asked": asked.get("into", "").lstrip("# ")}
    if request.method == "POST":
        try:
            return _act(request, console, ticket)
        except Refused as refusal:
            context["refusal"] = refusal
    other: Ticket | None = None
    try:
        other = merge_partner(ticket, whole(asked, "into")) if context["asked"] else None
    except Refused as refusal:
        context["refusal"] = context["refusal"] or refusal
    if context["asked"] and not (other or context["refusal"]):
        context["missing"] = f"{ticket.client.name} has no other ticket #{context['asked']}."
    context |= {
        "title": f"Merge #{number}",
        "crumb": (f"/console/tickets/{number}/", f"#{number}"),
        "ticket": ticket,
        "can": ticket.state in JOINABLE,
    }
    if other:
        keep = context["asked"] if request.method == "POST" else request.GET.get("keep", "")
        context |= _compared(ticket, other, keep=keep)
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/merge.html", context, status=status)


def _act(request: HttpRequest, console: Console, ticket: Ticket) -> HttpResponseBase:
    who: dict[str, Any] = {"actor": console.user, "now": console.now}
    do, _, merge_id = request.POST.get("do", "").partition("-")
    if do == "unmerge":
        actions.unmerge_ticket(source_id=ticket.pk, merge_id=number_in(merge_id), **who)
        messages.success(request, f"#{ticket.number} is a ticket of its own again.")
        return redirect("admin:tickets_workbench", ticket.number)
    merge = actions.merge_tickets(
        source_id=ticket.pk,
        number=whole(request.POST, "into"),
        raises="raises" in request.POST,
        **who,
    )
    offer_undo(
        request,
        f"#{ticket.number} is part of #{merge.target.number} now.",
        url=reverse("admin:tickets_merge", args=[ticket.number]),
        do=f"unmerge-{merge.pk}",
    )
    return redirect("admin:tickets_workbench", merge.target.number)


def _compared(ticket: Ticket, other: Ticket, *, keep: str) -> dict[str, Any]:
    """Give both tickets, the survivor first, and what their merge would do."""
    kept = survives(ticket, other)
    if keep in (str(ticket.number), str(other.number)):
        kept = ticket if keep == str(ticket.number) else other
    gone = other if kept == ticket else ticket
    reach = reach_together(kept, gone)
    priority = priority_of(
        Severity(kept.severity), reach, p1_approved=kept.p1_approved_at is not None
    )
    due = [each.due_at for each in (kept, gone) if each.due_at and each.is_open]
    return {
        "sides": [_side(kept, is_kept=True), _side(gone, is_kept=False)],
        "kept": kept,
        "gone": gone,
        "goes": belongings_of(gone),
        "reach": reach,
        "priority": priority,
        "due_at": min(due, default=None),
        "is_graver": kept.is_open and gone.severity < kept.severity,
        "refused": _refused(gone, kept),
    }


def _side(ticket: Ticket, *, is_kept: bool) -> dict[str, Any]:
    reports = list(reports_of(ticket)[:4])
    return {
        "ticket": ticket,
        "is_kept": is_kept,
        "reports": reports[:3],
        "has_more": len(reports) > 3,
    }


def _refused(gone: Ticket, kept: Ticket) -> str:
    """Say why they cannot be merged this way, if so."""
    if not gone.may_move(TicketState.MERGED):
        return (
            f"#{gone.number} is {gone.get_state_display().lower()}: only open tickets become part "
            "of another."
        )
    if kept.state not in JOINABLE:
        return f"#{kept.number} is {kept.get_state_display().lower()}. Reopen it first."
    return ""
