"""No process outlives the one that started it, even when that one is killed outright.

Then they are killed, too: nothing that was accepted depends on an orderly end, and an orphan that
takes its time would hold the port, or do work beside its successor.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send us a signal when our parent ends; a no-op outside Linux.

    ``parent`` is its process id, as it was known before we started: if it ended before we could
    ask, the signal is sent now.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), number)


def forks_die_with_us() -> None:
    """Have every process forked from this one, and theirs in turn, die with its parent."""
    parent = os.getpid()

    def follow() -> None:
        nonlocal parent
        die_with_parent(parent)
        parent = os.getpid()

    os.register_at_fork(after_in_child=follow)
