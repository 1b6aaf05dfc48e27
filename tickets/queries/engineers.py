"""By which hours people work."""

from dataclasses import dataclass
from datetime import datetime

from clients.models import CalendarVersion
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
    versions: dict[int, list[CalendarVersion]] = {}
    rows = CalendarVersion.objects.select_related("calendar")
    for version in rows.order_by("calendar__name", "calendar", "version"):
        versions.setdefault(version.calendar_id, []).append(version)
    found: dict[int | None, Hours] = {}
    for pk, known in versions.items():
        valid = [each for each in known if each.valid_from <= now] or known[:1]
        week = valid[-1].hours.week
        found[pk] = Hours(
            pk=pk,
            name=known[0].calendar.name,
            calendar=Calendar(tuple((each.valid_from, each.hours) for each in known)),
            weekly_minutes=sum(end - begin for day in week for begin, end in day),
        )
        if known[0].calendar.is_house:
            found[None] = found[pk]
    return found
