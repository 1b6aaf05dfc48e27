"""May a due time be promised: does the forward simulation keep it, and every other promise?"""

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tickets.rules.queue.forward import ORDER, Job, Worker, forecast

# The due instant of what takes time before others, but is promised for no time: it is never late.
NEVER = 1 << 62
Ends = Mapping[int, int | None]


@dataclass(frozen=True)
class Trial:
    """What would become of all promises.

    ``late`` are those that would not be kept by as much as they would be without the change.
    """

    jobs: Sequence[Job]
    ends: Ends
    late: tuple[Job, ...]

    def refused_for(self, job: Job) -> Job | None:
        """Give the one for which the job cannot be promised: itself if it would be late, else the
        first that it makes late. A P1 is promised whatever it makes late.
        """
        own = next((each for each in self.late if each.ticket == job.ticket), None)
        if own or job.p1:
            return own
        return self.late[0] if self.late else None

    def with_own(self, job: Job, end: int) -> "Trial":
        """Give the trial with a job that somebody has in hand and ends at an instant."""
        late = (job, *self.late) if is_late(job, end) else self.late
        return Trial(self.jobs, {**self.ends, job.ticket: end}, late)


def try_out(
    jobs: Sequence[Job], workers: Sequence[Worker], *changed: Job, without: Iterable[int] = ()
) -> Trial:
    """Simulate all promises with some new or changed, and without some tickets.

    ``jobs`` are all as they are, in order. A promise that is lost already refuses only what would
    make it later still.
    """
    others = {*without, *(job.ticket for job in changed)}
    after = [job for job in jobs if job.ticket not in others]
    for job in changed:
        insort(after, job, key=ORDER)
    ends = forecast(after, workers)
    late = [job for job in after if is_late(job, ends[job.ticket])]
    if late:
        before = forecast(jobs, workers)
        new = {job.ticket: job for job in changed}
        late = [
            job for job in late if job.ticket in new or is_worse(job, ends, before.get(job.ticket))
        ]
    return Trial(after, ends, tuple(late))


def is_late(job: Job, end: int | None) -> bool:
    """Tell whether a job ends after it is due."""
    return job.due < NEVER and (end is None or end > job.due)


def least_spare(trial: Trial, workers: Sequence[Worker]) -> int:
    """Give by how much open time every promise could still slip; none if one is late already.

    All workers are alike: what one of them does beside the plan delays each start by at most its
    length (list scheduling in a fixed order). Where they are not, nothing is to spare.
    """
    if not workers or not alike(workers, trial.jobs):
        return 0
    shifts = workers[0].shifts
    spare = [
        shifts.worked(job.due) - shifts.worked(end) if (end := trial.ends[job.ticket]) else 0
        for job in trial.jobs
        if job.due < NEVER
    ]
    # Without any promise nothing holds anybody up: as much as the known shifts have.
    return max(0, min(spare, default=shifts.worked(NEVER)))


def alike(workers: Sequence[Worker], jobs: Iterable[Job] = ()) -> bool:
    """Tell whether all work at the same times on everything, no job being for one of them only."""
    one = workers[0]
    if len(workers) > 1 and any(job.only for job in jobs):
        return False
    if any(job.only not in (0, one.engineer) for job in jobs):
        return False
    return all(worker.groups is None and worker.shifts == one.shifts for worker in workers)


def is_worse(job: Job, ends: Ends, before: int | None) -> bool:
    """Tell whether a late job ends later than it would have anyway."""
    end = ends[job.ticket]
    return before is not None and (end is None or end > max(before, job.due))
