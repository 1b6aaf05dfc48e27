"""Business calendars: which minutes count, and arithmetic with them.

All instants are aware. A minute counts if the wall clock of the calendar's zone stands within one
of the day's intervals: an hour the clock skips counts nothing, one it repeats counts twice.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

Interval = tuple[int, int]  # minutes of the day: from, up to (not included), at most 1440
Day = tuple[Interval, ...]
Spans = list[tuple[int, int]]  # microseconds since 1970, in order, apart from one another

DAY_MINUTES = 1440
ALWAYS: Day = ((0, DAY_MINUTES),)
MINUTE = 60_000_000  # in microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_YEARS_AHEAD = 12
# A zone's new year begins up to 14 hours from that of UTC.
_A_DAY = 24 * 3600 * 1_000_000


class NeverOpen(ValueError):
    """The calendar has not so many open minutes within a dozen years."""


@dataclass(frozen=True)
class Hours:
    """One version of a calendar: a week, and the days that differ from it.

    ``week`` gives the intervals of each day, Monday first. ``exceptions`` are days with intervals
    of their own, none for a day that is closed; they stand above public holidays, which are closed
    in the country (ISO 3166-1 code, subdivision by ISO 3166-2) as the library ``holidays`` has
    them.
    """

    zone: str
    week: tuple[Day, ...]
    exceptions: tuple[tuple[date, Day], ...] = ()
    country: str = ""
    subdivision: str = ""

    def intervals_of(self, day: date) -> Day:
        """Give the day's intervals."""
        for exceptional, intervals in self.exceptions:
            if exceptional == day:
                return intervals
        if self.country and day in public_holidays(self.country, self.subdivision, day.year):
            return ()
        return self.week[day.weekday()]


@dataclass(frozen=True)
class Calendar:
    """A calendar through time: its versions, each valid from an instant on, the first from ever."""

    versions: tuple[tuple[datetime, Hours], ...]

    @classmethod
    def of(cls, hours: Hours) -> "Calendar":
        """Make a calendar of one version."""
        return cls(((_EPOCH, hours),))

    def day_of(self, at: datetime) -> date:
        """Give the day it is in the calendar's zone."""
        return at.astimezone(self.zone_at(at)).date()

    def zone_at(self, at: datetime) -> ZoneInfo:
        """Give the zone the calendar has at an instant."""
        return ZoneInfo(next(hours.zone for since, hours in reversed(self.versions) if since <= at))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Give the open time from ``start`` to ``end``; none if ``end`` is not later."""
        first, last = micros(start), micros(end)
        total = sum(
            _between(hours, max(first, since), min(last, until))
            for since, until, hours in self._pieces()
        )
        return timedelta(microseconds=total)

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """Give the whole open minutes from ``start`` to ``end``."""
        return int(self.between(start, end) / timedelta(minutes=1))

    def add(self, start: datetime, open_time: timedelta) -> datetime:
        """Give the first instant by which so much open time has passed since ``start``.

        Without any time to add it is ``start`` itself. Raises NeverOpen, ValueError for less than
        none.
        """
        left, at = open_time // _MICROSECOND, micros(start)
        if left < 0:
            raise ValueError("open time cannot be negative")
        if left == 0:
            return start.astimezone(UTC)
        for since, until, hours in self._pieces():
            if until <= at:
                continue
            found, left = _add(hours, max(at, since), until, left)
            if found is not None:
                return instant(found)
        raise NeverOpen

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """As ``add``, for minutes."""
        return self.add(start, timedelta(minutes=minutes))

    def next_open(self, start: datetime) -> datetime:
        """Give the first open instant from ``start`` on, itself included. Raises NeverOpen."""
        at = micros(start)
        for since, until, hours in self._pieces():
            if until > at:
                for begin, end in _spans_from(hours, max(at, since)):
                    if begin >= until:
                        break
                    if end > max(at, since):
                        return instant(max(begin, at, since))
        raise NeverOpen

    def spans(self, start: datetime, end: datetime) -> Spans:
        """Give the open spans from ``start`` to ``end``, in microseconds since 1970."""
        first, last = micros(start), micros(end)
        found: Spans = []
        for since, until, hours in self._pieces():
            low, high = max(first, since), min(last, until)
            for begin, close in _spans_from(hours, low) if low < high else ():
                if begin >= high:
                    break
                if close > low:
                    found.append((max(begin, low), min(close, high)))
        return found

    def is_open(self, at: datetime) -> bool:
        """Tell whether the instant lies in open time."""
        return self.next_open(at) == at

    def _pieces(self) -> Iterator[tuple[int, int, Hours]]:
        """Give each version with the span it is valid in."""
        starts = [micros(since) for since, _ in self.versions]
        starts[0] = micros(datetime.min.replace(tzinfo=UTC))
        ends = [*starts[1:], micros(datetime.max.replace(tzinfo=UTC))]
        for since, until, (_, hours) in zip(starts, ends, self.versions, strict=True):
            yield since, until, hours


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Give a year's public holidays."""
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


