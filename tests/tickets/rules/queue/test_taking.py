from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.rules.queue.test_forward import slow_forecast
from tests.tickets.rules.queue.workers import jobs, workers
from tickets.rules.queue.forward import Job, Worker
from tickets.rules.queue.promising import NEVER
from tickets.rules.queue.taking import take_first


@settings(max_examples=80)
@given(jobs(), workers(), st.integers(1, 20), st.data())
def test_what_an_override_is_said_to_break_is_what_breaks(
    queue: list[Job], people: list[Worker], work: int, data: st.DataObject
) -> None:
    """Against walking unit by unit, with the engineer busy with the ticket first."""
    queue = sorted(queue, key=lambda job: job.order)
    me = data.draw(st.sampled_from(people))
    taken = data.draw(st.sampled_from([-1, *(job.ticket for job in queue)]))

    trial = take_first(queue, people, me.engineer, taken, work, now=0)

    done = me.shifts.finish(me.free_at, work)
    others = [job for job in queue if job.ticket != taken]
    busy = [replace(each, free_at=done) if done and each is me else each for each in people]
    after = slow_forecast(others, busy if done else [each for each in people if each is not me])
    before = slow_forecast(queue, people)
    ends = {**after, taken: done}
    broken = set()
    for job in queue:
        planned, end = before[job.ticket], ends[job.ticket]
        kept = end is not None and end <= max(job.due, planned or 0)
        if planned is not None and job.due < NEVER and not kept:
            broken.add(job.ticket)
    assert {job.ticket for job in trial.late} == broken
    assert all(trial.ends[ticket] == end for ticket, end in after.items())
