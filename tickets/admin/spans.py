"""Absences as people write them, whole days first, and as a strip of the coming weeks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from core.calendars import Calendar
from core.errors import InvalidInput
from tickets.models import Absence

WEEKS = 6
SIDE = 10
# A day at either end of the calendar has no name in another time zone.
_YEARS = range(2000, 2100)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Box:
    """A day of the strip."""

    x: int
    state: str  # works, off, part, away
    day: date


@dataclass(frozen=True)
class Strip:
    """The coming weeks of one person, a box a day, with the Mondays named."""

    boxes: list[Box]
    mondays: list[tuple[int, date]]
    width: int = WEEKS * 7 * SIDE


def strip_of(calendar: Calendar, absences: Iterable[Absence], now: datetime, zone: tzinfo) -> Strip:
    """Draw six weeks from this Monday on, in the viewer's days."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    known = list(absences)
    boxes = [
        Box(place * SIDE, _state(calendar, known, day, zone), day)
        for place in range(7 * WEEKS)
        for day in [monday + timedelta(days=place)]
    ]
    return Strip(boxes, [(box.x, box.day) for box in boxes[::7]])


def _state(calendar: Calendar, absences: list[Absence], day: date, zone: tzinfo) -> str:
    begin, end = _midnight(day, zone), _midnight(day + _DAY, zone)
    open_time = calendar.between(begin, end)
    if not open_time:
        return "off"
    spans = [
        (max(begin, each.starts_at), min(end, each.ends_at))
        for each in absences
        if each.starts_at < end and each.ends_at > begin
    ]
    away = sum((calendar.between(*span) for span in spans), timedelta())
    if away >= open_time:
        return "away"
    return "part" if away else "works"


def read_span(data: Mapping[str, str], zone: tzinfo) -> tuple[datetime, datetime]:
    """Read an absence: whole days from the first to the last, or times on them.

    Without a last day it is the first one; without a time the day from its beginning or to its end.
    """
    first = _day(data, "first_day")
    last = _day(data, "last_day") if data.get("last_day", "").strip() else first
    begin, end = _clock(data, "from_time"), _clock(data, "to_time")
    starts_at = datetime.combine(first, begin, zone) if begin else _midnight(first, zone)
    ends_at = datetime.combine(last, end, zone) if end else _midnight(last + _DAY, zone)
    return starts_at, ends_at


def said_of(absence: Absence, now: datetime, zone: tzinfo) -> str:
    """Say when it is: whole days by their names, parts of days with their times."""
    first, last = absence.starts_at.astimezone(zone), absence.ends_at.astimezone(zone)
    years = {first.year, last.year} - {now.astimezone(zone).year}
    form = "%a %-d %b %Y" if years else "%a %-d %b"
    if first.time() == last.time() == time():
        days = [f"{day:{form}}" for day in (first.date(), last.date() - _DAY)]
        return days[0] if days[0] == days[1] else " to ".join(days)
    if first.date() == last.date():
        return f"{first:{form}}, {first:%H:%M} to {last:%H:%M}"
    return f"{first:{form} %H:%M} to {last:{form} %H:%M}"


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _day(data: Mapping[str, str], field: str) -> date:
    try:
        day = date.fromisoformat(data.get(field, "").strip())
    except ValueError:
        raise InvalidInput("Give the day as 2026-01-31.", field=field) from None
    if day.year not in _YEARS:
        raise InvalidInput("Give a day of this century.", field=field)
    return day


def _clock(data: Mapping[str, str], field: str) -> time | None:
    text = data.get(field, "").strip()
    if not text:
        return None
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        raise InvalidInput("Give the time as 14:30.", field=field) from None
    if clock.tzinfo is not None:
        raise InvalidInput("Give the time as 14:30.", field=field)
    return clock
