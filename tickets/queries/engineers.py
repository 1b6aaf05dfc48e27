"""By which hours people work."""

from dataclasses import dataclass
from datetime import datetime

from clients.queries import all_calendars, known_calendars
from core.calendars import Calendar


@dataclass(frozen=True)
class Hours:
    """A calendar by name, with the minutes of an ordinary week of it as it is valid now."""

    pk: int
    name: str
    calendar: Calendar
    weekly_minutes: int


def all_hours(now: datetime) -> dict[int | None, Hours]:
    """Give every calendar, by key and by name; the house's also as that of None."""
    found: dict[int | None, Hours] = {}
    known = known_calendars().by_pk
    for row in all_calendars():
        versions = known[row.pk].versions
        valid = [hours for since, hours in versions if since <= now] or [versions[0][1]]
        minutes = sum(end - begin for day in valid[-1].week for begin, end in day)
        found[row.pk] = Hours(row.pk, row.name, known[row.pk], minutes)
        if row.is_house:
            found[None] = found[row.pk]
    return found
