"""When a client may expect something: a promised time, or the honest week of what has none."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from clients.models import Retainer
from clients.rules.retainers import SERVED
from core.calendars import MINUTE, micros
from tickets.models import Ticket, TicketEvent, TicketEventKind
from tickets.queries.crew import WEEKS_AHEAD, Crew, crew
from tickets.queries.stops import with_stops
from tickets.rules.states import TicketState
from tickets.rules.words import Priority, Stop


@dataclass(frozen=True)
class Prospect:
    """What a client may expect of an open ticket. Without ``due_at`` it is in the backlog.

    ``week`` is the Monday of the week in which it is likely done; none where nobody is there to do
    it within half a year. ``beyond_slots``: more was wanted than the plan's slots hold. With
    ``stop`` it stands still, and so does its due time: it is as late as it was, and has no week.
    """

    due_at: datetime | None = None
    week: date | None = None
    beyond_slots: bool = False
    stop: Stop | None = None


def prospects(tickets: Iterable[Ticket], now: datetime) -> dict[int, Prospect]:
    """Give what there is to expect of each ticket, by number; what is done or under way has none.

    However many tickets: six statements.
    """
    tickets = [each for each in tickets if _has_prospect(each)]
    stops = _stops(tickets)
    backlog = [each for each in tickets if not (each.due_at or stops.get(each.number))]
    weeks, beyond = (_weeks(backlog, now), _beyond_slots(backlog)) if backlog else ({}, set())
    return {
        each.number: Prospect(
            due_at=each.due_at,
            week=weeks.get(each.number),
            beyond_slots=each.pk in beyond,
            stop=stops.get(each.number),
        )
        for each in tickets
    }


def forecast(ticket: Ticket, now: datetime) -> date | None:
    """Give the Monday of the week in which a ticket of the backlog is likely done.

    What is promised is done first, by everybody; of what their time leaves then, the client gets
    its share among all who have work waiting, and the ticket its turn by rank. Counted in whole
    weeks.
    """
    return _weeks([ticket], now).get(ticket.number)


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


def _weeks(tickets: Iterable[Ticket], now: datetime) -> dict[int, date]:
    """Give the Mondays, where there is one."""
    people = crew(now)
    promised, critical = _committed_minutes()
    ahead = _minutes_ahead({ticket.client_id for ticket in tickets})
    shares = _shares()
    mondays, capacity = _capacity(people, now)
    found = {}
    for ticket in tickets:
        share = shares.get(ticket.client_id)
        if ticket.priority == Priority.P1:
            needed: float = critical
        elif share:
            needed = promised + ahead.get(ticket.number, ticket.estimate_minutes) / share
        else:
            continue
        place = bisect_left(capacity, needed)
        if place < len(capacity):
            found[ticket.number] = mondays[place]
    return found


def _capacity(people: Crew, now: datetime) -> tuple[list[date], list[float]]:
    """Give the coming Mondays, and the minutes everybody together has free by each week's end."""
    versions = people.house.versions
    zone = ZoneInfo(next(hours.zone for since, hours in reversed(versions) if since <= now))
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
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


def _shares() -> dict[int, float]:
    """Give the part of our time each client gets that has work waiting."""
    waiting = Ticket.objects.filter(client=OuterRef("client"), state=TicketState.QUEUED)
    slots = dict(
        Retainer.objects.filter(Exists(waiting), state__in=[state.value for state in SERVED])
        .order_by()
        .values_list("client", "plan_version__slots")
    )
    total = sum(slots.values())
    return {client_id: own / total for client_id, own in slots.items()}


def _beyond_slots(tickets: Iterable[Ticket]) -> set[int]:
    """Give which tickets are in the backlog for want of a token."""
    refused = (
        TicketEvent.objects.filter(ticket__in=tickets, kind=TicketEventKind.NOT_PROMISED)
        .order_by("ticket", "-at", "-pk")
        .distinct("ticket")
        .values_list("ticket", "data__reason")
    )
    return {ticket for ticket, reason in refused if reason == "no_token"}
