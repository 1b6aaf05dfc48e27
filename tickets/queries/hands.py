"""Promised work in hand: whether whoever has it is done with it by when it is due."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from clients.queries import house_calendar
from core.calendars import MINUTE, instant, micros
from tickets.models import Ticket, TicketEvent, TicketEventKind, TimeEntry
from tickets.queries.crew import LEAST_LEFT_MINUTES, Crew
from tickets.queries.promises import Breach
from tickets.queries.stops import with_stops
from tickets.rules.queue.forward import Worker
from tickets.rules.states import TicketState

_K = TicketEventKind
_BEGINS = [_K.TICKET_STARTED, _K.TICKET_RESUMED]


def late_in_hand(
    people: Crew, now: datetime, *, user: int | None = None, before: int = 0
) -> list[Breach]:
    """Give the promised tickets in progress that end after they are due, by due time.

    Everybody ends what they have in the order in which they began it. ``before`` is other work, in
    microseconds, that ``user`` does before all of it: then only what is late with it is given, of
    their own. What stands still is never late.
    """
    house, found = house_calendar(), []
    for number, due_at, end in _ends(people, now, user, before):
        if end is None or end > micros(due_at):
            done_at = None if end is None else instant(end)
            minutes = house.minutes_between(due_at, done_at) if done_at else 0
            found.append(Breach(number, due_at, done_at, minutes))
    return sorted(found, key=lambda each: (each.due_at, each.number))


def _ends(
    people: Crew, now: datetime, user: int | None, before: int
) -> Iterator[tuple[int, datetime, int | None]]:
    workers = {each.engineer: each for each in people.workers if user in (None, each.engineer)}
    spent: dict[int, int] = defaultdict(lambda: before)
    for number, assignee, due_at, left, stop in _in_hand(workers):
        spent[assignee] += left * MINUTE
        if due_at is not None and not stop:
            yield number, due_at, workers[assignee].shifts.finish(micros(now), spent[assignee])


def _in_hand(workers: dict[int, Worker]) -> QuerySet[Ticket, Any]:
    """List what they have in progress in the order in which they began it, with minutes left."""
    logged = (
        TimeEntry.objects.filter(ticket=OuterRef("pk"), voided_at=None)
        .order_by()
        .values("ticket")
        .annotate(total=Sum("minutes"))
        .values("total")
    )
    begun = TicketEvent.objects.filter(ticket=OuterRef("pk"), kind__in=_BEGINS)
    return (
        with_stops(Ticket.objects.filter(state=TicketState.IN_PROGRESS, assignee__in=workers))
        .annotate(
            left=Greatest(
                LEAST_LEFT_MINUTES, F("estimate_minutes") - Coalesce(Subquery(logged), 0)
            ),
            begun=Subquery(begun.order_by("-pk").values("pk")[:1]),
        )
        .order_by("begun", "number")
        .values_list("number", "assignee", "due_at", "left", "stop")
    )
