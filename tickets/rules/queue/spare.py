"""Work out of order that cannot make a promise late, told without a simulation."""

from collections.abc import Sequence

from tickets.rules.queue.forward import Worker
from tickets.rules.queue.promising import alike


def fits(spare: int, since: int, work: int, workers: Sequence[Worker], now: int) -> bool:
    """Tell whether every promise holds if somebody does ``work`` beside the plan from ``now`` on.

    ``spare`` is ``least_spare`` of the simulation at ``since``, less all work that was since begun
    beside its plan. False means that only a simulation tells: workers who are not alike, an instant
    their shifts do not know.

    List scheduling in a fixed order gives the next job to whoever is free first. With workers
    alike, count all instants in their open time: the next start is the least of the instants at
    which they become free, and moves that worker's instant by the length of the job. Both the least
    and the sorted instants after it are monotone and 1-Lipschitz (in the greatest difference) in
    what they were before, so if every worker becomes free at most ``d`` later than in the
    simulation, no job starts more than ``d`` later. Taking a job out of the order never makes
    another later. What is done beside the plan makes one worker later by its length; time in which
    nobody took anything makes each later by at most the open time that passed.
    """
    if not workers or not alike(workers):
        return False
    shifts = workers[0].shifts
    if not shifts.begins or not shifts.begins[0] <= since <= now:
        return False
    passed = shifts.worked(now) - shifts.worked(since)
    return work <= spare - passed
