"""What a calendar may be, and how it reads."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby, pairwise

from clients.rules.public_holidays import countries, subdivisions
from core.calendars import ALWAYS, DAY_MINUTES, Day, Hours
from core.errors import InvalidInput
from core.text import is_blank

OFFICE_HOURS = "Office hours"
AROUND_THE_CLOCK = "Around the clock"
OFFICE_DAY: Day = ((9 * 60, 17 * 60),)
OFFICE_WEEK: tuple[Day, ...] = (OFFICE_DAY,) * 5 + ((),) * 2
OPEN_WEEK: tuple[Day, ...] = (ALWAYS,) * 7

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_INTERVALS = 6
MOST_EXCEPTIONS = 100
MOST_NOTE = 80
# The longest target, a year of office hours, still comes to an end within the years that are
# looked ahead.
LEAST_WEEK_MINUTES = 8 * 60
_YEARS = range(2000, 2101)


def office_hours(zone: str) -> Hours:
    """Give Monday to Friday, 9:00 to 17:00, of a time zone."""
    return Hours(zone=zone, week=OFFICE_WEEK)


def as_lists(week: tuple[Day, ...]) -> list[list[list[int]]]:
    """Give a week as it is stored."""
    return [[[begin, end] for begin, end in day] for day in week]


def check_hours(hours: Hours, notes: Mapping[date, str]) -> None:
    """Raises InvalidInput, naming the field, unless time can be counted by these hours.

    ``notes`` say what the days that differ are for. The zone stands with those who know which
    there are.
    """
    if len(hours.week) != len(WEEKDAYS):
        raise InvalidInput("A week has seven days.", field="week")
    for name, intervals in zip(WEEKDAYS, hours.week, strict=True):
        _check_day(name, intervals, "week")
    open_minutes = sum(end - begin for intervals in hours.week for begin, end in intervals)
    if open_minutes < LEAST_WEEK_MINUTES:
        raise InvalidInput("Open at least 8 hours a week.", field="week")
    _check_exceptions(hours, notes)
    _check_country(hours)


def _check_exceptions(hours: Hours, notes: Mapping[date, str]) -> None:
    if len(hours.exceptions) > MOST_EXCEPTIONS:
        raise InvalidInput(f"At most {MOST_EXCEPTIONS} days that differ.", field="exceptions")
    seen = set()
    for day, intervals in hours.exceptions:
        if day.year not in _YEARS:
            raise InvalidInput("Give a day of this century.", field="exceptions")
        if day in seen:
            raise InvalidInput(f"{day:%-d %B %Y} stands there twice.", field="exceptions")
        seen.add(day)
        _check_day(f"{day:%-d %B %Y}", intervals, "exceptions")
        note = notes.get(day, "")
        if len(note) > MOST_NOTE or not note.isprintable() or (note and is_blank(note)):
            raise InvalidInput(
                f"{day:%-d %B %Y}: at most {MOST_NOTE} characters, in one line.", field="exceptions"
            )


def _check_country(hours: Hours) -> None:
    if hours.country and hours.country not in countries():
        raise InvalidInput("Choose a country of the list.", field="country")
    if hours.subdivision and hours.subdivision not in subdivisions(hours.country):
        raise InvalidInput("Choose a part of this country.", field="subdivision")


def _check_day(name: str, intervals: Day, field: str) -> None:
    if len(intervals) > MOST_INTERVALS:
        raise InvalidInput(f"{name}: at most {MOST_INTERVALS} times a day.", field=field)
    for begin, end in intervals:
        if not 0 <= begin < end <= DAY_MINUTES:
            raise InvalidInput(
                f"{name}: {clock(begin)} to {clock(end)} ends before it begins.", field=field
            )
    for (_, end), (begin, _) in pairwise(sorted(intervals)):
        if begin < end:
            raise InvalidInput(
                f"{name}: {clock(begin)} lies in the time before, which ends at {clock(end)}.",
                field=field,
            )


def clock(minute: int) -> str:
    """Say a minute of the day: "9:00"; midnight at the day's end is "24:00"."""
    return f"{minute // 60}:{minute % 60:02d}"


def day_in_words(intervals: Day) -> str:
    """Say when a day is open: "9:00–12:00, 13:00–17:00", "all day", "closed"."""
    if intervals == ALWAYS:
        return "all day"
    return ", ".join(f"{clock(begin)}–{clock(end)}" for begin, end in intervals) or "closed"


def week_in_words(week: tuple[Day, ...]) -> str:
    """Say a week: "Mon–Fri 9:00–17:00, Sat 10:00–14:00"; days that are closed are left out."""
    if week == OPEN_WEEK:
        return "around the clock"
    said = []
    place = 0
    for intervals, days in groupby(week):
        first, place = place, place + len(list(days))
        name = WEEKDAYS[first][:3]
        if place - first > 1:
            name += f"–{WEEKDAYS[place - 1][:3]}"
        if intervals:
            said.append(f"{name} {day_in_words(intervals)}")
    return "; ".join(said)
