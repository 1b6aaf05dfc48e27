"""How long something takes, and days that are to come whenever the tests run."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


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


def coming_tuesday(*, hour: int) -> datetime:
    """Give the hour (UTC) of the first Tuesday that is two days off at least."""
    soon = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    soon += timedelta(days=2)
    return soon + timedelta(days=(1 - soon.weekday()) % 7)
