"""Promises: which tickets get a due time, and what happens to it later."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from clients.queries import terms_of
from clients.rules.terms import Terms
from core.calendars import instant, micros
from tickets.actions.due_times import move, move_by_stops
from tickets.actions.events import record
from tickets.actions.locks import lock_plan, save_ticket
from tickets.actions.shares import account_of
from tickets.models import QueuePlan, ShareAccount, Ticket, TicketEventKind
from tickets.queries.owed import owing
from tickets.queries.promises import (
    Plan,
    offerable,
    plan_of,
    target_of,
    trial_of,
)
from tickets.rules.queue.promising import Trial
from tickets.rules.queue.tokens import Bucket
from tickets.rules.states import TicketState
from tickets.rules.words import Priority

_K = TicketEventKind
_SETS_TARGET = [
    _K.COMMITTED, _K.TICKET_EDITED, _K.SEVERITY_CONFIRMED, _K.P1_APPROVED, _K.REACH_CHANGED,
]  # fmt: skip
# So many of a client's tickets are tried at each offer: one that does not fit says little of a
# shorter one, and everybody waits while it is tried.
_MOST_TRIES = 5


def promise(ticket: Ticket, *, now: datetime) -> None:
    """Decide whether a locked ticket gets a due time, or a sooner one.

    In the caller's transaction. Called last of all by what opens or reopens it, brings it back from
    waiting, or changes its priority or estimate. A due time is its target: it needs a token, unless
    the ticket is P1, and a forward simulation that keeps every promise. One that stands is never
    weakened. Nothing is decided of what is done, waits for the client or has a severity nobody
    confirmed.
    """
    if not _is_decided(ticket):
        return
    row = lock_plan()
    plan = plan_of(now)
    if ticket.due_at is None:
        trial = _promise_first(ticket, plan, now)
    else:
        trial = _promise_sooner(ticket, plan, now)
        _pay_late(ticket, plan, trial, now)
    keep_spare(row, plan, trial, now)


def resume_promise(ticket: Ticket, *, now: datetime) -> None:
    """Move the due time of a locked ticket that came back by exactly what it stood still.

    Then it is decided on as ``promise`` does: its priority may be another one by now.
    """
    if ticket.due_at is not None:
        move_by_stops([ticket], now)
    promise(ticket, now=now)


@transaction.atomic
def offer_promises(*, client_id: int, now: datetime) -> int:
    """Promise what a client has waiting, best first, as far as tokens and capacity go.

    Gives how many. What does not fit is told to nobody anew; tickets somebody holds are passed
    over.
    """
    row = lock_plan()
    terms = terms_of(client_id)
    if terms is None:
        return 0
    account = account_of(client_id, now)
    if account.plan_version_id not in (None, terms.plan_version_id):
        # Its clocks go by another plan until a sweep keeps them.
        return 0
    waiting = offerable(now).filter(client=client_id)
    tickets = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",))
    plan, promised, tries = plan_of(now), 0, 0
    for ticket in tickets[: _MOST_TRIES * 4]:
        is_p1 = ticket.priority == Priority.P1
        if tries == _MOST_TRIES or not (is_p1 or _bucket(account, terms).level(micros(now)) >= 1):
            break
        target = target_of(ticket)
        assert target is not None
        trial = trial_of(ticket, plan, target)
        if trial.refused_for(plan.job_of(ticket, target)):
            tries += 1
            continue
        _commit(ticket, target, plan, trial, account, terms, now)
        plan = plan.after(trial)
        promised += 1
    keep_spare(row, plan, plan.trial(), now)
    return promised


@transaction.atomic
def settle_pauses(*, client_id: int, now: datetime) -> int:
    """Move a client's due times by what its retainer was not served; gives how many moved."""
    tickets = owing(now).filter(client=client_id).order_by("pk")
    return move_by_stops(list(tickets.select_for_update(skip_locked=True, no_key=True)), now)


@transaction.atomic
def refresh_plan(*, now: datetime) -> None:
    """Simulate all promises as they stand, and keep what is to spare."""
    row = lock_plan()
    plan = plan_of(now)
    keep_spare(row, plan, plan.trial(), now)


def _is_decided(ticket: Ticket) -> bool:
    return (
        ticket.is_open
        and ticket.state != TicketState.WAITING
        and ticket.severity_confirmed_at is not None
    )


