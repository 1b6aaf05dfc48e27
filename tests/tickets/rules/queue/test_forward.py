from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.rules.queue.workers import END, is_open, jobs, workers
from tickets.rules.queue.forward import Job, Worker, first_late, forecast


def may_do(worker: Worker, job: Job) -> bool:
    in_group = worker.groups is None or job.group in worker.groups
    return in_group and job.only in (0, worker.engineer)


def slow_forecast(queue: list[Job], people: list[Worker]) -> dict[int, int | None]:
    """Walk unit by unit: who is there and has nothing in hand takes the first they may take."""
    left = list(queue)
    in_hand: dict[int, tuple[Job, int]] = {}
    ends: dict[int, int | None] = {job.ticket: None for job in queue}
    for unit in range(END + 1):
        for worker in people:
            if unit < worker.free_at or not is_open(worker.shifts, unit):
                continue
            if worker.engineer not in in_hand:
                job = next((job for job in left if may_do(worker, job)), None)
                if job is None:
                    continue
                left.remove(job)
                in_hand[worker.engineer] = job, job.work
            job, rest = in_hand.pop(worker.engineer)
            if rest > 1:
                in_hand[worker.engineer] = job, rest - 1
            else:
                ends[job.ticket] = unit + 1
    return ends


@settings(max_examples=60)
@given(jobs(groups=2, assignees=3), workers(groups=2))
def test_the_simulation_is_that_of_walking_unit_by_unit(
    queue: list[Job], people: list[Worker]
) -> None:
    assert forecast(queue, people) == slow_forecast(queue, people)


@settings(max_examples=60)
@given(jobs(), workers())
def test_it_is_so_too_where_nobody_is_limited(queue: list[Job], people: list[Worker]) -> None:
    assert forecast(queue, people) == slow_forecast(queue, people)


@settings(max_examples=60)
@given(jobs(assignees=2), workers())
def test_it_is_so_too_where_only_tickets_are_assigned(
    queue: list[Job], people: list[Worker]
) -> None:
    assert forecast(queue, people) == slow_forecast(queue, people)


@settings(max_examples=60)
@given(jobs(groups=1), workers(groups=1))
def test_a_late_job_is_found_exactly_where_one_ends_after_it_is_due(
    queue: list[Job], people: list[Worker]
) -> None:
    ends = forecast(queue, people)
    late = [job for job in queue if (end := ends[job.ticket]) is None or end > job.due]
    found = first_late(queue, people)
    assert (found in late) if late else found is None


@settings(max_examples=60)
@given(jobs(), workers(), st.randoms())
def test_the_order_is_p1_then_due_then_number_however_they_come(
    queue: list[Job], people: list[Worker], chance: object
) -> None:
    chance.shuffle(mixed := list(queue))  # type: ignore[attr-defined]
    assert sorted(mixed, key=lambda job: job.order) == queue
    assert all(
        (one.p1, -one.due, -one.ticket) > (two.p1, -two.due, -two.ticket)
        for one, two in zip(queue, queue[1:], strict=False)
    )
