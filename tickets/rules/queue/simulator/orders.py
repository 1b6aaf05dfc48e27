"""The orders of work that are compared: the product's, and three simple ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol

from core.calendars import MINUTE
from tickets.rules.queue.forward import Job, Worker
from tickets.rules.queue.lanes import Waiting, choose, joined, moved
from tickets.rules.queue.promising import NEVER, try_out
from tickets.rules.queue.simulator.weeks import OFFICE_DAY, Arrival, House
from tickets.rules.queue.tokens import Bucket
from tickets.rules.words import Priority

# As the product offers promises: so many tickets of a client that do not fit, then the next client.
_MOST_TRIES = 5


@dataclass
class Done:
    """What became of a ticket."""

    arrival: Arrival
    target: int  # by when it should be done, promised or not
    promised: int | None = None
    finished: int | None = None

    @property
    def in_time(self) -> bool:
        """Tell whether it was done within its target."""
        return self.finished is not None and self.finished <= self.target

    @property
    def broken(self) -> bool:
        """Tell whether it was promised and not done by then."""
        return self.promised is not None and (
            self.finished is None or self.finished > self.promised
        )


class Order(Protocol):
    """An order of work."""

    def arrive(self, ticket: Done, workers: Sequence[Worker], now: int) -> None:
        """Take a new ticket in."""

    def take(self, engineer: int, workers: Sequence[Worker], now: int) -> Done | None:
        """Give the next ticket for an engineer who is free now."""


class Engine:
    """The product's rules."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._waiting: dict[int, Done] = {}
        self._virtual: dict[int, float] = {}
        self._buckets = {
            client: Bucket(house.burst * slots, 0, house.refill * slots, house.burst * slots)
            for client, slots in enumerate(house.slots)
        }

    def arrive(self, ticket: Done, workers: Sequence[Worker], now: int) -> None:
        """Take it in, and promise it if that can be kept."""
        client = ticket.arrival.client
        working = {each.arrival.client for each in self._waiting.values()}
        if client not in working:
            virtual = self._virtual
            known = (virtual.get(each, 0.0) for each in working)
            virtual[client] = joined(virtual.get(client, 0.0), known, virtual.values())
        self._waiting[ticket.arrival.number] = ticket
        if self._may_ask(ticket, now):
            self._promise(ticket, workers, now)

    def take(self, engineer: int, workers: Sequence[Worker], now: int) -> Done | None:
        """Offer promises anew, then choose by lanes."""
        self._offer(workers, now)
        worked = self._house.shifts.worked(now)
        waiting = [self._as_waiting(ticket, worked) for ticket in self._waiting.values()]
        choice = choose(waiting, workers, engineer, self._virtual, now)
        if choice is None:
            return None
        ticket = self._waiting.pop(choice.ticket.ticket)
        if choice.lane == "L2":
            client, minutes = ticket.arrival.client, ticket.arrival.work / MINUTE
            working = {each.client for each in waiting}
            weight = self._house.slots[client]
            self._virtual[client] = moved(self._virtual, client, weight, minutes, working)
        return ticket

    def _may_ask(self, ticket: Done, now: int) -> bool:
        is_p1 = ticket.arrival.priority == Priority.P1
        return is_p1 or self._buckets[ticket.arrival.client].level(now) >= 1

    def _promise(self, ticket: Done, workers: Sequence[Worker], now: int) -> bool:
        job = _job(ticket.arrival, ticket.target)
        if ticket.target <= now or try_out(self._jobs(), workers, job).refused_for(job):
            return False
        ticket.promised = ticket.target
        if not job.p1:
            client = ticket.arrival.client
            self._buckets[client] = self._buckets[client].taken(now)
        return True

    def _jobs(self) -> list[Job]:
        """Give what takes time before others: the promised, and every P1."""
        jobs = [
            _job(each.arrival, NEVER if each.promised is None else each.promised)
            for each in self._waiting.values()
            if each.promised is not None or each.arrival.priority == Priority.P1
        ]
        return sorted(jobs, key=lambda job: job.order)

    def _offer(self, workers: Sequence[Worker], now: int) -> None:
        """Promise what waits without one, where tokens or time came back."""
        backlog: dict[int, list[Done]] = {}
        for ticket in self._waiting.values():
            if ticket.promised is None and ticket.target > now:
                backlog.setdefault(ticket.arrival.client, []).append(ticket)
        for client, tickets in backlog.items():
            has_token = self._buckets[client].level(now) >= 1
            if has_token or any(each.arrival.priority == Priority.P1 for each in tickets):
                self._offer_client(tickets, workers, now)

    def _offer_client(self, tickets: list[Done], workers: Sequence[Worker], now: int) -> None:
        tries, worked = 0, self._house.shifts.worked(now)
        for ticket in sorted(tickets, key=lambda each: -self._as_waiting(each, worked).score):
            if tries == _MOST_TRIES or not self._may_ask(ticket, now):
                return
            tries += not self._promise(ticket, workers, now)

    def _as_waiting(self, ticket: Done, worked: int) -> Waiting:
        """Give a ticket as the lanes see it, ``worked`` open time after the beginning."""
        arrival, until = ticket.arrival, self._house.shifts.worked
        return Waiting(
            ticket=arrival.number,
            client=arrival.client,
            priority=arrival.priority,
            reach=arrival.reach,
            waited_days=(worked - until(arrival.at)) / OFFICE_DAY,
            work=arrival.work,
            due=ticket.promised,
            slack=until(ticket.promised) - worked - arrival.work if ticket.promised else 0,
        )


class Simple:
    """One order for all."""

    def __init__(self, key: Callable[[Arrival], Iterable[int]]) -> None:
        self._key = key
        self._heap: list[tuple[tuple[int, ...], int, Done]] = []

    def arrive(self, ticket: Done, workers: Sequence[Worker], now: int) -> None:
        """Take it in."""
        arrival = ticket.arrival
        heappush(self._heap, (tuple(self._key(arrival)), arrival.number, ticket))

    def take(self, engineer: int, workers: Sequence[Worker], now: int) -> Done | None:
        """Give the first."""
        return heappop(self._heap)[2] if self._heap else None


def _job(arrival: Arrival, due: int) -> Job:
    return Job(arrival.number, due, arrival.work, arrival.priority == Priority.P1)


def _severity(house: House) -> Order:
    return Simple(lambda arrival: (list(Priority).index(arrival.claimed), arrival.at))


def _due(house: House) -> Order:
    return Simple(lambda arrival: (house.target(arrival.at, arrival.claimed),))


# Each by its short name; severity and due time follow what clients claim.
ORDERS: dict[str, tuple[str, Callable[[House], Order]]] = {
    "shipops": ("ShipOps", Engine),
    "fifo": ("First in, first out", lambda house: Simple(lambda arrival: (arrival.at,))),
    "severity": ("Severity as claimed", _severity),
    "due": ("Earliest due first", _due),
}
