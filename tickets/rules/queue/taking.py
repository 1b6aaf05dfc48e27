"""What becomes of all promises if somebody takes a ticket now, whatever is due before it."""

from collections.abc import Sequence
from dataclasses import replace

from tickets.rules.queue.forward import Job, Worker, forecast
from tickets.rules.queue.promising import Trial, is_late, is_worse


def take_first(
    jobs: Sequence[Job],
    workers: Sequence[Worker],
    engineer: int,
    ticket: int,
    work: int,
    now: int,
) -> Trial:
    """Simulate all promises with a ticket taken by an engineer before everything else.

    ``jobs`` are all as they are, in order, the ticket among them if it is promised. What would be
    late anyway is broken only if it becomes later still.
    """
    me = next(worker for worker in workers if worker.engineer == engineer)
    own = next((job for job in jobs if job.ticket == ticket), None)
    done = me.shifts.finish(max(now, me.free_at), work)
    # Who is not done within the known shifts takes nothing else.
    left = [each for each in workers if each is not me]
    after = left if done is None else [*left, replace(me, free_at=done)]
    rest = [job for job in jobs if job is not own]
    ends = forecast(rest, after)
    if own:
        ends[ticket] = done
    late = [job for job in jobs if is_late(job, ends[job.ticket])]
    if late:
        before = forecast(jobs, workers)
        late = [job for job in late if is_worse(job, ends, before.get(job.ticket))]
    return Trial(rest, ends, tuple(late))
