from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.calendars import ALWAYS, Calendar, Day, Hours, NeverOpen, instant, micros

OFFICE: Day = ((540, 1020),)
SPLIT: Day = ((480, 720), (780, 1080))
WEEK = (OFFICE,) * 5 + ((), ())
# Zones that change by an hour, by half an hour, at midnight, far from UTC, and over the date line.
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
    "Pacific/Kiritimati", "America/St_Johns", "Asia/Beirut", "Africa/Casablanca",
    "America/Asuncion",
]  # fmt: skip


def hours(zone: str = "Europe/Berlin", week: tuple[Day, ...] = WEEK, **more: object) -> Hours:
    return Hours(zone, week, **more)  # type: ignore[arg-type]


def slow_is_open(calendar: Calendar, minute: datetime) -> bool:
    """Look at the wall clock."""
    valid = [hours for since, hours in calendar.versions[1:] if since <= minute]
    version = valid[-1] if valid else calendar.versions[0][1]
    local = minute.astimezone(ZoneInfo(version.zone))
    at = local.hour * 60 + local.minute
    return any(begin <= at < end for begin, end in version.intervals_of(local.date()))


def slow_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Walk minute by minute."""
    count = 0
    while start < end:
        count += slow_is_open(calendar, start)
        start += timedelta(minutes=1)
    return count


@st.composite
def days(draw: st.DrawFn) -> Day:
    edges = draw(st.lists(st.integers(0, 48), unique=True, max_size=6).map(sorted))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple((begin * 30, end * 30) for begin, end in pairs)


@st.composite
def versions(draw: st.DrawFn) -> Hours:
    around = st.dates(date(2026, 1, 1), date(2026, 12, 31))
    exceptions = draw(st.dictionaries(around, days(), max_size=4))
    return Hours(
        zone=draw(st.sampled_from(ZONES)),
        week=tuple(draw(st.lists(days(), min_size=7, max_size=7))),
        exceptions=tuple(sorted(exceptions.items())),
        country=draw(st.sampled_from(["", "DE", "US"])),
    )


instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)).map(  # noqa: DTZ001
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    first = draw(versions())
    if not draw(st.booleans()):
        return Calendar.of(first)
    return Calendar(((datetime(1970, 1, 1, tzinfo=UTC), first), (draw(instants), draw(versions()))))


@settings(max_examples=30)
@given(calendars(), instants, st.integers(0, 4 * 1440))
def test_minutes_between_are_those_of_the_wall_clock(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    end = start + timedelta(minutes=minutes)
    assert calendar.minutes_between(start, end) == slow_between(calendar, start, end)


@settings(max_examples=30)
@given(st.sampled_from(ZONES), days(), st.integers(-1440, 1440), st.sampled_from([3, 4, 10, 11]))
def test_no_minute_is_lost_where_the_clock_changes(
    zone: str, day: Day, shift: int, month: int
) -> None:
    calendar = Calendar.of(hours(zone, (day,) * 7))
    for number in (1, 5, 25, 29):
        start = datetime(2026, month, number, tzinfo=UTC) + timedelta(minutes=shift)
        end = start + timedelta(days=1)
        assert calendar.minutes_between(start, end) == slow_between(calendar, start, end)


@settings(max_examples=30)
@given(calendars(), instants, st.integers(1, 3000))
def test_adding_ends_at_the_first_instant_with_so_many_minutes(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    try:
        end = calendar.add_minutes(start, minutes)
    except NeverOpen:
        assume(False)
    assert calendar.minutes_between(start, end) == minutes
    assert calendar.minutes_between(start, end - timedelta(microseconds=1)) == minutes - 1


@given(calendars(), instants)
def test_the_next_open_instant_is_open_and_nothing_before_it(
    calendar: Calendar, start: datetime
) -> None:
    try:
        found = calendar.next_open(start)
    except NeverOpen:
        assume(False)
    assert found >= start
    assert slow_is_open(calendar, found)
    assert calendar.between(start, found) == timedelta()
    assert calendar.is_open(start) == slow_is_open(calendar, start) == (found == start)


@given(calendars(), instants, st.lists(st.integers(0, 10**10), min_size=3, max_size=3))
def test_open_time_adds_up_to_the_microsecond(
    calendar: Calendar, start: datetime, steps: list[int]
) -> None:
    a, b, c = (start + timedelta(microseconds=step) for step in sorted(steps))
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert calendar.between(c, a) == timedelta()


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        # Within a day; from before opening; over the night, the week-end, the end of the day.
        ("2026-11-18T10:00", 60, "2026-11-18T11:00"),
        ("2026-11-18T03:00", 30, "2026-11-18T09:30"),
        ("2026-11-18T16:30", 60, "2026-11-19T09:30"),
        ("2026-11-20T16:00", 120, "2026-11-23T10:00"),
        ("2026-11-21T12:00", 1, "2026-11-23T09:01"),
        ("2026-11-18T16:00", 60, "2026-11-18T17:00"),
        # Over both changes of the clock, a public holiday, New Year, and a leap day.
        ("2026-03-27T16:00", 120, "2026-03-30T10:00"),
        ("2026-10-23T16:00", 120, "2026-10-26T10:00"),
        ("2026-04-30T16:00", 120, "2026-05-04T10:00"),
        ("2026-12-31T16:00", 120, "2027-01-04T10:00"),
        ("2028-02-28T16:00", 120, "2028-02-29T10:00"),
    ],
)
def test_minutes_count_in_office_hours(start: str, minutes: int, end: str) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    calendar = Calendar.of(hours(country="DE"))
    found = calendar.add_minutes(datetime.fromisoformat(start).replace(tzinfo=berlin), minutes)
    assert found.astimezone(berlin).strftime("%Y-%m-%dT%H:%M") == end


def test_a_skipped_hour_counts_nothing_and_a_repeated_one_twice() -> None:
    night = Calendar.of(hours(week=(((60, 240),),) * 7))  # 1:00 to 4:00
    for month, day, minutes in ((3, 29, 120), (10, 25, 240), (11, 1, 180)):
        start = datetime(2026, month, day, tzinfo=ZoneInfo("Europe/Berlin"))
        assert night.minutes_between(start, start + timedelta(days=1)) == minutes


def test_a_calendar_that_never_closes_is_the_clock_itself() -> None:
    calendar = Calendar.of(hours(week=(ALWAYS,) * 7))
    start = datetime(2026, 3, 1, 12, 34, 56, 789, tzinfo=UTC)
    assert calendar.add_minutes(start, 525_600) == start + timedelta(days=365)
    assert calendar.next_open(start) == start


def test_an_exception_stands_above_a_holiday_and_may_open_half_a_day() -> None:
    labour_day = date(2026, 5, 1)
    half = Calendar.of(hours(country="DE", exceptions=((labour_day, ((540, 720),)),)))
    start = datetime(2026, 5, 1, tzinfo=UTC)
    assert half.minutes_between(start, start + timedelta(days=1)) == 180
    assert Calendar.of(hours(country="DE")).minutes_between(start, start + timedelta(days=1)) == 0


def test_holidays_of_a_part_of_a_country_differ() -> None:
    ascension = datetime(2026, 1, 6, tzinfo=UTC)  # Epiphany, in Bavaria
    whole, bavaria = hours(country="DE"), hours(country="DE", subdivision="BY")
    after = ascension + timedelta(days=1)
    assert Calendar.of(whole).minutes_between(ascension, after) == 480
    assert Calendar.of(bavaria).minutes_between(ascension, after) == 0


def test_a_version_counts_from_its_instant_on() -> None:
    noon = datetime(2026, 11, 18, 11, tzinfo=UTC)  # 12:00 in Berlin
    shorter = hours(week=(((540, 900),),) * 5 + ((), ()))
    calendar = Calendar(((datetime(1970, 1, 1, tzinfo=UTC), hours()), (noon, shorter)))
    day = datetime(2026, 11, 18, tzinfo=UTC)
    assert calendar.minutes_between(day, day + timedelta(days=1)) == 360
    assert calendar.add_minutes(day, 360) == datetime(2026, 11, 18, 14, tzinfo=UTC)
    assert calendar.add_minutes(day, 361) == datetime(2026, 11, 19, 8, 1, tzinfo=UTC)


def test_no_minutes_end_at_once_and_negative_ones_are_refused() -> None:
    calendar = Calendar.of(hours())
    saturday = datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert calendar.add_minutes(saturday, 0) == saturday
    with pytest.raises(ValueError):
        calendar.add_minutes(saturday, -1)


def test_a_calendar_without_hours_never_opens() -> None:
    closed = Calendar.of(hours(week=((),) * 7))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(NeverOpen):
        closed.next_open(start)
    with pytest.raises(NeverOpen):
        closed.add_minutes(start, 1)
    assert closed.minutes_between(start, start + timedelta(days=999)) == 0


@settings(max_examples=50)
@given(calendars(), instants, st.integers(0, 60 * 1440))
def test_the_spans_of_a_time_are_all_of_its_open_time(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    end = start + timedelta(minutes=minutes)
    spans = calendar.spans(start, end)
    assert spans == sorted(spans)
    assert all(begin < close for begin, close in spans)
    assert sum(close - begin for begin, close in spans) == calendar.between(
        start, end
    ) // timedelta(microseconds=1)
    assert all(calendar.is_open(instant(begin)) for begin, _ in spans)
    assert not spans or micros(start) <= spans[0][0] < spans[-1][1] <= micros(end)
