"""Which ticket somebody works on next: the queue's order, and what going against it takes."""

from datetime import datetime
from typing import Any

from django.db import transaction

from clients.models import User
from clients.queries import house_role
from clients.rules.roles import require
from core.errors import MoveRefused, Refused
from core.text import is_blank
from tickets.actions.clocks import keep_clocks
from tickets.actions.conversation import note_on_ticket
from tickets.actions.events import record
from tickets.actions.locks import lock_plan, lock_ticket, save_ticket
from tickets.actions.promises import resume_promise
from tickets.actions.shares import account_of
from tickets.models import QueuePlan, ShareAccount, Ticket, TicketEventKind
from tickets.queries.order import next_for, place_of, takeable
from tickets.queries.places import Place
from tickets.queries.receipts import terms_of
from tickets.queries.takers import Taker, Trials, taker_of
from tickets.rules.states import TicketState

_K = TicketEventKind


class QueueEmpty(Refused):
    """There is nothing to take."""


class TooMuchInHand(Refused):
    """Somebody has as much in progress as they may."""


class OutOfOrder(Refused):
    """Another ticket is next; this one needs a reason."""


@transaction.atomic
def take_next(*, actor: User, now: datetime) -> Ticket:
    """Give somebody the next ticket by the order of the queue, and start it.

    Those who press at once are served one after the other, each with a ticket of their own; one
    that somebody changes at this instant is passed over. Raises QueueEmpty when nothing waits for
    them, TooMuchInHand when they have enough.
    """
    require(house_role(actor), "ticket.work")
    lock_plan()
    taker = taker_of(actor)
    _check_hand(taker)
    trials, passed = Trials(taker, now), list[int]()
    while place := next_for(taker, trials, without=passed):
        rows = takeable(taker).select_for_update(skip_locked=True, no_key=True, of=("self",))
        ticket = rows.filter(number=place.number).first()
        if ticket is not None:
            _take(ticket, place, trials, actor, now)
            return ticket
        passed.append(place.number)
    raise QueueEmpty("Nothing waits in the queue that you may take.")


@transaction.atomic
def start_ticket(*, ticket_id: int, actor: User, now: datetime, reason: str = "") -> Ticket:
    """Start, or go on with, a ticket that is nobody else's.

    One from the queue that is not next for them needs a reason, which stays as an internal note;
    promises that break by it are kept in the event. Raises OutOfOrder without one, TooMuchInHand
    as ``take_next``.
    """
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    ticket.check_move(TicketState.IN_PROGRESS)
    if ticket.assignee_id not in (None, actor.pk):
        raise MoveRefused(f"{ticket.assignee} has #{ticket.number}.")
    lock_plan()
    taker = taker_of(actor)
    _check_hand(taker)
    if ticket.state != TicketState.QUEUED:
        _start(ticket, actor, now)
        keep_clocks(ticket=ticket, now=now)
        resume_promise(ticket, now=now)
        return ticket
    trials = Trials(taker, now)
    place = next_for(taker, trials)
    if place and place.number == ticket.number:
        _take(ticket, place, trials, actor, now)
        return ticket
    if is_blank(reason):
        first = f" #{place.number} is next for you." if place else ""
        raise OutOfOrder(
            f"#{ticket.number} is not next.{first} Say why you take it first.", field="reason"
        )
    _override(ticket, place, trials, actor, now)
    note_on_ticket(ticket_id=ticket.pk, body=reason, actor=actor, now=now)
    return ticket


def _check_hand(taker: Taker) -> None:
    if taker.full_hands:
        raise TooMuchInHand(taker.full_hands)


def _take(ticket: Ticket, place: Place, trials: Trials, actor: User, now: datetime) -> None:
    """Start a locked ticket that is next.

    Whatever the lane, it takes of what is to spare: what is due first is only what the simulation
    has them do if their hands are free and nothing due sooner waits for a client.
    """
    if place.lane == "L2":
        _charge(place)
    _keep_spare(*trials.spare_after(place.ticket))
    _start(ticket, actor, now, terms_of(place))


def _override(
    ticket: Ticket, next_place: Place | None, trials: Trials, actor: User, now: datetime
) -> None:
    """Start a locked ticket that is not next, and keep what that breaks."""
    account_of(ticket.client_id, now)
    place = place_of(ticket, now=now, lane="override", reason="override")
    broken = trials.breaches(place.number, ticket.estimate_minutes)
    _charge(place)
    _keep_spare(*trials.spare_after(place.ticket))
    record(
        ticket, _K.OVERRIDDEN, actor=actor, at=now,
        data={
            "next": next_place.number if next_place else None,
            "breaches": [[each.number, each.minutes] for each in broken],
        },
    )  # fmt: skip
    _start(ticket, actor, now, terms_of(place))


def _charge(place: Place) -> None:
    """Move the virtual time of a client by work of which it had its turn."""
    account = ShareAccount.objects.filter(client=place.ticket.client)
    account.update(virtual_minutes=place.virtual_after)


def _keep_spare(minutes: float, simulated_at: datetime | None) -> None:
    """Keep in the locked plan what is to spare now."""
    QueuePlan.objects.update(spare_minutes=minutes, simulated_at=simulated_at)


def _start(ticket: Ticket, actor: User, now: datetime, terms: dict[str, Any] | None = None) -> None:
    ticket.state, ticket.assignee = TicketState.IN_PROGRESS, actor
    # From the queue, what that leaves to spare was kept just now.
    save_ticket(ticket, "state", "assignee", keeps_spare=terms is not None)
    record(ticket, _K.TICKET_STARTED, actor=actor, at=now, data=terms or {})
