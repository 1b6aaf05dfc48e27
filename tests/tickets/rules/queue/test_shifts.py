from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.rules.queue.workers import END, is_open, spans
from tickets.rules.queue.shifts import Shifts, Span

absences = st.lists(
    st.tuples(st.integers(0, END), st.integers(1, 15)).map(lambda each: (each[0], sum(each))),
    max_size=4,
)


@settings(max_examples=80)
@given(spans(), absences)
def test_absences_leave_what_they_do_not_cover(open_spans: list[Span], away: list[Span]) -> None:
    shifts = Shifts.of(open_spans, away)
    for unit in range(END + 20):
        covered = any(begin <= unit < end for begin, end in away)
        was_open = any(begin <= unit < end for begin, end in open_spans)
        assert is_open(shifts, unit) == (was_open and not covered)


@settings(max_examples=80)
@given(spans(), st.integers(-5, END + 5))
def test_open_time_is_that_of_counting_units(open_spans: list[Span], at: int) -> None:
    shifts = Shifts.of(open_spans)
    assert shifts.worked(at) == sum(is_open(shifts, unit) for unit in range(at))
    open_units = (unit for unit in range(at, END + 1) if is_open(shifts, unit))
    assert shifts.next_open(at) == next(open_units, None)


@settings(max_examples=80)
@given(spans(), st.integers(0, END), st.integers(1, 20))
def test_work_is_finished_when_as_many_open_units_passed(
    open_spans: list[Span], start: int, work: int
) -> None:
    shifts = Shifts.of(open_spans)
    done, left = start, work
    while left and done <= END:
        left -= is_open(shifts, done)
        done += 1
    assert shifts.finish(start, work) == (None if left else done)


def test_nobody_works_without_shifts() -> None:
    none = Shifts.of([])
    assert none.worked(5) == 0
    assert none.next_open(5) is None
    assert none.finish(5, 1) is None
    assert none.at(0) is None