def _promise_first(ticket: Ticket, plan: Plan, now: datetime) -> Trial:
    """Promise the target of a ticket without a due time, or say why not."""
    target = target_of(ticket)
    terms = terms_of(ticket.client_id)
    if terms is None or target is None:
        _refuse(ticket, now, reason="no_plan")
        return plan.trial()
    account = account_of(ticket.client_id, now)
    if ticket.priority != Priority.P1 and _bucket(account, terms).level(micros(now)) < 1:
        _refuse(ticket, now, reason="no_token")
        return plan.trial()
    trial = trial_of(ticket, plan, target)
    broken = trial.refused_for(plan.job_of(ticket, target))
    if target <= now or (broken and broken.ticket == ticket.number):
        _refuse(ticket, now, reason="own_due")
        return plan.trial()
    if broken:
        _refuse(ticket, now, reason="breaks", number=broken.ticket)
        return plan.trial()
    _commit(ticket, target, plan, trial, account, terms, now)
    return trial


def _promise_sooner(ticket: Ticket, plan: Plan, now: datetime) -> Trial:
    """Move a due time to a target that is sooner, if that can be kept; else it stands.

    So does one that staff set, until something else is said of the ticket.
    """
    target = target_of(ticket)
    assert ticket.due_at is not None
    if target is None or not now < target < ticket.due_at or _was_set_last(ticket):
        return plan.trial()
    trial = trial_of(ticket, plan, target)
    if trial.refused_for(plan.job_of(ticket, target)):
        return plan.trial()
    move(ticket, target, now, actor=None, reason="target")
    return trial


def _was_set_last(ticket: Ticket) -> bool:
    """Tell whether staff set the due time after all that the target depends on."""
    last = ticket.events.filter(
        Q(kind__in=_SETS_TARGET) | Q(kind=_K.DUE_MOVED, data__reason="staff")
    ).order_by("-pk")
    return last.values_list("kind", flat=True).first() == _K.DUE_MOVED


def _pay_late(ticket: Ticket, plan: Plan, trial: Trial, now: datetime) -> None:
    """Take the token that a promise needed none for while its ticket was P1, once it is not.

    The promise stands: where no token is free, the next one is gone before it is there.
    """
    if ticket.priority == Priority.P1:
        return
    made = ticket.events.filter(kind=_K.COMMITTED).order_by("-pk")
    terms = terms_of(ticket.client_id)
    if terms is None or made.values_list("data__token", flat=True).first() is not False:
        return
    account = account_of(ticket.client_id, now)
    bucket = _keep(account, _bucket(account, terms).charged(micros(now)))
    _record_promise(ticket, bucket, plan, trial, now, token=True)


def _commit(
    ticket: Ticket,
    due_at: datetime,
    plan: Plan,
    trial: Trial,
    account: ShareAccount,
    terms: Terms,
    now: datetime,
) -> None:
    bucket, needs_token = _bucket(account, terms), ticket.priority != Priority.P1
    if needs_token:
        bucket = _keep(account, bucket.taken(micros(now)))
    ticket.due_at, ticket.committed_at = due_at, now
    save_ticket(ticket, "due_at", "committed_at")
    _record_promise(ticket, bucket, plan, trial, now, token=needs_token)


def _record_promise(
    ticket: Ticket, bucket: Bucket, plan: Plan, trial: Trial, now: datetime, *, token: bool
) -> None:
    assert ticket.due_at is not None
    record(
        ticket, _K.COMMITTED, actor=None, at=now,
        data={
            "due_at": ticket.due_at.isoformat(),
            "token": token,
            "tokens": round(bucket.level(micros(now)), 4),
            "spare": round(plan.spare_minutes(trial), 2),
        },
    )  # fmt: skip


def _keep(account: ShareAccount, bucket: Bucket) -> Bucket:
    account.tokens, account.tokens_at = bucket.tokens, instant(bucket.at)
    account.save(update_fields=["tokens", "tokens_at"])
    return bucket


def _refuse(ticket: Ticket, now: datetime, **why: Any) -> None:
    record(ticket, _K.NOT_PROMISED, actor=None, at=now, data=why)


def _bucket(account: ShareAccount, terms: Terms) -> Bucket:
    return Bucket.of(
        account.tokens,
        micros(account.tokens_at),
        terms.slots,
        terms.tokens_per_slot,
        terms.most_tokens_per_slot,
    )


def keep_spare(row: QueuePlan, plan: Plan, trial: Trial, now: datetime) -> None:
    """Keep in the locked plan what a simulation found to spare."""
    row.spare_minutes, row.simulated_at = plan.spare_minutes(trial), now
    row.save(update_fields=["spare_minutes", "simulated_at"])
