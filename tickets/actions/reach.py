"""How many people a ticket affects."""

from datetime import datetime

from tickets.actions.clocks import keep_clocks
from tickets.actions.events import record
from tickets.actions.locks import forget_spare, save_ticket
from tickets.actions.promises import promise
from tickets.actions.shares import set_priority
from tickets.models import Ticket, TicketEventKind
from tickets.queries.people import reach_of
from tickets.rules.words import Priority


def count_reach(ticket: Ticket, *, now: datetime) -> None:
    """Count a locked ticket's people again, after a report or a confirmation changed them."""
    counted, unsigned = reach_of([ticket.pk])
    if (counted, unsigned) == (ticket.reach, ticket.unsigned_reach):
        return
    grew, before = counted > ticket.reach and ticket.reach > 0, ticket.priority
    ticket.reach, ticket.unsigned_reach = counted, unsigned
    set_priority(ticket)
    save_ticket(ticket, "reach", "unsigned_reach", "priority", "rank")
    if ticket.priority != before and Priority.P1 in (before, ticket.priority):
        forget_spare()
    if grew:
        record(
            ticket,
            TicketEventKind.REACH_CHANGED,
            actor=None,
            at=now,
            data={"reach": counted, "priority": ticket.priority},
        )
    if grew and ticket.priority != before:
        keep_clocks(ticket=ticket, now=now)
        promise(ticket, now=now)
