"""Moments and distances in plain words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.rules.times import (
    describe_business_time,
    describe_distance,
    describe_hours,
    describe_moment,
    describe_open_time,
    read_moment,
)
from core.errors import InvalidInput

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW.replace(hour=14, minute=30), "today at 14:30"),
        (NOW - timedelta(hours=11), "yesterday at 23:00"),
        (NOW + timedelta(days=1), "tomorrow at 10:00"),
        (NOW + timedelta(days=12), "Mon 16 Mar at 10:00"),
        (NOW - timedelta(days=90), "4 Dec 2025 at 10:00"),
    ],
)
def test_a_moment_is_named_as_seen_from_now(moment: datetime, words: str) -> None:
    assert describe_moment(moment, NOW) == words


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=30), "in a moment"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(minutes=-119), "1 hour ago"),
        (timedelta(hours=2), "in 2 hours"),
        (timedelta(days=-1), "1 day ago"),
        (timedelta(days=13, hours=23), "in 13 days"),
        (timedelta(days=-15), "2 weeks ago"),
        (timedelta(days=-61), "2 months ago"),
        (timedelta(days=-400), "1 year ago"),
    ],
)
def test_a_distance_is_said_in_its_largest_fitting_unit(distance: timedelta, words: str) -> None:
    assert describe_distance(NOW + distance, NOW) == words


@given(st.timedeltas(min_value=timedelta(days=-4000), max_value=timedelta(days=4000)))
def test_every_distance_points_the_right_way_with_a_correct_plural(distance: timedelta) -> None:
    words = describe_distance(NOW + distance, NOW)
    if words not in {"just now", "in a moment"}:
        assert words.startswith("in ") == (distance > timedelta())
        count, unit = words.removeprefix("in ").removesuffix(" ago").split()
        assert unit.endswith("s") == (int(count) != 1)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 min"),
        (15, "15 min"),
        (60, "1 h"),
        (90, "1 h 30 min"),
        (240, "4 h"),
        (480, "1 day"),
        (720, "1 day 4 h"),
        (960, "2 days"),
        (4800, "10 days"),
    ],
)
def test_business_time_is_said_in_working_days_hours_and_minutes(minutes: int, words: str) -> None:
    assert describe_business_time(minutes) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 h"), (45, "45 min"), (60, "1 h"), (100, "1.7 h"), (1199, "20 h"), (75_000, "1,250 h")],
)
def test_work_is_said_in_hours(minutes: int, words: str) -> None:
    assert describe_hours(minutes) == words


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 min"), (59, "59 min"), (77, "1 h 17 min"), (4800, "80 h")]
)
def test_open_time_counts_no_days(minutes: int, words: str) -> None:
    assert describe_open_time(minutes) == words


@pytest.mark.parametrize(
    ("typed", "hour"),
    [
        ("2026-03-04T11:30", 10),
        (" 2026-03-04T11:30+05:30 ", 6),
        # More than PostgreSQL takes.
        ("2026-03-04T11:30-23:59", 35),
    ],
)
def test_a_typed_moment_is_one_of_the_viewer_s_zone_or_of_its_own(typed: str, hour: int) -> None:
    moment = read_moment(typed, ZoneInfo("Europe/Berlin"), field="at")
    assert moment.tzinfo is UTC
    assert (moment - datetime(2026, 3, 4, tzinfo=UTC)) // timedelta(hours=1) == hour


@pytest.mark.parametrize(
    "typed", ["", "soon", "2026-13-01T10:00", "1026-03-04T10:00", "9999-12-31"]
)
def test_what_is_no_moment_of_this_century_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        read_moment(typed, UTC, field="at")
