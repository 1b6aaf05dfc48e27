"""How long something takes, for tests that hold hostile input to a bound."""

import time
from collections.abc import Callable


def processor_seconds(work: Callable[[], object]) -> float:
    """Give the least processor time of three turns on this thread.

    Other tests share the machine and the process, and the collector may clear up after them in the
    middle of a turn: a bound is several times what a quiet machine needs, and what it is there to
    catch is a hundred times slower.
    """
    return min(_once(work) for _ in range(3))


def _once(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return time.thread_time() - begun
