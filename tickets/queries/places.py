"""A ticket in the order of work: the lane it comes by, and what put it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from core.calendars import MINUTE, Calendar, micros
from tickets.rules.queue.lanes import Waiting
from tickets.rules.queue.rank import business_days, score_of
from tickets.rules.words import Priority

Row = Mapping[str, Any]
# What a row has of a ticket.
FIELDS = (
    "number", "client_id", "priority", "reach", "received_at", "estimate_minutes", "due_at", "rank",
)  # fmt: skip


class Broken(NamedTuple):
    """A promise that would be late if another ticket came first; when nobody does it, no end."""

    number: int
    due: int
    done: int | None


@dataclass(frozen=True)
class Place:
    """A ticket in the order: the lane it comes by, and what put it there."""

    ticket: Waiting
    lane: str
    reason: str  # p1, slack, simulation, share, forced, override
    received_at: datetime
    rank: float
    score: float
    # The client's place in the fair sharing before it is taken; only known in L2.
    virtual: float = 0
    slots: int = 1
    # What the simulation found that brought it before another.
    broken: Broken | None = None

    @property
    def number(self) -> int:
        """The ticket's number."""
        return self.ticket.ticket

    @property
    def virtual_after(self) -> float:
        """The client's virtual time once it is taken.

        It is not raised to the least of all first: its client has work, so it is that or more.
        """
        return self.virtual + self.ticket.work / MINUTE / self.slots


def place_at(row: Row, house: Calendar, now: datetime, lane: str, reason: str) -> Place:
    """Give the place of a row at an instant."""
    work, due_at = row["estimate_minutes"] * MINUTE, row["due_at"]
    since, days = business_days(house, row["received_at"]), business_days(house, now)
    waiting = Waiting(
        ticket=row["number"],
        client=row["client_id"],
        priority=Priority(row["priority"]),
        reach=row["reach"],
        waited_days=days - since,
        work=work,
        due=micros(due_at) if due_at else None,
        slack=slack_of(house, now, due_at, work) if due_at else 0,
    )
    score = score_of(row["rank"], days)
    return Place(waiting, lane, reason, row["received_at"], row["rank"], score)


def slack_of(house: Calendar, now: datetime, due_at: datetime, work: int) -> int:
    """Give the open time to a due instant less the work, in microseconds."""
    return house.between(now, due_at) // timedelta(microseconds=1) - work
