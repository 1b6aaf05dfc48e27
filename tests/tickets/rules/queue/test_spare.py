from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.tickets.rules.queue.workers import jobs, workers
from tickets.rules.queue.forward import Job, Worker, first_late, forecast
from tickets.rules.queue.promising import least_spare, try_out
from tickets.rules.queue.shifts import Shifts
from tickets.rules.queue.spare import fits


@settings(max_examples=60)
@given(jobs(), workers(alike=True), st.lists(st.integers(0, 12), min_size=4, max_size=4))
def test_starts_are_monotone_and_1_lipschitz_in_the_instants_people_become_free(
    queue: list[Job], people: list[Worker], more: list[int]
) -> None:
    shifts = people[0].shifts
    delay = dict(zip(range(4), more, strict=True))
    after = []
    for worker in people:
        at = shifts.at(shifts.worked(worker.free_at) + delay[worker.engineer])
        assume(at is not None)
        after.append(replace(worker, free_at=at or 0))
    before, later = forecast(queue, people), forecast(queue, after)
    for job in queue:
        one, two = before[job.ticket], later[job.ticket]
        if two is not None:
            assert one is not None
            assert 0 <= shifts.worked(two) - shifts.worked(one) <= max(more)


@settings(max_examples=60)
@given(jobs(), workers(alike=True), st.data())
def test_taking_a_job_out_of_the_order_makes_no_other_later(
    queue: list[Job], people: list[Worker], data: st.DataObject
) -> None:
    kept = [job for job in queue if data.draw(st.booleans())]
    before, after = forecast(queue, people), forecast(kept, people)
    for job in kept:
        end = before[job.ticket]
        if end is not None:
            assert (after[job.ticket] or 0) <= end


@settings(max_examples=60)
@given(jobs(), workers(alike=True), st.data())
def test_work_that_fits_breaks_no_promise_whatever_else_is_done_by_the_plan(
    queue: list[Job], people: list[Worker], data: st.DataObject
) -> None:
    """Follow a plan, now and then with work beside it, and now and then taking nothing."""
    assume(people[0].shifts.begins)
    shifts = people[0].shifts
    since = max(min(worker.free_at for worker in people), shifts.begins[0])
    people = [replace(worker, free_at=max(worker.free_at, since)) for worker in people]
    trial = try_out(queue, people)
    assume(first_late(queue, people) is None)
    spare, left, now = least_spare(trial, people), list(trial.jobs), since
    for what in data.draw(st.lists(st.sampled_from(["plan", "beside", "nothing"]), max_size=8)):
        people = [replace(worker, free_at=max(worker.free_at, now)) for worker in people]
        me = min(people, key=lambda worker: (worker.free_at, worker.engineer))
        start = shifts.next_open(me.free_at)
        if start is None:
            return
        now, work = start, data.draw(st.integers(1, 8))
        if what == "nothing":
            now += work
            continue
        if what == "plan" and left:
            work = left.pop(0).work
        elif fits(work, spare, shifts.worked(now) - shifts.worked(since)):
            spare -= work
        else:
            continue
        done = shifts.finish(now, work)
        if done is None:
            return
        people[me.engineer] = replace(me, free_at=done)
        if what == "beside":
            assert first_late(left, people) is None


def test_exactly_what_is_to_spare_fits_and_no_more() -> None:
    people = [Worker(1, Shifts.of([(0, 100)]), 0)]
    spare = least_spare(try_out([Job(1, 30, 10)], people), people)
    assert spare == 20
    assert fits(20, spare, 0)
    assert not fits(21, spare, 0)
    assert fits(15, spare, 5)
    assert not fits(16, spare, 5)


def test_a_clock_that_goes_back_gives_nothing_to_spare() -> None:
    assert not fits(21, 20, -5)


def test_where_people_are_not_alike_nothing_is_to_spare() -> None:
    day, other = Shifts.of([(0, 100)]), Shifts.of([(0, 90)])
    for people in (
        [Worker(1, day, 0), Worker(2, other, 0)],
        [Worker(1, day, 0), Worker(2, day, 0, frozenset({0}))],
        [],
    ):
        assert least_spare(try_out([Job(1, 30, 10)], people), people) == 0


def test_where_work_is_somebodys_only_one_alone_has_something_to_spare() -> None:
    day, own = Shifts.of([(0, 100)]), Job(1, 30, 10, only=1)
    for people, spare in (
        ([Worker(1, day, 0)], 20),
        ([Worker(2, day, 0)], 0),
        ([Worker(1, day, 0), Worker(2, day, 0)], 0),
    ):
        assert least_spare(try_out([own], people), people) == spare
