from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.rules.queue.forward import Job, Worker, forecast
from tickets.rules.queue.lanes import Waiting, choose
from tickets.rules.queue.promising import NEVER, is_late, least_spare, try_out
from tickets.rules.queue.shifts import Shifts
from tickets.rules.queue.tokens import WEEK, Bucket
from tickets.rules.words import Priority

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# Four weeks of office hours from a Monday on.
OFFICE = Shifts.of(
    (day * DAY + 9 * HOUR, day * DAY + 17 * HOUR) for day in range(56) if day % 7 < 5
)
NINE = 9 * HOUR


def crew(count: int) -> tuple[Worker, ...]:
    return tuple(Worker(number, OFFICE, NINE) for number in range(1, count + 1))


@st.composite
def wishes(draw: st.DrawFn) -> list[Job]:
    """Tickets that ask to be promised, one after the other."""
    count = draw(st.integers(1, 12))
    return [
        Job(
            ticket=number,
            due=draw(st.integers(1, 20)) * DAY + 17 * HOUR,
            work=draw(st.integers(1, 40)) * 30 * MINUTE,
        )
        for number in range(1, count + 1)
    ]


def promised(asked: list[Job], workers: tuple[Worker, ...]) -> tuple[list[Job], list[Job]]:
    """Give what is promised of all that ask in turn, and what is refused."""
    kept: list[Job] = []
    refused: list[Job] = []
    for job in asked:
        if try_out(kept, workers, job).refused_for(job):
            refused.append(job)
        else:
            kept = sorted([*kept, job], key=lambda each: each.order)
    return kept, refused


@settings(max_examples=60)
@given(wishes(), st.integers(1, 3))
def test_what_is_promised_is_kept_and_what_is_refused_really_breaks(
    asked: list[Job], count: int
) -> None:
    workers = crew(count)
    kept: list[Job] = []
    for job in asked:
        trial = try_out(kept, workers, job)
        broken = trial.refused_for(job)
        with_it = sorted([*kept, job], key=lambda each: each.order)
        ends = forecast(with_it, workers)
        if broken is None:
            assert not any(is_late(each, ends[each.ticket]) for each in with_it)
            kept = with_it
        else:
            assert is_late(broken, ends[broken.ticket])
            before = forecast(kept, workers)
            assert broken.ticket == job.ticket or not is_late(broken, before[broken.ticket])


@settings(max_examples=40)
@given(wishes(), wishes(), st.integers(1, 3))
def test_promises_hold_in_a_replay_by_the_lanes(
    asked: list[Job], backlog: list[Job], count: int
) -> None:
    """Engineers take the next ticket whenever they are free, other work waiting beside."""
    workers = list(crew(count))
    kept, _ = promised(asked, tuple(workers))
    queue = [_waiting(job.ticket, 1, job.work, job.due) for job in kept]
    queue += [_waiting(100 + job.ticket, 2, job.work, None) for job in backlog]
    while queue:
        me = min(workers, key=lambda each: (each.free_at, each.engineer))
        now = OFFICE.next_open(me.free_at)
        if now is None:
            break
        workers = [replace(each, free_at=max(each.free_at, now)) for each in workers]
        seen = [_seen(each, now) for each in queue]
        choice = choose(seen, workers, me.engineer, {1: 0.0, 2: 0.0}, now)
        assert choice is not None
        done = OFFICE.finish(now, choice.ticket.work)
        due = choice.ticket.due
        assert due is None or (done is not None and done <= due)
        free = done if done is not None else NEVER
        workers = [
            replace(each, free_at=free) if each.engineer == me.engineer else each
            for each in workers
        ]
        queue = [each for each in queue if each.ticket != choice.ticket.ticket]
    assert not [each for each in queue if each.due is not None]


def _waiting(ticket: int, client: int, work: int, due: int | None) -> Waiting:
    return Waiting(ticket, client, Priority.P3, 1, 0.0, work, due)


def _seen(each: Waiting, now: int) -> Waiting:
    if each.due is None:
        return each
    return replace(each, slack=OFFICE.worked(each.due) - OFFICE.worked(now) - each.work)


@settings(max_examples=60)
@given(wishes(), st.integers(1, 3), st.integers(0, 60))
def test_work_that_fits_into_what_is_to_spare_makes_nothing_late(
    asked: list[Job], count: int, more: int
) -> None:
    workers = crew(count)
    kept, _ = promised(asked, workers)
    spare = least_spare(try_out(kept, workers), workers)
    beside = min(spare, more * 30 * MINUTE)
    done = OFFICE.finish(NINE, beside) if beside else NINE
    if done is None:
        return
    busy = (replace(workers[0], free_at=done), *workers[1:])
    ends = forecast(kept, busy)
    assert not any(is_late(job, ends[job.ticket]) for job in kept)


def test_a_p1_breaks_others_but_not_itself() -> None:
    workers = crew(1)
    tight = Job(1, 17 * HOUR, 8 * HOUR)
    urgent = Job(2, 17 * HOUR, HOUR, p1=True)
    trial = try_out([tight], workers, urgent)
    assert [job.ticket for job in trial.late] == [1]
    assert trial.refused_for(urgent) is None
    late = urgent._replace(work=9 * HOUR)
    assert try_out([tight], workers, late).refused_for(late) == late


def test_a_p1_nobody_promised_takes_time_and_is_never_late() -> None:
    workers = crew(1)
    unpromised = Job(1, NEVER, 7 * HOUR, p1=True)
    job = Job(2, 17 * HOUR, 2 * HOUR)
    assert try_out([unpromised], workers, job).refused_for(job) == job
    assert try_out([unpromised], workers).late == ()


def test_a_lost_promise_refuses_what_makes_it_later_only() -> None:
    workers = crew(1)
    lost = Job(1, 10 * HOUR, 2 * HOUR)
    after = Job(2, 17 * HOUR, HOUR)
    assert try_out([lost], workers, after).refused_for(after) is None
    before = Job(3, 10 * HOUR, HOUR // 2)
    assert try_out([lost], workers, before._replace(due=10 * HOUR - 1)).refused_for(before) == lost


def test_where_engineers_differ_nothing_is_to_spare() -> None:
    away = Shifts.of([(9 * HOUR, 10 * HOUR)])
    workers = (*crew(1), Worker(2, away, NINE))
    assert least_spare(try_out([], workers), workers) == 0
    assert least_spare(try_out([], crew(2)), crew(2)) > 0
    assert least_spare(try_out([], ()), ()) == 0


@settings(max_examples=80)
@given(
    st.lists(st.integers(0, WEEK), max_size=30),
    st.floats(0, 10, allow_nan=False),
    st.floats(0, 10, allow_nan=False),
)
def test_tokens_are_never_below_none_nor_given_faster_than_they_come(
    gaps: list[int], refill: float, burst: float
) -> None:
    most = refill + burst
    bucket, now, taken = Bucket(most, 0, refill, most), 0, 0
    for gap in gaps:
        now += gap
        assert 0 <= bucket.level(now) <= most
        if bucket.level(now) >= 1:
            bucket, taken = bucket.taken(now), taken + 1
        assert bucket.tokens >= 0
        assert taken <= most + refill * now / WEEK + 1e-6
