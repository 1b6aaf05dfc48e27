"""The form of a calendar's hours: how it is filled, and how it is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict

from clients.models import CalendarVersion
from clients.rules.calendars import MOST_EXCEPTIONS, MOST_INTERVALS, OFFICE_WEEK, WEEKDAYS
from clients.rules.times import read_moment
from core.calendars import DAY_MINUTES, Day, Hours
from core.errors import InvalidInput

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
# A day at either end of time has no name in another time zone.
_YEARS = range(2000, 2101)
_TIMES = 3
_SPARE_ROWS = 2

Times = list[tuple[str, str]]


@dataclass(frozen=True)
class DayRow:
    """A day of the week, or one that differs, as it stands in the form."""

    name: str
    times: Times
    day: str = ""
    note: str = ""

    @property
    def more_are_used(self) -> bool:
        """Tell whether the day has more than the one time that is always shown."""
        return any(begin or end for begin, end in self.times[1:])


@dataclass(frozen=True)
class HoursForm:
    """What the form shows."""

    time_zone: str
    week: list[DayRow]
    exceptions: list[DayRow] = field(default_factory=list)
    country: str = ""
    subdivision: str = ""
    valid_from: str = ""
    name: str = ""


@dataclass(frozen=True)
class Draft:
    """What was read from the form."""

    hours: Hours
    notes: Mapping[date, str]


def empty_form(zone: str) -> HoursForm:
    """Give the form of a new calendar: office hours."""
    return HoursForm(zone, _week(OFFICE_WEEK), _spare(0))


def filled_form(version: CalendarVersion, today: date) -> HoursForm:
    """Give the form with a version's hours; days that are over are left out."""
    rows = [
        DayRow(name=f"ex{place}", times=_shown(tuple(intervals), 2), day=day, note=note)
        for place, (day, intervals, note) in enumerate(
            each for each in version.exceptions if each[0] >= today.isoformat()
        )
    ]
    return HoursForm(
        time_zone=version.time_zone,
        week=_week(version.hours.week),
        exceptions=rows + _spare(len(rows)),
        country=version.country,
        subdivision=version.subdivision,
    )


def typed_form(data: QueryDict) -> HoursForm:
    """Give the form as it was sent."""
    week = [
        DayRow(f"day{place}", _padded(_typed(data, f"day{place}"), _TIMES)) for place in range(7)
    ]
    rows = [
        DayRow(
            name=f"ex{place}",
            times=_padded(_typed(data, f"ex{old}"), 2),
            day=data.get(f"ex{old}_day", ""),
            note=data.get(f"ex{old}_note", ""),
        )
        for place, old in enumerate(old for old in _rows(data) if _is_used(data, old))
    ]
    return HoursForm(
        time_zone=data.get("time_zone", ""),
        week=week,
        exceptions=rows + _spare(len(rows)),
        country=data.get("country", ""),
        subdivision=data.get("subdivision", ""),
        valid_from=data.get("valid_from", ""),
        name=data.get("name", ""),
    )


def read_form(data: QueryDict) -> Draft:
    """Read the hours. Raises InvalidInput for what is no time or day."""
    exceptions: list[tuple[date, Day]] = []
    notes: dict[date, str] = {}
    for place in _rows(data):
        if not _is_used(data, place):
            continue
        day = _day(data.get(f"ex{place}_day", "").strip())
        exceptions.append((day, _times(data, f"ex{place}", f"{day:%-d %B %Y}", "exceptions")))
        notes[day] = data.get(f"ex{place}_note", "").strip()
    hours = Hours(
        zone=data.get("time_zone", ""),
        week=tuple(
            _times(data, f"day{place}", name, "week") for place, name in enumerate(WEEKDAYS)
        ),
        exceptions=tuple(exceptions),
        country=data.get("country", ""),
        subdivision=data.get("subdivision", ""),
    )
    return Draft(hours, notes)


def read_start(typed: str, zone: ZoneInfo) -> datetime | None:
    """Read from when on hours hold, in the viewer's zone; None for at once."""
    if not typed.strip():
        return None
    return read_moment(typed, zone, field="valid_from")


def _week(week: tuple[Day, ...]) -> list[DayRow]:
    return [DayRow(f"day{place}", _shown(day, _TIMES)) for place, day in enumerate(week)]


def _spare(begin: int) -> list[DayRow]:
    """Give empty rows for more days that differ."""
    end = min(begin + _SPARE_ROWS, MOST_EXCEPTIONS)
    return [DayRow(f"ex{place}", _padded([], 2)) for place in range(begin, end)]


def _shown(intervals: Day, least: int) -> Times:
    return _padded([(_face(begin), _face(end)) for begin, end in intervals], least)


def _face(minute: int) -> str:
    """Give a minute as a time field has it, which knows no 24:00."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _padded(times: Times, least: int) -> Times:
    return times + [("", "")] * (least - len(times))


def _typed(data: QueryDict, name: str) -> Times:
    pairs = zip(data.getlist(f"{name}_from"), data.getlist(f"{name}_to"), strict=False)
    return [(begin.strip(), end.strip()) for begin, end in pairs][: MOST_INTERVALS + 1]


def _rows(data: QueryDict) -> list[int]:
    """Name the rows of days that differ; one more than there may be, so that it is refused."""
    return [place for place in range(MOST_EXCEPTIONS + 1) if f"ex{place}_day" in data]


def _is_used(data: QueryDict, place: int) -> bool:
    words = (data.get(f"ex{place}_day", ""), data.get(f"ex{place}_note", ""))
    times = _typed(data, f"ex{place}")
    return any(word.strip() for word in words) or any(begin or end for begin, end in times)


def _times(data: QueryDict, name: str, said: str, field: str) -> Day:
    found = []
    for begin, end in _typed(data, name):
        if not begin and not end:
            continue
        first, last = _minute(begin, said, field), _minute(end, said, field)
        found.append((first, last or DAY_MINUTES))
    return tuple(sorted(found))


def _minute(typed: str, said: str, field: str) -> int:
    if not typed:
        raise InvalidInput(f"{said}: give both times, or neither.", field=field)
    read = _CLOCK.fullmatch(typed)
    minute = int(read[1]) * 60 + int(read[2]) if read and int(read[2]) < 60 else DAY_MINUTES + 1
    if minute > DAY_MINUTES:
        raise InvalidInput(f"{said}: give times such as 9:00 or 17:30.", field=field)
    return minute


def _day(typed: str) -> date:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise InvalidInput("Give the day that differs.", field="exceptions") from None
    if day.year not in _YEARS:
        raise InvalidInput("Give a day of this century.", field="exceptions")
    return day
