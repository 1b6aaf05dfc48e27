"""When a client may expect something: a promised time, or the honest week of what has none."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from clients.models import Retainer
from clients.rules.retainers import SERVED
from core.calendars import MINUTE, micros
from tickets.models import Ticket
from tickets.queries.crew import WEEKS_AHEAD, Crew, crew
from tickets.queries.shares import this_week
from tickets.queries.stops import with_stops
from tickets.rules.queue.tokens import Bucket
from tickets.rules.states import TicketState
from tickets.rules.words import Priority, Stop, Unpromised


@dataclass(frozen=True)
class Prospect:
    """What a client may expect of an open ticket. Without ``due_at`` it is in the backlog.

    ``week`` is the Monday of the week in which it is likely done; none where nobody is there to do
    it within half a year. ``why`` it has none: more is wanted than the plan's slots hold at this
    instant, or what else is promised fills the weeks before; none where a promise is still to be
    tried. With ``stop`` it stands still, and so does its due time: it has no week, and is not late.
    """

    due_at: datetime | None = None
    week: date | None = None
    why: Unpromised | None = None
    stop: Stop | None = None


def prospects(tickets: Iterable[Ticket], now: datetime) -> dict[int, Prospect]:
    """Give what there is to expect of each ticket, by number; what is done or under way has none.

    However many tickets: five statements.
    """
    tickets = [each for each in tickets if _has_prospect(each)]
    stops = _stops(tickets)
    backlog = [each for each in tickets if not (each.due_at or stops.get(each.number))]
    found = {each.number: Prospect(each.due_at, stop=stops.get(each.number)) for each in tickets}
    return found | (_backlog(backlog, now) if backlog else {})


def forecast(ticket: Ticket, now: datetime) -> date | None:
    """Give the Monday of the week in which a ticket of the backlog is likely done.

    What is promised is done first, by everybody; of what their time leaves then, the client gets
    its share among all who have work waiting, and the ticket its turn by rank. Counted in whole
    weeks.
    """
    return _backlog([ticket], now)[ticket.number].week


def _has_prospect(ticket: Ticket) -> bool:
    is_waiting = ticket.state == TicketState.QUEUED
    return ticket.is_open and (ticket.due_at is not None or is_waiting)


def _stops(tickets: list[Ticket]) -> dict[int, Stop]:
    """Give what stands still, by number."""
    if not tickets:
        return {}
    rows = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).order_by()
    shown: QuerySet[Any] = with_stops(rows)
    return {number: Stop(stop) for number, stop in shown.values_list("number", "stop") if stop}


def _backlog(tickets: list[Ticket], now: datetime) -> dict[int, Prospect]:
    """Give the weeks, where there is one, and why nothing is promised."""
    people = crew(now)
    promised, critical = _committed_minutes()
    ahead = _minutes_ahead({ticket.client_id for ticket in tickets})
    served = _served()
    slots = sum(each.slots for each in served.values())
    mondays, capacity = _capacity(people, now)
    found = {}
    for ticket in tickets:
        client = served.get(ticket.client_id)
        is_p1 = ticket.priority == Priority.P1
        needed: float | None = critical if is_p1 else None
        if client and not is_p1:
            work = ahead.get(ticket.number, ticket.estimate_minutes)
            needed = promised + work * slots / client.slots
        place = None if needed is None else bisect_left(capacity, needed)
        week = mondays[place] if place is not None and place < len(capacity) else None
        why = None
        if client and ticket.severity_confirmed_at:
            if not is_p1 and not client.has_token(now):
                why = Unpromised.SLOTS
            elif week and week > mondays[0]:
                why = Unpromised.CAPACITY
        found[ticket.number] = Prospect(week=week, why=why)
    return found


def _capacity(people: Crew, now: datetime) -> tuple[list[date], list[float]]:
    """Give the coming Mondays, and the minutes everybody together has free by each week's end."""
    zone = people.house.zone_at(now)
    monday = this_week(people.house, now)
    mondays = [monday + timedelta(weeks=week) for week in range(WEEKS_AHEAD)]
    capacity = []
    for each in mondays:
        end = micros(datetime.combine(each + timedelta(weeks=1), time(), zone))
        free = (
            max(0, worker.shifts.worked(end) - worker.shifts.worked(worker.free_at))
            for worker in people.workers
        )
        capacity.append(sum(free) / MINUTE)
    return mondays, capacity


def _committed_minutes() -> tuple[int, int]:
    """Give the minutes of what is promised or P1 and nobody has begun, and of the P1 alone."""
    is_p1 = Q(priority=Priority.P1)
    unbegun = Ticket.objects.filter(
        Q(due_at__isnull=False) | is_p1, state__in=[TicketState.QUEUED, TicketState.WAITING]
    )
    sums = unbegun.aggregate(
        all=Sum("estimate_minutes", default=0),
        p1=Sum("estimate_minutes", filter=is_p1, default=0),
    )
    return sums["all"], sums["p1"]


def _minutes_ahead(client_ids: set[int]) -> dict[int, int]:
    """Give the minutes of each client's backlog up to and with each of its tickets."""
    rows = (
        Ticket.objects.filter(client__in=client_ids, state=TicketState.QUEUED, due_at=None)
        .exclude(priority=Priority.P1)
        .order_by("client", "-rank", "number")
        .values_list("client_id", "number", "estimate_minutes")
    )
    ahead: dict[int, int] = {}
    sums = dict.fromkeys(client_ids, 0)
    for client_id, number, minutes in rows:
        sums[client_id] += minutes
        ahead[number] = sums[client_id]
    return ahead


@dataclass(frozen=True)
class _Served:
    """The slots of a client who is served, and its tokens; none known before its first ticket."""

    slots: int
    tokens_a_week: Decimal
    most_tokens: Decimal
    tokens: float | None
    tokens_at: datetime | None

    def has_token(self, now: datetime) -> bool:
        """Tell whether its plan leaves room for one more promise."""
        if self.tokens is None or self.tokens_at is None:
            return self.most_tokens * self.slots >= 1
        kept, terms = (self.tokens, micros(self.tokens_at)), (self.tokens_a_week, self.most_tokens)
        return Bucket.of(*kept, self.slots, *terms).level(micros(now)) >= 1


def _served() -> dict[int, _Served]:
    """Give who is served and has work waiting: these share our time by their slots."""
    waiting = Ticket.objects.filter(client=OuterRef("client"), state=TicketState.QUEUED)
    rows: Iterable[tuple[Any, ...]] = (
        Retainer.objects.filter(Exists(waiting), state__in=SERVED)
        .order_by()
        .values_list(
            "client",
            "plan_version__slots",
            "plan_version__tokens_per_slot",
            "plan_version__most_tokens_per_slot",
            "client__share_account__tokens",
            "client__share_account__tokens_at",
        )
    )
    return {client: _Served(*terms) for client, *terms in rows}
