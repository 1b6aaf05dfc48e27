"""Moving a due time by hand, its consequences known."""

from datetime import datetime

from django.db import transaction

from clients.models import User
from core.errors import InvalidInput, MoveRefused
from core.text import is_blank
from tickets.actions.conversation import note_on_ticket
from tickets.actions.due_times import move
from tickets.actions.locks import lock_plan, lock_ticket
from tickets.actions.promises import keep_spare
from tickets.queries.promises import Breach, breaches_of, plan_of, trial_of


@transaction.atomic
def move_due(
    *, ticket_id: int, due_at: datetime, reason: str, actor: User, now: datetime
) -> list[Breach]:
    """Give a promised ticket another due time; gives which promises break by it.

    The reason stays as an internal note. Raises MoveRefused where nothing is promised, InvalidInput
    without a reason or for an instant that is past.
    """
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.move_due")
    if not ticket.is_open or ticket.due_at is None:
        raise MoveRefused(f"#{ticket.number} has no due time that could be moved.")
    if is_blank(reason):
        raise InvalidInput("Say why it is moved.", field="reason")
    if due_at <= now:
        raise InvalidInput("A due time lies ahead.", field="due_at")
    if due_at == ticket.due_at:
        return []
    note_on_ticket(ticket_id=ticket.pk, body=reason, actor=actor, now=now)
    row = lock_plan()
    plan = plan_of(now)
    trial = trial_of(ticket, plan, due_at)
    broken = breaches_of(trial)
    said = [[each.number, each.minutes] for each in broken]
    move(ticket, due_at, now, actor=actor, reason="staff", breaches=said)
    keep_spare(row, plan, trial, now)
    return broken