@dataclass(frozen=True)
class _Year:
    """A year's open spans in order, with the open time before each."""

    begins: list[int]
    ends: list[int]
    before: list[int]
    total: int

    def until(self, at: int) -> int:
        """Give the year's open time before the instant."""
        place = bisect_right(self.begins, at) - 1
        if place < 0:
            return 0
        return self.before[place] + min(at, self.ends[place]) - self.begins[place]


@lru_cache(maxsize=512)
def _year(hours: Hours, year: int) -> _Year:
    begins: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    total = 0
    for begin, end in _merged(_spans_of_year(hours, year)):
        begins.append(begin)
        ends.append(end)
        before.append(total)
        total += end - begin
    return _Year(begins, ends, before, total)


def _between(hours: Hours, start: int, end: int) -> int:
    if end <= start:
        return 0
    first, last = instant(start - _A_DAY).year, instant(end + _A_DAY).year
    found = 0
    for year in range(first, last + 1):
        known = _year(hours, year)
        found += known.until(end) - known.until(start)
    return found


def _add(hours: Hours, start: int, until: int, left: int) -> tuple[int | None, int]:
    """Give the instant, or what is left at ``until``."""
    begun = instant(start - _A_DAY).year
    for year in range(begun, begun + _YEARS_AHEAD):
        known = _year(hours, year)
        passed = known.until(start)
        available = known.until(until) - passed
        if available >= left:
            place = bisect_right(known.before, passed + left - 1) - 1
            return known.begins[place] + passed + left - known.before[place], 0
        left -= available
        if known.begins and known.begins[0] > until:
            break
    return None, left


def _spans_from(hours: Hours, start: int) -> Iterator[tuple[int, int]]:
    begun = instant(start - _A_DAY).year
    for year in range(begun, begun + _YEARS_AHEAD):
        known = _year(hours, year)
        place = max(0, bisect_right(known.begins, start) - 1)
        yield from zip(known.begins[place:], known.ends[place:], strict=True)


def _spans_of_year(hours: Hours, year: int) -> Iterator[tuple[int, int]]:
    zone = ZoneInfo(hours.zone)
    day = date(year, 1, 1)
    while day.year == year:
        yield from _spans_of_day(day, hours.intervals_of(day), zone)
        day += timedelta(days=1)


def _spans_of_day(day: date, intervals: Day, zone: ZoneInfo) -> Spans:
    if not intervals:
        return []
    midnight = datetime.combine(day, time(), UTC)  # the wall clock, written as if it were UTC
    spans: Spans = []
    for since, until, offset in _offsets(midnight, zone):
        base = micros(midnight - offset)
        for begin, end in intervals:
            first, last = max(base + begin * MINUTE, since), min(base + end * MINUTE, until)
            if first < last:
                spans.append((first, last))
    return sorted(spans)


def _offsets(midnight: datetime, zone: ZoneInfo) -> list[tuple[int, int, timedelta]]:
    """Give the zone's offsets around a day, each with the span it holds in."""
    edges = [midnight + timedelta(hours=hours) for hours in (-16, 12, 40)]
    changes = [edges[0]]
    for early, late in zip(edges, edges[1:], strict=False):
        if _offset(early, zone) != _offset(late, zone):
            changes.append(_change(early, late, zone))
    ends = [*changes[1:], edges[-1]]
    return [
        (micros(since), micros(until), _offset(since, zone))
        for since, until in zip(changes, ends, strict=True)
    ]


def _change(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """Give the instant from which on the later offset holds, to the second."""
    before = _offset(early, zone)
    low, high = 0, int((late - early).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(early + timedelta(seconds=middle), zone) == before:
            low = middle
        else:
            high = middle
    return early + timedelta(seconds=high)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _merged(spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join spans that touch: nights of a calendar that never closes."""
    last: tuple[int, int] | None = None
    for begin, end in spans:
        if last and begin <= last[1]:
            last = last[0], max(last[1], end)
        else:
            if last:
                yield last
            last = begin, end
    if last:
        yield last


def micros(at: datetime) -> int:
    """Give an instant as whole microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def instant(at: int) -> datetime:
    """Give the instant of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=at)
