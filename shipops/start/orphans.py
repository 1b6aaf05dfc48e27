"""No process outlives the one that started it, even when that one is killed outright."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Have the kernel send us a signal when our parent ends; a no-op outside Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def forks_die_with_us() -> None:
    """Have every process forked from this one, and theirs in turn, die with its parent."""
    os.register_at_fork(after_in_child=lambda: die_with_parent(signal.SIGKILL))
