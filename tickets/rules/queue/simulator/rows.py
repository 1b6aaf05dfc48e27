"""Past tickets from a table: what each column means, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo

from django.utils.dateparse import parse_date, parse_datetime

from core.calendars import MINUTE, Calendar, micros
from core.errors import InvalidInput
from tickets.rules.queue.shifts import Shifts
from tickets.rules.queue.simulator.weeks import Arrival, office
from tickets.rules.words import Priority

NEEDED = ("client", "arrived", "priority", "estimate_minutes")
OPTIONAL = ("reach", "slots")
MOST_YEARS = 5
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_MOST_CLIENT, _MOST_MINUTES, _MOST_REACH, _MOST_SLOTS = 200, 100_000, 1_000_000, 1_000


@dataclass(frozen=True)
class PastTicket:
    """One row."""

    client: str
    arrived_at: datetime
    priority: Priority
    estimate_minutes: int
    reach: int
    slots: int | None


def read_row(row: Mapping[str, str | None], zone: tzinfo) -> PastTicket:
    """Read a row of named columns; a time that names no zone is one of ``zone``.

    Raises InvalidInput, naming the column.
    """
    # It is printed: what steers a terminal is left out.
    name = (sign if sign.isprintable() else " " for sign in row.get("client") or "")
    client = " ".join("".join(name).split())
    if not 0 < len(client) <= _MOST_CLIENT:
        raise InvalidInput("Name the client, in at most 200 characters.", field="client")
    priority = (row.get("priority") or "").strip().upper()
    if priority not in list(Priority):
        raise InvalidInput("This is none of P1, P2, P3 and P4.", field="priority")
    return PastTicket(
        client=client,
        arrived_at=_instant(row.get("arrived"), zone),
        priority=Priority(priority),
        estimate_minutes=_number(row, "estimate_minutes", _MOST_MINUTES),
        reach=_number(row, "reach", _MOST_REACH) if _has(row, "reach") else 1,
        slots=_number(row, "slots", _MOST_SLOTS) if _has(row, "slots") else None,
    )


@dataclass
class RealWeeks:
    """Past tickets, gathered row by row."""

    tickets: list[PastTicket] = field(default_factory=list)
    _slots: dict[str, int] = field(default_factory=dict)

    def add(self, ticket: PastTicket) -> None:
        """Keep a ticket. Raises InvalidInput if its client had another number of slots before."""
        known = self._slots.get(ticket.client)
        if ticket.slots is not None:
            if known not in (None, ticket.slots):
                raise InvalidInput(f"This client had {known} before.", field="slots")
            self._slots[ticket.client] = ticket.slots
        self.tickets.append(ticket)

    @property
    def clients(self) -> list[str]:
        """Give the clients' names, each at its number."""
        return sorted({ticket.client for ticket in self.tickets})

    @property
    def slots(self) -> tuple[int, ...]:
        """Give each client's slots: one where no row says it."""
        return tuple(self._slots.get(client, 1) for client in self.clients)

    def arrivals(self) -> list[Arrival]:
        """Give the tickets in order of arrival."""
        numbers = {client: number for number, client in enumerate(self.clients)}
        ordered = sorted(self.tickets, key=lambda each: each.arrived_at)
        return [
            Arrival(
                number=number,
                client=numbers[each.client],
                at=micros(each.arrived_at),
                priority=each.priority,
                claimed=each.priority,
                work=each.estimate_minutes * MINUTE,
                reach=each.reach,
            )
            for number, each in enumerate(ordered, 1)
        ]

    def shifts(self, calendar: Calendar | None, engineers: int, most_target: int) -> Shifts:
        """Give the open time in which all of it can be done, from the day before the first.

        ``most_target`` is in minutes. Raises InvalidInput if the tickets lie more than MOST_YEARS
        apart, or their work would take so long beyond them.
        """
        first = min(each.arrived_at for each in self.tickets) - timedelta(days=1)
        last = max(each.arrived_at for each in self.tickets)
        years = timedelta(days=366 * MOST_YEARS)
        if last - first > years:
            raise InvalidInput(f"The tickets lie more than {MOST_YEARS} years apart.")
        work = sum(each.estimate_minutes for each in self.tickets)
        needed = (work // engineers + 2 * _MOST_MINUTES + most_target) * MINUTE
        shifts = office(first, (last - first + years) / timedelta(weeks=1), calendar)
        if not shifts.ends or shifts.worked(shifts.ends[-1]) - shifts.worked(micros(last)) < needed:
            raise InvalidInput(f"The engineers would need more than {MOST_YEARS} years for this.")
        return shifts


def _has(row: Mapping[str, str | None], column: str) -> bool:
    return bool((row.get(column) or "").strip())


def _number(row: Mapping[str, str | None], column: str, most: int) -> int:
    text = (row.get(column) or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise InvalidInput(f"This is no whole number from 1 to {most:,}.", field=column)
    return int(text)


def _instant(value: str | None, zone: tzinfo) -> datetime:
    text = (value or "").strip()
    try:
        found = parse_datetime(text)
        day = None if found else parse_date(text)
    except ValueError:
        found = day = None
    if day:
        found = datetime.combine(day, time())
    if found is None:
        raise InvalidInput("This is no date and time like 2026-03-02T09:30+01:00.", field="arrived")
    aware = found if found.tzinfo else found.replace(tzinfo=zone)
    if not _EARLIEST <= aware < _LATEST:
        raise InvalidInput("This is no time between 1990 and 2100.", field="arrived")
    return aware.astimezone(UTC)
