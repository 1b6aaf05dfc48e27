"""One run of an order of work, and what is counted of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from tickets.rules.queue.forward import Worker
from tickets.rules.queue.simulator.orders import ORDERS, Done
from tickets.rules.queue.simulator.weeks import Arrival, House

_ARRIVES, _IS_FREE = 0, 1


@dataclass(frozen=True)
class Tally:
    """So many tickets, and what became of them."""

    tickets: int = 0
    in_time: int = 0
    promised: int = 0
    broken: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Add up two runs."""
        return Tally(
            self.tickets + other.tickets,
            self.in_time + other.in_time,
            self.promised + other.promised,
            self.broken + other.broken,
        )

    @property
    def percent_in_time(self) -> float:
        """Give the share done within target, of all, promised or not."""
        return 100 * self.in_time / self.tickets if self.tickets else 100.0

    @property
    def percent_promised(self) -> float:
        """Give the share that was promised."""
        return 100 * self.promised / self.tickets if self.tickets else 100.0


def tally_of(tickets: Iterable[Done]) -> Tally:
    """Count tickets."""
    known = list(tickets)
    return Tally(
        tickets=len(known),
        in_time=sum(each.in_time for each in known),
        promised=sum(each.promised is not None for each in known),
        broken=sum(each.broken for each in known),
    )


def simulate(
    arrivals: Sequence[Arrival],
    house: House,
    order: str,
    *,
    until: int | None = None,
    tell: Callable[[], object] = lambda: None,
) -> list[Done]:
    """Give what becomes of each arrival by an order of work, up to an instant or to the end.

    Only tickets whose target lies before ``until`` are given. ``tell`` is called at each one done.
    """
    run = _Run(arrivals, house, order, tell)
    end = house.shifts.ends[-1] if until is None else until
    while run.events and run.events[0][0] < end:
        run.step()
    return [each for each in run.tickets if until is None or each.target < until]


class _Run:
    """The state of a run: what happens next, and who has nothing to do."""

    def __init__(
        self, arrivals: Sequence[Arrival], house: House, order: str, tell: Callable[[], object]
    ) -> None:
        self.house, self.tell = house, tell
        self.order = ORDERS[order][1](house)
        self.tickets = [Done(each, house.target(each.at, each.priority)) for each in arrivals]
        begin = house.shifts.begins[0]
        self.workers = [Worker(number, house.shifts, begin) for number in range(house.engineers)]
        self.idle = set(range(house.engineers))
        self.events = [(each.arrival.at, _ARRIVES, n) for n, each in enumerate(self.tickets)]
        self.events.sort()

    def step(self) -> None:
        """Let the next thing happen."""
        now, what, which = heappop(self.events)
        self.workers = [
            each if each.free_at >= now else replace(each, free_at=now) for each in self.workers
        ]
        if what == _ARRIVES:
            self.order.arrive(self.tickets[which], self.workers, now)
            if self.idle:
                first = min(self.idle)
                self.idle.remove(first)
                self._free(first, now)
        else:
            self._take(which, now)

    def _free(self, engineer: int, at: int) -> None:
        """Let an engineer look for work as soon as they are there."""
        begins = self.house.shifts.next_open(at)
        if begins is not None:
            heappush(self.events, (begins, _IS_FREE, engineer))

    def _take(self, engineer: int, now: int) -> None:
        ticket = self.order.take(engineer, self.workers, now)
        if ticket is None:
            self.idle.add(engineer)
            return
        finished = self.house.shifts.finish(now, ticket.arrival.work)
        assert finished is not None, "the shifts end before the work"
        ticket.finished = finished
        self.tell()
        self.workers[engineer] = replace(self.workers[engineer], free_at=finished)
        self._free(engineer, finished)
