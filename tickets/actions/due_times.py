"""Where a due time is written: moved, dropped, or taken over by what its ticket is part of."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from tickets.actions.events import record
from tickets.actions.locks import save_ticket
from tickets.models import HeldPromise, Ticket, TicketEventKind
from tickets.queries.access import Actor
from tickets.queries.owed import later, move_calendar, owed_stops

_K = TicketEventKind


def move(ticket: Ticket, due_at: datetime, at: datetime, *, actor: Actor, **why: Any) -> None:
    """Write another due time of a locked ticket and why it has it.

    What its parts were promised sooner is moved with it, for good.
    """
    held = ticket.held_promises
    if held.exists():
        held.filter(due_at__lt=due_at).update(due_at=due_at)
        held.update_or_create(home=None, defaults={"due_at": due_at})
    _write_move(ticket, due_at, at, actor=actor, **why)


def move_by_stops(tickets: Sequence[Ticket], now: datetime, *, lasting: bool = False) -> int:
    """Move due times by the stops that are over and not counted yet; gives how many moved.

    With ``lasting`` what still stands still is counted, too, as far as it has come.
    """
    before = [ticket.due_at for ticket in tickets]
    owed = owed_stops(tickets, now, lasting=lasting)
    owing = [ticket for ticket in tickets if ticket.number in owed]
    held: dict[int, list[HeldPromise]] = {}
    for each in HeldPromise.objects.filter(ticket__in=owing) if owing else ():
        held.setdefault(each.ticket_id, []).append(each)
    for ticket in owing:
        calendar = move_calendar(ticket)
        for start, end in owed[ticket.number]:
            assert ticket.due_at is not None
            for each in held.get(ticket.pk, []):
                each.due_at = later(calendar, each.due_at, start, end)
            _write_move(
                ticket, later(calendar, ticket.due_at, start, end), now, actor=None,
                reason="stopped", since=start.isoformat(), until=end.isoformat(),
            )  # fmt: skip
    HeldPromise.objects.bulk_update(chain(*held.values()), ["due_at"])
    return sum(ticket.due_at != due_at for ticket, due_at in zip(tickets, before, strict=True))


def forget_late_promise(ticket: Ticket, *, now: datetime) -> None:
    """Take the due time of a locked ticket that is reopened after it; one that lies ahead stays.

    What it stood still before it was closed counts.
    """
    if ticket.due_at is not None:
        move_by_stops([ticket], now)
    if ticket.due_at is not None and ticket.due_at <= now:
        _clear(ticket)
    ticket.held_promises.filter(due_at__lte=now).delete()
    take_soonest(ticket, now=now, reason="merged")


def hold_promises(source: Ticket, target: Ticket, *, now: datetime) -> None:
    """Note what two locked tickets are promised, before one becomes part of the other.

    What stood still until now counts for each by itself; from here on both stand still together.
    """
    if source.due_at is None:
        return
    move_by_stops([each for each in (source, target) if each.due_at], now, lasting=True)
    for ticket in (source, target):
        if ticket.due_at and not ticket.held_promises.exists():
            HeldPromise.objects.create(ticket=ticket, due_at=ticket.due_at)


def take_soonest(ticket: Ticket, *, now: datetime, reason: str) -> None:
    """Give a locked ticket the soonest due time that it or its parts were promised.

    It was promised, and paid for, once: whatever it breaks now, it stands. A ticket without parts
    that were promised anything keeps what it has.
    """
    held = list(ticket.held_promises.all())
    if not held:
        return
    soonest = held[0]
    if ticket.due_at is None:
        ticket.due_at, ticket.committed_at = soonest.due_at, now
        save_ticket(ticket, "due_at", "committed_at")
        made = {"due_at": soonest.due_at.isoformat(), "token": True, "reason": reason}
        record(ticket, _K.COMMITTED, actor=None, at=now, data=made)
    elif soonest.due_at != ticket.due_at:
        _write_move(ticket, soonest.due_at, now, actor=None, reason=reason)
    if all(each.home_id is None for each in held):
        ticket.held_promises.all().delete()


def keep_own_promise(ticket: Ticket, *, now: datetime, reason: str) -> None:
    """Give a locked ticket what it and its parts were promised, now that it is parted from others.

    What it had from them it loses.
    """
    if ticket.due_at and not ticket.held_promises.exists():
        _clear(ticket)
    take_soonest(ticket, now=now, reason=reason)


def _clear(ticket: Ticket) -> None:
    ticket.due_at = ticket.committed_at = None
    save_ticket(ticket, "due_at", "committed_at")


def _write_move(
    ticket: Ticket, due_at: datetime, at: datetime, *, actor: Actor, **why: Any
) -> None:
    assert ticket.due_at is not None
    data = {"from": ticket.due_at.isoformat(), "to": due_at.isoformat(), **why}
    ticket.due_at = due_at
    save_ticket(ticket, "due_at")
    record(ticket, _K.DUE_MOVED, actor=actor, at=at, data=data)
