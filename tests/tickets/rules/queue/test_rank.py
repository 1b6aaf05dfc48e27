from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendars import Calendar, Hours
from tickets.rules.queue.lanes import Waiting
from tickets.rules.queue.rank import business_days, crowd, rank_of, score_of
from tickets.rules.words import Priority

priorities = st.sampled_from(list(Priority))
days = st.floats(0, 500)
OFFICE = Calendar.of(Hours("UTC", (((540, 1020),),) * 5 + ((),) * 2))


@settings(max_examples=80)
@given(priorities, st.integers(0, 30), days, days)
def test_the_stored_rank_gives_the_score_of_any_instant(
    priority: Priority, reach: int, received: float, later: float
) -> None:
    score = score_of(rank_of(priority, reach, received), received + later)
    waiting = Waiting(1, 1, priority, reach, later, work=1)
    assert abs(score - waiting.score) < 1e-6


@settings(max_examples=80)
@given(priorities, st.integers(1, 30), days)
def test_more_severity_reach_or_age_never_lowers_the_rank(
    priority: Priority, reach: int, received: float
) -> None:
    rank = rank_of(priority, reach, received)
    assert rank_of(priority, reach + 1, received) >= rank
    assert rank_of(priority, reach, received - 1) > rank
    for higher in [each for each in Priority if each < priority]:
        assert rank_of(higher, reach, received) > rank


def test_five_people_count_three_times_and_no_more_help() -> None:
    assert [crowd(reach) for reach in (0, 1, 2, 3, 4, 5, 6, 99)] == [1, 1, 1.5, 2, 2.5, 3, 3, 3]


def test_forty_times_one_and_a_half_plus_two_days_is_68() -> None:
    assert score_of(rank_of(Priority.P2, 2, 10), 12) == 68


def test_a_business_day_is_eight_open_hours() -> None:
    monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
    day = business_days(OFFICE, monday + timedelta(hours=4)) - business_days(OFFICE, monday)
    assert day == 0.5
    weekend = business_days(OFFICE, monday) - business_days(OFFICE, monday - timedelta(days=2))
    assert weekend == 0


def test_days_before_the_count_begins_are_negative_and_in_order() -> None:
    old, older = datetime(2019, 6, 3, 12, tzinfo=UTC), datetime(2018, 6, 4, 12, tzinfo=UTC)
    assert business_days(OFFICE, older) < business_days(OFFICE, old) < 0
