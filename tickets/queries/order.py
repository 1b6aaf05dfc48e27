"""Which ticket is next, and the order behind it, without reading the whole queue.

The lanes are those of ``tickets.rules.queue.lanes``; indexes give their heads (decision 11).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heapify, heappop, heappush

from django.db.models import QuerySet

from clients.models import Client
from clients.queries import house_calendar
from core.calendars import MINUTE, Calendar
from tickets.models import Ticket
from tickets.queries.heads import Heads, heads_of
from tickets.queries.places import FIELDS, Broken, Place, Row, place_at
from tickets.queries.shares import slots_of
from tickets.queries.stops import is_served
from tickets.queries.takers import Taker, Trials
from tickets.rules.queue.lanes import MOST_TRIED, Waiting, decide
from tickets.rules.states import TicketState
from tickets.rules.words import Priority


def takeable(taker: Taker) -> QuerySet[Ticket]:
    """List what waits in the queue and somebody may take."""
    return Ticket.objects.filter(taker.may_take(), state=TicketState.QUEUED).order_by()


def next_for(taker: Taker, trials: Trials, *, without: Iterable[int] = ()) -> Place | None:
    """Give the next ticket of somebody, or None if there is nothing they may take.

    ``without`` are tickets that somebody holds at this instant.
    """
    rows = takeable(taker)
    if passed := list(without):
        rows = rows.exclude(number__in=passed)
    places = order_of(rows, taker, now=trials.now, most=1, trials=trials)
    return places[0] if places else None


def order_of(
    rows: QuerySet[Ticket],
    taker: Taker,
    *,
    now: datetime,
    most: int,
    trials: Trials | None = None,
) -> list[Place]:
    """Give the first places of queued tickets in the order they would be taken at this instant.

    Without ``trials`` nothing is simulated, as if nothing could break.
    """
    heads = heads_of(rows, taker.user, house=taker.house, now=now, depth=max(most, MOST_TRIED))
    look = _Look(heads, taker.house, now)
    places = look.critical() + look.urgent()
    if trials and not heads.critical and (first := look.first(trials)):
        places = [first, *(place for place in places if place.number != first.number)]
    if len(places) < most:
        places += look.by_share(most - len(places), {each.number for each in places})
    return places[:most]


def place_of(ticket: Ticket, *, now: datetime, lane: str = "", reason: str = "") -> Place:
    """Give the place of one ticket by what it is itself, whatever else waits."""
    row = {name: getattr(ticket, name) for name in FIELDS}
    virtual, slots, served = (
        Client.objects.annotate(slots=slots_of("pk"), served=is_served("pk"))
        .values_list("share_account__virtual_minutes", "slots", "served")
        .get(pk=ticket.client_id)
    )
    place = place_at(row, house_calendar(), now, lane, reason)
    if not lane:
        own = "L1" if served and place.ticket.urgent else "L2"
        own = "L0" if ticket.priority == Priority.P1 else own
        place = replace(place, lane=own, reason={"L0": "p1", "L1": "slack", "L2": "share"}[own])
    return replace(place, virtual=virtual or 0.0, slots=slots)


@dataclass(frozen=True)
class _Look:
    """One look at the first places of the queue, or of a part of it."""

    heads: Heads
    house: Calendar
    now: datetime

    def critical(self) -> list[Place]:
        """Give the P1."""
        return [self._place(row, "L0", "p1") for row in self.heads.critical]

    def urgent(self) -> list[Place]:
        """Give the urgent ones."""
        return [self._place(row, "L1", "slack") for row in self.heads.urgent]

    def first(self, trials: Trials) -> Place | None:
        """Give what comes first where no P1 waits."""
        by_share: dict[int, Place] = {}

        def fair(broken: Collection[int]) -> Waiting | None:
            for place in self.by_share(1, broken):
                by_share[place.number] = place
                return place.ticket
            return None

        earliest = self.heads.earliest and self._place(self.heads.earliest, "L1", "simulation")
        urgent = self._place(self.heads.urgent[0], "L1", "slack") if self.heads.urgent else None
        choice = decide(
            earliest.ticket if earliest else None, urgent.ticket if urgent else None,
            fair, trials.keep,
        )  # fmt: skip
        if choice is None or choice.lane == "L2":
            return by_share[choice.ticket.ticket] if choice else None
        if choice.reason == "slack":
            return urgent
        other = urgent.ticket if urgent else fair(())
        assert earliest and other
        broken = _broken(other, earliest.number, trials)
        return replace(earliest, reason=choice.reason, broken=broken)

    def by_share(self, most: int, taken: Collection[int]) -> list[Place]:
        """Give the first picks of L2: always the least virtual time, then its highest rank.

        Only as many clients are read as picks are wanted, and of each its first tickets.
        """
        known = {each.client: each for each in self.heads.accounts}
        tickets = {client: each.best for client, each in known.items()}
        heap = [(each.virtual, client, 0) for client, each in known.items()]
        heapify(heap)
        places: list[Place] = []
        while heap and len(places) < most:
            virtual, client, at = heappop(heap)
            if at == len(known[client].best):
                tickets[client] = self.heads.best_of(known[client])
            if at >= len(tickets[client]):
                continue
            row = tickets[client][at]
            if row["number"] not in taken:
                place = self._place(row, "L2", "share")
                place = replace(place, virtual=virtual, slots=known[client].slots)
                places.append(place)
                virtual = place.virtual_after
            heappush(heap, (virtual, client, at + 1))
        return places

    def _place(self, row: Row, lane: str, reason: str) -> Place:
        return place_at(row, self.house, self.now, lane, reason)


def _broken(other: Waiting, number: int, trials: Trials) -> Broken | None:
    """Give what would be late if ``other`` came first: the ticket itself, else the first one."""
    trial = trials.of(other.ticket, other.work // MINUTE)
    for job in sorted(trial.late, key=lambda job: job.ticket != number):
        return Broken(job.ticket, job.due, trial.ends[job.ticket])
    return None
