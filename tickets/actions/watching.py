"""Hearing what happens to a ticket without having reported it."""

from datetime import datetime

from django.db import transaction

from clients.models import User
from tickets.actions.events import record
from tickets.actions.locks import lock_survivor
from tickets.models import Ticket, TicketEventKind, Watcher


@transaction.atomic
def watch_ticket(*, ticket_id: int, actor: User, now: datetime) -> Ticket:
    """Have the actor told what we say on a ticket, and when it is shipped.

    Doing it again changes nothing.
    """
    ticket = lock_survivor(ticket_id, actor=actor, action="ticket.watch")
    if not ticket.watchers.filter(user=actor).exists():
        Watcher.objects.create(ticket=ticket, user=actor, since_at=now)
        record(ticket, TicketEventKind.TICKET_WATCHED, actor=actor, at=now)
    return ticket


@transaction.atomic
def unwatch_ticket(*, ticket_id: int, actor: User, now: datetime) -> Ticket:
    """Tell the actor no more of a ticket, nor of what was merged into it; who reported it is."""
    ticket = lock_survivor(ticket_id, actor=actor, action="ticket.watch")
    deleted, _ = ticket.watchers.filter(user=actor).delete()
    if deleted:
        record(ticket, TicketEventKind.TICKET_UNWATCHED, actor=actor, at=now)
    return ticket
