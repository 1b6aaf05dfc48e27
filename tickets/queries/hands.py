"""Promised work in hand: whether whoever has it is done with it by when it is due."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from clients.queries import house_calendar
from core.calendars import MINUTE, micros
from tickets.models import Ticket, TicketEvent, TicketEventKind
from tickets.queries.crew import Crew, minutes_left
from tickets.queries.promises import Breach, breach_of
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
    house = house_calendar()
    late = late_ends(people, now, user=user, before=before)
    return [breach_of(number, due, end, house) for number, due, end in late]


def late_ends(
    people: Crew, now: datetime, *, user: int | None = None, before: int = 0
) -> list[tuple[int, int, int | None]]:
    """Give the numbers of the same, and the instants at which they are due and done."""
    ends = _ends(people, now, user, before)
    late = [each for each in ends if each[2] is None or each[2] > each[1]]
    return sorted(late, key=lambda each: (each[1], each[0]))


def _ends(
    people: Crew, now: datetime, user: int | None, before: int
) -> Iterator[tuple[int, int, int | None]]:
    workers = {each.engineer: each for each in people.workers if user in (None, each.engineer)}
    spent: dict[int, int] = defaultdict(lambda: before)
    for number, assignee, due_at, left, stop in _in_hand(workers):
        spent[assignee] += left * MINUTE
        if due_at is not None and not stop:
            end = workers[assignee].shifts.finish(micros(now), spent[assignee])
            yield number, micros(due_at), end


def _in_hand(workers: dict[int, Worker]) -> QuerySet[Ticket, Any]:
    """List what they have in progress in the order in which they began it, with minutes left."""
    begun = TicketEvent.objects.filter(ticket=OuterRef("pk"), kind__in=_BEGINS)
    return (
        with_stops(Ticket.objects.filter(state=TicketState.IN_PROGRESS, assignee__in=workers))
        .annotate(
            left=minutes_left(),
            begun=Subquery(begun.order_by("-pk").values("pk")[:1]),
        )
        .order_by("begun", "number")
        .values_list("number", "assignee", "due_at", "left", "stop")
    )
