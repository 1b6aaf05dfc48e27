"""Web and worker side by side: they start together, stop together, and leave nobody behind."""

import http.client
import os
import shlex
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from honcho import manager as honcho_manager
from honcho.manager import Manager
from honcho.process import Popen, Process

from shipops.start.orphans import die_with_parent

# How long the rest may take to finish its work once one has stopped, before it is killed.
honcho_manager.KILL_WAIT = 20
_READY_SECONDS = 60


def web_command(*, host: str, port: int, processes: int, threads: int) -> str:
    """Give the command of the web server."""
    return _python(
        *("-m", "shipops.start.web", "--host", host, "--port", str(port)),
        *("--processes", str(processes), "--threads", str(threads)),
    )


def worker_command() -> str:
    """Give the command of the background worker."""
    return _python("-m", "shipops.start.worker")


def _python(*arguments: str) -> str:
    return f"exec {shlex.join([sys.executable, *arguments])}"


class _Child(Process):
    """A process that ends when the supervisor ends, even when that is killed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._supervisor = os.getpid()

    def run(self, *args: Any, **kwargs: Any) -> None:
        die_with_parent(self._supervisor)
        self._child_ctor = partial(Popen, preexec_fn=partial(die_with_parent, os.getpid()))
        super().run(*args, **kwargs)


class _Signals:
    """Ask the leader to stop, who stops its own in order; kill the whole group."""

    def terminate(self, pid: int) -> None:
        _send(os.kill, pid, signal.SIGTERM)

    def kill(self, pid: int) -> None:
        _send(os.killpg, pid, signal.SIGKILL)


def _send(send: Any, pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        send(pid, number)


class Supervisor(Manager):
    """honcho's manager, and a word to the reader once the web server answers."""

    def __init__(self, *, ready_address: str, host_name: str, greeting: str) -> None:
        super().__init__()
        self._process_ctor = _Child
        self._procmgr = _Signals()
        self._ready_address = ready_address
        self._host_name = host_name
        self._greeting = greeting
        self._asked_to_stop = False

    def terminate(self) -> None:
        """Stop all; remembers whether that was asked for or follows the end of one of them."""
        if not self._terminating and not self._any_stopped():
            self._asked_to_stop = True
        super().terminate()

    def _start(self) -> None:
        super()._start()
        # Only now: a process with threads should not fork.
        threading.Thread(target=self._greet, daemon=True).start()

    def _greet(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not answers(self._ready_address, self._host_name):
            if self._terminating:
                return
            if time.monotonic() > deadline:
                print("The web server does not answer yet; see its messages above.", flush=True)
                return
            time.sleep(0.2)
        print(self._greeting, flush=True)

    def exit_code(self) -> int:
        """Give 0 for a stop that was asked for, the code of what stopped by itself otherwise."""
        if self._asked_to_stop:
            return 0
        code = self.returncode or 1
        return code if code > 0 else 128 - code


def answers(address: str, host_name: str) -> bool:
    """Tell whether ``/healthz`` under ``address`` says 200 to the name ShipOps is reached by."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": host_name})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
