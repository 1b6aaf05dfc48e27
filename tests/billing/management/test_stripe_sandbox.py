"""The sandbox as a program of its own: started by hand, ended, and found again as it was."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.gateways.stripe import customers
from tests.billing.sandbox.post_box import PostBox

ROOT = Path(__file__).parents[3]


@contextmanager
def _running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DEBUG": "1", "DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}
    environment.pop("STRIPE_SECRET_KEY", None)
    program = subprocess.Popen(
        [sys.executable, "manage.py", "stripe_sandbox", *arguments],
        # As of a program in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield program
    finally:
        program.kill()
        program.wait()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_serves_until_it_is_ended_and_forgets_nothing(
    settings: Any, tmp_path: Path, how: signal.Signals
) -> None:
    arguments = ("--file", str(tmp_path / "till" / "sandbox.json"), "--port", str(_free_port()))
    with _running(*arguments) as program:
        settings.STRIPE_API_BASE = _address(program)
        settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
        made = customers.create_customer(name="A", email="a@acme.test", metadata={}, key="op:1")
        program.send_signal(how)
        assert program.wait(10) == (-how if how is signal.SIGKILL else 0)

    with _running(*arguments) as program:
        _address(program)
        assert customers.get_customer(made.id) == made


@pytest.mark.slow
def test_what_the_site_did_not_take_comes_again(settings: Any, tmp_path: Path) -> None:
    box = PostBox()
    box.status = 500
    arguments = ("--file", str(tmp_path / "sandbox.json"), "--port", str(_free_port()))
    with _running(*arguments, "--webhook", box.url, "--again", "0.2") as program:
        settings.STRIPE_API_BASE = _address(program)
        settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
        settings.STRIPE_WEBHOOK_SECRET = "whsec_sandbox"
        customers.create_customer(name="A", email="a@acme.test", metadata={}, key="op:1")
        _wait_until(lambda: len(box.events) > 1)
        box.status = 200
        seen = len(box.events)
        _wait_until(lambda: len(box.events) > seen)
        taken = len(box.events) + 1
        time.sleep(1)
    box.shutdown()
    box.server_close()

    assert len(set(box.ids)) == 1
    assert len(box.events) <= taken


def test_a_port_that_is_taken_is_said(settings: Any, tmp_path: Path) -> None:
    settings.STRIPE_SANDBOX = True
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CommandError, match="cannot start"):
            _call(tmp_path, port=taken.getsockname()[1])


def test_events_go_to_this_machine_only(settings: Any, tmp_path: Path) -> None:
    settings.STRIPE_SANDBOX = True
    with pytest.raises(CommandError, match="this machine only"):
        _call(tmp_path, port=_free_port(), webhook="https://shipops.example/stripe/webhook")


def test_it_never_runs_beside_a_key(settings: Any, tmp_path: Path) -> None:
    settings.STRIPE_SANDBOX = False

    with pytest.raises(CommandError, match="DEBUG must be on"):
        _call(tmp_path, port=_free_port())


def _call(tmp_path: Path, *, port: int, webhook: str = "") -> None:
    call_command("stripe_sandbox", port=port, file=tmp_path / "sandbox.json", webhook=webhook)


def _address(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().split()[-1]


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
