import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.rules.queue.tokens import WEEK, Bucket

HOUR = WEEK // 168
buckets = st.builds(
    Bucket,
    tokens=st.floats(0, 8),
    at=st.just(0),
    refill=st.integers(0, 80).map(lambda quarters: quarters / 4),
    most=st.floats(8, 16),
)


@settings(max_examples=80)
@given(buckets, st.lists(st.integers(0, 400), min_size=1, max_size=30).map(sorted))
def test_never_more_are_taken_than_were_there_and_came_back(
    bucket: Bucket, hours: list[int]
) -> None:
    first, taken = bucket, 0
    for hour in hours:
        while bucket.level(hour * HOUR) >= 1:
            bucket = bucket.taken(hour * HOUR)
            taken += 1
        assert bucket.level(hour * HOUR) <= first.most
    came_back = first.refill * hours[-1] / 168
    assert taken <= min(first.tokens, first.most) + came_back + 1e-6


@settings(max_examples=80)
@given(buckets, st.integers(0, 100))
def test_the_next_one_is_free_exactly_when_it_is_said(bucket: Bucket, hour: int) -> None:
    now = hour * HOUR
    free_at = bucket.next_at(now)
    if free_at is None:
        assert bucket.level(now + 10**6 * WEEK) < 1
    else:
        assert free_at >= now
        assert bucket.level(free_at) > 1 - 1e-6
        if free_at > now:
            assert bucket.level(max(now, free_at - HOUR // 10)) < 1


def test_a_bucket_in_debt_is_full_as_much_later() -> None:
    owing = Bucket(0.5, 0, 1, 8).charged(0)
    assert owing.level(WEEK // 2) == 0
    assert owing.next_at(0) == WEEK // 2 + WEEK + 1
    assert owing.charged(0).level(2 * WEEK) == 0.5
    assert Bucket(3, 0, 1, 8).charged(WEEK) == Bucket(3, WEEK, 1, 8)
    assert Bucket(0, 0, 0, 8).charged(WEEK).level(9 * WEEK) == 0


def test_a_bucket_never_holds_more_than_its_most() -> None:
    assert Bucket(8, 0, 4, 8).level(5 * WEEK) == 8
    assert Bucket(0, 0, 4, 8).level(5 * WEEK) == 8
    assert Bucket(0, 0, 4, 8).level(WEEK) == 4


def test_none_is_taken_where_none_is_free() -> None:
    with pytest.raises(ValueError, match="no token"):
        Bucket(0.9, 0, 0, 8).taken(WEEK)


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    assert Bucket(2, WEEK, 4, 8).level(0) == 2
