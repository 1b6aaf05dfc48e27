from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.rules.stops import closed_stops, stops_of

NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: int) -> datetime:
    return NOON + hours * HOUR


def test_stops_begin_and_end_once() -> None:
    moments = [(at(0), False), (at(1), True), (at(2), True), (at(3), False), (at(5), True)]
    assert stops_of(moments) == [(at(1), at(3)), (at(5), None)]


def test_a_stop_that_lasts_swallows_what_ends_within_it() -> None:
    assert closed_stops([(at(1), None), (at(2), at(3))]) == []
    assert closed_stops([(at(1), at(2)), (at(2), None)]) == []
    assert closed_stops([(at(1), at(2)), (at(3), None)]) == [(at(1), at(2))]


spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda s: (s[0], s[0] + s[1]))
)


@settings(max_examples=80)
@given(spans)
def test_joined_stops_cover_each_hour_once(stops: list[tuple[int, int]]) -> None:
    joined = closed_stops((at(begin), at(end)) for begin, end in stops)
    hours = {hour for begin, end in stops for hour in range(begin, end)}
    assert sum((end - start for start, end in joined), timedelta()) == len(hours) * HOUR
    assert all(end < start for (_, end), (start, _) in zip(joined, joined[1:], strict=False))
