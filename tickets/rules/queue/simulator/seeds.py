"""Many runs, on as many cores as there are."""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context

from core.calendars import micros
from tickets.rules.queue.simulator.orders import ORDERS
from tickets.rules.queue.simulator.runs import Tally, simulate, tally_of
from tickets.rules.queue.simulator.synthetic import A_MONDAY, Synthetic

NOISY = 0


@dataclass(frozen=True)
class Result:
    """What became of the quiet clients' tickets, and of everybody's promises."""

    quiet: Tally = Tally()
    everybody: Tally = Tally()

    def __add__(self, other: "Result") -> "Result":
        """Add up two runs."""
        return Result(self.quiet + other.quiet, self.everybody + other.everybody)


Results = dict[tuple[float, str], Result]  # by factor and order
_Task = tuple[Synthetic, str, int]


def run_all(
    weeks: Synthetic,
    factors: Sequence[float],
    seeds: Sequence[int],
    *,
    orders: Sequence[str] = tuple(ORDERS),
    processes: int | None = None,
    tell: Callable[[], object] = lambda: None,
) -> Results:
    """Add up, by factor and order, what becomes of these weeks.

    ``tell`` is called at each run done. What comes out does not depend on the number of processes,
    one for each core unless given.
    """
    # The longest first, so that no core waits for another at the end.
    tasks: list[_Task] = [
        (replace(weeks, factor=factor), order, seed)
        for factor in sorted(set(factors), reverse=True)
        for order in orders
        for seed in seeds
    ]
    found: Results = {(factor, order): Result() for factor in factors for order in orders}

    def keep(task: _Task, result: Result) -> None:
        found[task[0].factor, task[1]] += result
        tell()

    if processes == 1:
        for task in tasks:
            keep(task, run_one(task))
        return found
    # Spawned, not forked: the caller may hold threads and database connections.
    with ProcessPoolExecutor(
        processes or os.cpu_count(), get_context("spawn"), initializer=_leave_stopping_to_parent
    ) as pool:
        running = {pool.submit(run_one, task): task for task in tasks}
        try:
            for done in as_completed(running):
                keep(running[done], done.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return found


def run_one(task: _Task) -> Result:
    """Run one seed by one order of work; tickets due after the last week do not count."""
    weeks, order, seed = task
    end = micros(A_MONDAY + timedelta(weeks=weeks.weeks))
    tickets = simulate(weeks.arrivals(seed), weeks.house, order, until=end)
    quiet = (each for each in tickets if each.arrival.client != NOISY)
    return Result(tally_of(quiet), tally_of(tickets))


def _leave_stopping_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
