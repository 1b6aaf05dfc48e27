from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.rules.hours import add_business_minutes

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
    "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu",
)]  # fmt: skip


def slow_add(start: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """Walk minute by minute; an instant counts if its minute lies in office hours."""
    now = start.astimezone(UTC)
    left = minutes
    while True:
        local = now.astimezone(zone)
        works = local.weekday() < 5 and 9 <= local.hour < 17
        if left == 0 and (works or (local.hour == 17 and local.minute == 0 and minutes)):
            return now
        if works:
            left -= 1
        now += timedelta(minutes=1)


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - made aware below
    st.integers(1, 1500),
    st.sampled_from(ZONES),
)
def test_the_rule_agrees_with_walking_minute_by_minute(
    start: datetime, minutes: int, zone: ZoneInfo
) -> None:
    begin = start.replace(second=0, microsecond=0, tzinfo=UTC)
    assert add_business_minutes(begin, minutes, zone) == slow_add(begin, minutes, zone)


@settings(deadline=None)
@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - made aware below
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_more_minutes_never_end_sooner_and_add_up(start: datetime, one: int, more: int) -> None:
    begin = start.replace(tzinfo=UTC)
    middle = add_business_minutes(begin, one, BERLIN)
    assert begin <= middle <= add_business_minutes(begin, one + more, BERLIN)
    if one and more:
        whole = add_business_minutes(begin, one + more, BERLIN)
        assert add_business_minutes(middle, more, BERLIN) == whole


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        # Within a day; from before opening; over the night; over the week-end.
        ("2026-11-18T10:00", 60, "2026-11-18T11:00"),
        ("2026-11-18T03:00", 30, "2026-11-18T09:30"),
        ("2026-11-18T16:30", 60, "2026-11-19T09:30"),
        ("2026-11-20T16:00", 120, "2026-11-23T10:00"),
        ("2026-11-21T12:00", 1, "2026-11-23T09:01"),
        ("2026-11-18T16:00", 60, "2026-11-18T17:00"),
        ("2026-11-18T23:59", 480, "2026-11-19T17:00"),
        # Over both changes of the clock (29 March, 25 October 2026): still office hours.
        ("2026-03-27T16:00", 120, "2026-03-30T10:00"),
        ("2026-10-23T16:00", 120, "2026-10-26T10:00"),
    ],
)
def test_minutes_count_in_office_hours_of_berlin(start: str, minutes: int, end: str) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=BERLIN)
    got = add_business_minutes(begin, minutes, BERLIN)
    assert got.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M") == end


def test_no_minutes_in_office_hours_end_at_once_and_else_at_opening() -> None:
    during = datetime(2026, 11, 18, 10, 0, tzinfo=BERLIN)
    assert add_business_minutes(during, 0, BERLIN) == during
    saturday = datetime(2026, 11, 21, 10, 0, tzinfo=BERLIN)
    assert add_business_minutes(saturday, 0, BERLIN) <= datetime(2026, 11, 23, 9, tzinfo=BERLIN)


def test_negative_minutes_are_refused() -> None:
    with pytest.raises(ValueError):
        add_business_minutes(datetime(2026, 1, 1, tzinfo=UTC), -1, BERLIN)
