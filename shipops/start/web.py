"""The web server as make run starts it: granian, whose processes share the loaded application."""

import argparse
import gc
import multiprocessing
import time
from importlib import import_module
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from shipops.start.orphans import forks_die_with_us

_KILL_SECONDS = 10
_PAUSE_SECONDS = 0.2


class _Server(MPServer):
    """granian, which gives up when a process ends twice within seconds.

    An application that cannot load fails before the first fork, so that a process which ends
    again was ended by somebody, or by the kernel: it is replaced each time.
    """

    def _respawn_workers(self, *args: Any, **kwargs: Any) -> None:
        time.sleep(_PAUSE_SECONDS)  # one that ends each time must not keep the machine busy
        super()._respawn_workers(*args, **kwargs)
        self.respawned_wrks.clear()


def main() -> None:
    """Load the application, then serve it from so many processes."""
    parser = argparse.ArgumentParser(prog="python -m shipops.start.web")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--processes", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("application", nargs="?", default="shipops.wsgi:application")
    asked = parser.parse_args()
    _load(asked.application)
    forks_die_with_us()
    multiprocessing.set_start_method("fork", force=True)
    _Server(
        asked.application,
        address=asked.host,
        port=asked.port,
        interface=Interfaces.WSGI,
        workers=asked.processes,
        blocking_threads=asked.threads,
        http=HTTPModes.http1,
        websockets=False,
        log_access=False,  # addresses carry tokens (fix checks, invitations)
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=_KILL_SECONDS,
    ).serve()


def _load(application: str) -> None:
    """Load all of it before the processes fork, so that they share that memory.

    Frozen objects are not touched by the collector, which would copy their pages.
    """
    import_module(application.partition(":")[0])
    from django.db import connections
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
    connections.close_all()
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main()
