"""The forward simulation: who does what when, if committed work is done in due order.

List scheduling without preemption: an engineer who becomes free takes the first piece of work they
may take. The simulation is the plan that ``lanes.choose`` follows, so that what it promises is kept
while no P1, absence, override or estimate overrun occurs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import NamedTuple

from tickets.rules.queue.shifts import Shifts


class Job(NamedTuple):
    """A ticket as the simulation sees it: its due instant, the work left, who may do it.

    A tuple, for thousands are made for each simulation.
    """

    ticket: int
    due: int
    work: int
    p1: bool = False
    group: int = 0  # what an engineer may be limited to: equal for all whom the same may take
    only: int = 0  # the one engineer who may take it, being assigned to them

    @property
    def order(self) -> tuple[bool, int, int]:
        """P1 first, then by due instant, then by number."""
        return not self.p1, self.due, self.ticket


ORDER = attrgetter("order")


@dataclass(frozen=True)
class Worker:
    """An engineer: when they work, and when they are done with what they have in hand."""

    engineer: int
    shifts: Shifts
    free_at: int
    groups: frozenset[int] | None = None  # None: may take everything


Finish = tuple[Job, int | None]  # None: not within the known shifts


def may_take(worker: Worker, job: Job) -> bool:
    """Tell whether somebody may do a job."""
    if job.only and job.only != worker.engineer:
        return False
    return worker.groups is None or job.group in worker.groups


def first_late(jobs: Sequence[Job], workers: Sequence[Worker]) -> Job | None:
    """Give a job that would be late, or None if all would be done by their due instants.

    ``jobs`` stand in order.
    """
    late: list[Job] = []

    def look(job: Job, done: int | None) -> bool:
        if done is None or done > job.due:
            late.append(job)
            return False
        return True

    _run(jobs, workers, look)
    return late[0] if late else None


def forecast(jobs: Sequence[Job], workers: Sequence[Worker]) -> dict[int, int | None]:
    """Give when each ticket would be done. ``jobs`` stand in order."""
    ends: dict[int, int | None] = {}

    def keep(job: Job, done: int | None) -> bool:
        ends[job.ticket] = done
        return True

    _run(jobs, workers, keep)
    return ends


def _run(
    jobs: Sequence[Job], workers: Sequence[Worker], tell: Callable[[Job, int | None], bool]
) -> None:
    free = []
    for place, worker in enumerate(workers):
        start = worker.shifts.next_open(worker.free_at)
        if start is not None:
            free.append((start, worker.engineer, place))
    heapify(free)
    limited = any(worker.groups is not None for worker in workers) or any(job.only for job in jobs)
    taken = [False] * len(jobs) if limited else []
    heads = [0] * len(workers)
    head, left = 0, len(jobs)
    while free and left:
        start, engineer, place = heappop(free)
        worker = workers[place]
        if limited:
            head = heads[place]
            while head < len(jobs) and (taken[head] or not may_take(worker, jobs[head])):
                head += 1
            heads[place] = head
            if head == len(jobs):
                continue
            taken[head] = True
        job = jobs[head]
        head += 1
        left -= 1
        done = worker.shifts.finish(start, job.work)
        if not tell(job, done):
            return
        if done is not None:
            again = worker.shifts.next_open(done)
            if again is not None:
                heappush(free, (again, engineer, place))
    rest = (job for number, job in enumerate(jobs) if not taken[number]) if limited else jobs[head:]
    if left:
        for job in rest:
            if not tell(job, None):
                return
