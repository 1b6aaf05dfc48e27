"""What every client has coming of our work: its place in the fair sharing, and what it received."""

from datetime import UTC, date, datetime

from django.db.models import F, Max, Min

from clients.queries import house_calendar, terms_of
from tickets.actions.locks import lock_plan
from tickets.models import ReceivedMinutes, ShareAccount, Ticket
from tickets.queries.shares import served_slots, week_of
from tickets.rules.queue.lanes import joined
from tickets.rules.queue.rank import business_days, rank_of
from tickets.rules.states import TicketState
from tickets.rules.words import Priority

# Nothing was taken from an account since then: it is full, whatever the plan turns out to be.
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def set_priority(ticket: Ticket) -> None:
    """Set the priority of a locked ticket, and the rank that goes with it and its reach.

    Whoever calls it saves both.
    """
    ticket.reprioritise()
    days = business_days(house_calendar(), ticket.received_at)
    ticket.rank = rank_of(Priority(ticket.priority), ticket.reach, days)


def join_queue(ticket: Ticket, *, now: datetime) -> None:
    """Give the client of a ticket that just came into the queue its place in the fair sharing.

    Who had no work until now starts with those who have: share is not saved up meanwhile.
    """
    lock_plan()
    account = account_of(ticket.client_id, now)
    queued = Ticket.objects.filter(state=TicketState.QUEUED)
    if queued.filter(client=ticket.client_id).exclude(pk=ticket.pk).exists():
        return
    others = ShareAccount.objects.exclude(pk=account.pk)
    working = others.filter(client__in=queued.order_by().values("client"))
    least = working.aggregate(least=Min("virtual_minutes"))["least"]
    most = others.aggregate(most=Max("virtual_minutes"))["most"]
    virtual = joined(account.virtual_minutes, _known(least), _known(most))
    if virtual != account.virtual_minutes:
        account.virtual_minutes = virtual
        account.save(update_fields=["virtual_minutes"])


def account_of(client_id: int, now: datetime) -> ShareAccount:
    """Give a client's account, under the lock of the plan; a new one starts full of tokens."""
    account = ShareAccount.objects.filter(client=client_id).first()
    if account is not None:
        return account
    terms = terms_of(client_id)
    tokens = float(terms.most_tokens_per_slot) * terms.slots if terms else 0
    return ShareAccount.objects.get_or_create(
        client_id=client_id,
        defaults={"tokens": tokens, "tokens_at": now if terms else _LONG_AGO},
    )[0]


def count_minutes(client_id: int, work_date: date, minutes: int) -> None:
    """Add minutes of work to what a client received in a week; less than none takes them back."""
    week = week_of(work_date)
    received = ReceivedMinutes.objects.filter(week_date=week)
    own = received.filter(client=client_id)
    if not own.exists():
        slots = served_slots()
        sharing = {client_id: slots.get(client_id, 1)}
        if not received.exists():
            sharing |= slots
        ReceivedMinutes.objects.bulk_create(
            [
                ReceivedMinutes(client_id=client, week_date=week, slots=sharing[client])
                for client in sorted(sharing)
            ],
            ignore_conflicts=True,
        )
    own.update(minutes=F("minutes") + minutes)


def _known(value: float | None) -> list[float]:
    return [] if value is None else [value]
