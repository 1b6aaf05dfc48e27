"""Weeks made up by chance: a Poisson stream of tickets from each client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from core.calendars import MINUTE
from tickets.rules.queue.simulator.weeks import (
    OFFICE_DAY,
    TARGETS,
    Arrival,
    House,
    office,
)
from tickets.rules.words import Priority

A_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
# Percent of the tickets, and mean minutes of work.
MIX = {
    Priority.P1: (2, 90),
    Priority.P2: (18, 80),
    Priority.P3: (45, 60),
    Priority.P4: (35, 45),
}
LEAST_WORK, MOST_WORK = 5, 480
# Work is log-normal: most of it short, some long.
_SIGMA = 0.7
_MEDIAN_OF_MEAN = 0.78  # exp(-sigma² / 2)
# So many weeks of open time follow the last arrival, for what is late.
_WEEKS_AFTER = 30


@dataclass(frozen=True)
class Synthetic:
    """What to make up. The first client sends ``factor`` times its share and claims P1 for all.

    ``load`` is the work in percent of the engineers' time if nobody exceeds their share. Triage
    believes ``believed`` percent of what the first client claims beyond what is so.
    """

    slots: tuple[int, ...] = (1,) * 24
    engineers: int = 3
    weeks: int = 12
    load: float = 70
    factor: float = 1
    believed: float = 0
    refill: float = 4
    burst: float = 8
    targets: Mapping[Priority, int] = field(default_factory=lambda: dict(TARGETS))

    @property
    def house(self) -> House:
        """Give the house these weeks happen in."""
        return House(
            office(A_MONDAY, self.weeks + _WEEKS_AFTER), self.slots, self.engineers, self.refill,
            self.burst, self.targets,
        )  # fmt: skip

    @property
    def open_time(self) -> int:
        """Give the office time in which tickets arrive."""
        return self.weeks * 5 * OFFICE_DAY

    def arrivals(self, seed: int) -> list[Arrival]:
        """Draw what arrives, in order; each client's stream is the same whatever others send."""
        house = self.house
        drawn = sorted(
            (each for client in range(len(self.slots)) for each in self._of(client, seed, house)),
            key=lambda each: (each.at, each.client, each.number),
        )
        return [
            Arrival(number, each.client, each.at, each.priority, each.claimed, each.work)
            for number, each in enumerate(drawn, 1)
        ]

    def _of(self, client: int, seed: int, house: House) -> list[Arrival]:
        chance = Random(f"{seed}:{client}")  # noqa: S311 - repeatable on purpose
        noisy = client == 0
        mean = sum(share * minutes for share, minutes in MIX.values()) / 100 * MINUTE
        share = self.slots[client] / sum(self.slots) * (self.factor if noisy else 1)
        rate = self.engineers * self.load / 100 / mean * share
        found: list[Arrival] = []
        worked = chance.expovariate(rate) if rate else self.open_time
        while worked < self.open_time:
            at = house.shifts.at(int(worked) + 1)
            assert at is not None
            priority, work = _ticket(chance)
            if noisy and self.believed and chance.random() * 100 < self.believed:
                priority = Priority.P1
            claimed = Priority.P1 if noisy else priority
            found.append(Arrival(len(found), client, at, priority, claimed, work))
            worked += chance.expovariate(rate)
        return found


def _ticket(chance: Random) -> tuple[Priority, int]:
    """Draw a priority and the work."""
    shares = [share for share, _ in MIX.values()]
    priority = chance.choices(list(MIX), shares)[0]
    minutes = chance.lognormvariate(0, _SIGMA) * MIX[priority][1] * _MEDIAN_OF_MEAN
    return priority, max(LEAST_WORK, min(MOST_WORK, int(minutes))) * MINUTE
