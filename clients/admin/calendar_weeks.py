"""The coming weeks of a calendar as a picture, drawn by the arithmetic that counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clients.rules.calendars import day_in_words
from clients.rules.public_holidays import holidays_between
from core.calendars import Calendar, Hours, instant, micros

WEEKS = 6
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DrawnDay:
    """A day from midnight, at the top, to midnight: its open spans in hours of 24."""

    day: date
    spans: list[tuple[float, float]]  # from, height
    words: str
    kind: str  # "", "holiday" or "differs"
    note: str
    is_past: bool
    is_today: bool


def drawn_weeks(
    calendar: Calendar, notes: Mapping[date, str], start: datetime, now: datetime
) -> list[list[DrawnDay]]:
    """Draw six weeks from the Monday before ``start`` on, in the zone the calendar has last."""
    zone = ZoneInfo(calendar.versions[-1][1].zone)
    today = start.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    names = _holiday_names(calendar, monday, monday + timedelta(weeks=WEEKS))
    days = [
        _drawn(calendar, monday + timedelta(days=place), zone, names, notes, now)
        for place in range(7 * WEEKS)
    ]
    return [days[place : place + 7] for place in range(0, 7 * WEEKS, 7)]


def _drawn(
    calendar: Calendar,
    day: date,
    zone: ZoneInfo,
    names: Mapping[tuple[Hours, date], str],
    notes: Mapping[date, str],
    now: datetime,
) -> DrawnDay:
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + _DAY, time(), zone)
    hours = hours_at(calendar, end)
    scale = 24 / (micros(end) - micros(begin))
    spans = [
        ((first - micros(begin)) * scale, (last - first) * scale)
        for first, last in calendar.spans(begin, end)
    ]
    differs = any(exceptional == day for exceptional, _ in hours.exceptions)
    holiday = names.get((hours, day), "")
    return DrawnDay(
        day=day,
        spans=[(round(top, 2), round(height, 2)) for top, height in spans],
        words=day_in_words(_minutes(calendar, begin, end, zone)),
        kind="differs" if differs else "holiday" if holiday else "",
        note=notes.get(day, "") if differs else holiday,
        is_past=end <= now,
        is_today=begin <= now < end,
    )


def hours_at(calendar: Calendar, before: datetime) -> Hours:
    """Give the hours that hold just before an instant."""
    first = calendar.versions[0][1]
    found = [hours for since, hours in calendar.versions if since < before]
    return found[-1] if found else first


def _holiday_names(calendar: Calendar, first: date, last: date) -> dict[tuple[Hours, date], str]:
    return {
        (hours, day): name
        for _, hours in calendar.versions[-3:]
        for day, name in holidays_between(hours.country, hours.subdivision, first, last)
    }


def _minutes(
    calendar: Calendar, begin: datetime, end: datetime, zone: ZoneInfo
) -> tuple[tuple[int, int], ...]:
    """Give the day's open spans as the clock on the wall shows them."""
    return tuple(
        (_face(instant(first), zone), _face(instant(last), zone) or 1440)
        for first, last in calendar.spans(begin, end)
    )


def _face(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.hour * 60 + local.minute
