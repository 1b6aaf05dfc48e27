"""What every simulated week is made of: a house with its hours, clients and terms, and arrivals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.calendars import MINUTE, Calendar, Hours
from tickets.rules.queue.shifts import Shifts
from tickets.rules.words import Priority

OFFICE_DAY = 480 * MINUTE
# Open minutes to the resolution.
TARGETS = {Priority.P1: 480, Priority.P2: 1440, Priority.P3: 2400, Priority.P4: 4800}


@dataclass(frozen=True)
class Arrival:
    """A ticket as it comes in; ``claimed`` is what its client calls it, ``priority`` what it is."""

    number: int
    client: int
    at: int
    priority: Priority
    claimed: Priority
    work: int
    reach: int = 1


@dataclass(frozen=True)
class House:
    """Who works when, for how many clients, on what terms; all engineers keep the same hours."""

    shifts: Shifts
    slots: tuple[int, ...]  # of each client
    engineers: int = 3
    refill: float = 4.0  # tokens a slot gets back a week
    burst: float = 8.0  # the most tokens of a slot
    targets: Mapping[Priority, int] = field(default_factory=lambda: dict(TARGETS))

    def target(self, at: int, priority: Priority) -> int:
        """Give by when a ticket should be done that arrived then."""
        due = self.shifts.at(self.shifts.worked(at) + self.targets[priority] * MINUTE)
        assert due is not None, "the shifts end before the last target"
        return due


def office(start: datetime, weeks: float, calendar: Calendar | None = None) -> Shifts:
    """Give the open time of so many weeks: by a calendar, else from nine to five in UTC."""
    known = calendar or nine_to_five("UTC")
    return Shifts.of(known.spans(start, start + timedelta(weeks=weeks)))


def nine_to_five(zone: str) -> Calendar:
    """Give usual office hours, Monday to Friday."""
    day = ((9 * 60, 17 * 60),)
    return Calendar.of(Hours(zone, (day,) * 5 + ((),) * 2))
