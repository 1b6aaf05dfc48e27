"""make run: every refusal is one line that says what to do; the real thing starts and stops."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from shipops import embedded_postgres
from shipops.start.checks import (
    CannotStart,
    check_database,
    check_demo,
    check_port,
    check_python,
)
from shipops.start.supervisor import Supervisor, answers

ROOT = Path(__file__).parents[2]
NOWHERE = "postgresql://ops:hush@127.0.0.1:1/books"  # nothing listens on port 1


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(var: Path, **more: str) -> dict[str, str]:
    """Give a newcomer's environment: none of what the test run has set."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "VAR_DIR": str(var), "PYTHONUNBUFFERED": "1", **more}


def _start(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shipops.start", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- Refusals ----------------------------------------------------------------------------------


def test_an_old_python_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"this is Python 3\.10, and ShipOps needs 3\.11"):
        check_python((3, 10, 4))


def test_this_python_is_taken() -> None:
    check_python()


def test_a_taken_port_is_refused_and_names_who_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(CannotStart) as refusal:
            check_port("127.0.0.1", port, seconds=0)

    assert f"port {port} is taken by" in str(refusal.value)
    assert f"(process {os.getpid()})" in str(refusal.value)
    assert f"make run PORT={port + 1}" in str(refusal.value)


def test_a_port_that_becomes_free_in_a_moment_is_waited_for() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    program = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(1)"
    server.close()
    with subprocess.Popen([sys.executable, "-c", program]):
        time.sleep(0.3)
        check_port("127.0.0.1", port, seconds=20)


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(CannotStart, match="check HOST"):
        check_port("192.0.2.1", 8000, seconds=0)


def test_a_database_that_does_not_answer_is_refused_without_its_password() -> None:
    settings = {
        "NAME": "books",
        "USER": "ops",
        "PASSWORD": "hush",
        "HOST": "127.0.0.1",
        "PORT": 1,
    }

    with pytest.raises(CannotStart) as refusal:
        check_database(settings)

    assert "the database of DATABASE_URL, books on 127.0.0.1:1, does not answer" in str(
        refusal.value
    )
    assert "unset DATABASE_URL to use the built-in one" in str(refusal.value)
    assert "hush" not in str(refusal.value)


def test_the_test_database_answers() -> None:
    from django.conf import settings

    check_database({**settings.DATABASES["default"], "NAME": "postgres"})


@pytest.mark.parametrize(
    ("wanted", "embedded", "debug", "loaded"),
    [
        (None, True, True, True),
        (None, True, False, False),
        (None, False, True, False),
        (None, False, False, False),
        (True, False, True, True),
        (False, True, True, False),
    ],
)
def test_the_demo_is_loaded_into_the_embedded_database_or_on_request(
    wanted: bool | None, embedded: bool, debug: bool, loaded: bool
) -> None:
    assert check_demo(wanted=wanted, embedded=embedded, debug=debug) is loaded


def test_the_demo_is_refused_with_debug_off() -> None:
    with pytest.raises(CannotStart, match="--demo needs DEBUG=1"):
        check_demo(wanted=True, embedded=True, debug=False)


@pytest.mark.parametrize(
    ("arguments", "settings", "line"),
    [
        ((), {"DATABASE_URL": NOWHERE, "DEBUG": "1"}, "does not answer"),
        (("--demo",), {"DEBUG": "0"}, "--demo needs DEBUG=1"),
        ((), {"DATABASE_URL": NOWHERE}, "SECRET_KEY is not set"),
        ((), {"PORT": "many"}, "PORT must be a whole number"),
        ((), {"DEBUG": "perhaps"}, "DEBUG must be 1 or 0"),
        ((), {"DEBUG": "0", "SITE_URL": "http://ops.example"}, "SITE_URL is not https"),
        ((), {"ALLOWED_HOSTS": "else.example"}, "ALLOWED_HOSTS lacks localhost"),
        ((), {"DEBUG": "0", "SITE_URL": "https://ops.example"}, "set TRUSTED_PROXIES=1"),
    ],
)
def test_a_start_that_cannot_work_says_one_line(
    tmp_path: Path, arguments: tuple[str, ...], settings: dict[str, str], line: str
) -> None:
    secrets = {
        "SECRET_KEY": "for-this-test" * 5,
        "SITE_URL": "http://localhost",
        "EMAIL_URL": "smtp://localhost",
        "DEFAULT_FROM_EMAIL": "ops@localhost",
    }
    if line.startswith("SECRET_KEY"):
        secrets = {}
    settings = {"PORT": str(_free_port()), **secrets, **settings}

    done = _start(*arguments, environment=_environment(tmp_path, **settings))

    assert done.returncode == 1
    assert done.stderr.startswith("ShipOps cannot start: ")
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
    assert "hush" not in done.stderr


@pytest.mark.slow
def test_a_taken_port_stops_the_start_before_the_database(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = _start("--port", port, environment=_environment(tmp_path))

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"port {port} is taken" in done.stderr
    assert not (tmp_path / "postgres").exists()


def test_manage_without_a_secret_says_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env=_environment(tmp_path, DEBUG="0"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("SECRET_KEY is not set")
    assert done.stderr.count("\n") == 1


# --- The Makefile ------------------------------------------------------------------------------


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Give a checkout with only our Makefile, on a machine that has a shell but no Python."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").write_text("nothing\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "rm", "cp", "cmp", "mkdir", "env", "chmod", "cat"):
        found = shutil.which(name)
        assert found, name
        (programs / name).symlink_to(found)
    return tmp_path


def _python(machine: Path, name: str, script: str) -> None:
    program = machine / "bin" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def _make(machine: Path, target: str) -> subprocess.CompletedProcess[str]:
    make = shutil.which("make")
    assert make
    return subprocess.run(
        [make, target],
        cwd=machine,
        env={"PATH": str(machine / "bin")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]


def test_a_machine_without_a_python_gets_one_line(machine: Path) -> None:
    done = _make(machine, "runtime")

    assert done.returncode != 0
    assert len(_lines(done)) == 1
    assert "apt install python3 python3-venv" in _lines(done)[0]


def test_a_machine_with_only_an_old_python_gets_one_line(machine: Path) -> None:
    _python(machine, "python3", "exit 1")

    done = _make(machine, "runtime")

    assert len(_lines(done)) == 1
    assert _lines(done)[0].startswith("ShipOps needs Python 3.11 or newer")
    assert not (machine / ".venv").exists()


def test_a_machine_without_the_venv_module_gets_one_line(machine: Path) -> None:
    _python(machine, "python3.11", 'case "$2" in *ensurepip*) exit 1 ;; esac')

    done = _make(machine, "runtime")

    assert _lines(done) == [
        "python3.11 is here without its venv module: install it "
        "(Debian, Ubuntu: apt install python3-venv), then run make again."
    ]
    assert not (machine / ".venv").exists()


def test_a_second_python_that_has_the_venv_module_is_taken(machine: Path) -> None:
    _python(machine, "python3.13", 'case "$2" in *ensurepip*) exit 1 ;; esac')
    _python(machine, "python3", _WORKING)

    done = _make(machine, "runtime")

    assert done.returncode == 0
    assert "Making .venv with python3 ..." in done.stdout


def test_a_venv_that_fails_half_way_leaves_nothing(machine: Path) -> None:
    _python(machine, "python3", 'if [ "$1" = -m ]; then mkdir -p .venv/bin; exit 1; fi')

    done = _make(machine, "runtime")

    assert done.returncode != 0
    assert not (machine / ".venv").exists()


# Answers every question with yes, makes a .venv that answers likewise, and writes down installs.
_WORKING = """\
case "$*" in
  "-m venv .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  "-m pip install"*) echo "$*" >> installs; test ! -e broken ;;
esac"""


def test_requirements_are_installed_once_and_again_when_they_change(machine: Path) -> None:
    _python(machine, "python3", _WORKING)

    for _ in range(2):
        assert _make(machine, "runtime").returncode == 0
    assert (machine / "installs").read_text().count("\n") == 1

    (machine / "requirements.txt").write_text("something\n")
    assert _make(machine, "runtime").returncode == 0
    assert (machine / "installs").read_text().count("\n") == 2


def test_a_failed_install_is_tried_again(machine: Path) -> None:
    _python(machine, "python3", _WORKING)
    (machine / "broken").touch()
    assert _make(machine, "runtime").returncode != 0

    (machine / "broken").unlink()
    assert _make(machine, "runtime").returncode == 0

    assert (machine / "installs").read_text().count("\n") == 2


# --- The supervisor ----------------------------------------------------------------------------


def _supervise(**commands: str) -> Supervisor:
    supervisor = Supervisor(ready_address="http://127.0.0.1:1", host_name="x", greeting="hello")
    for name, command in commands.items():
        supervisor.add_process(name, command)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        supervisor.loop()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return supervisor


@pytest.mark.parametrize(("ending", "code"), [("exit 3", 3), ("exit 0", 1), ("kill -9 $$", 137)])
def test_when_one_process_ends_the_rest_is_stopped_and_the_code_says_failure(
    ending: str, code: int
) -> None:
    supervisor = _supervise(web="exec sleep 600", worker=f"sleep 0.2; {ending}")

    assert supervisor.exit_code() == code


TINY = """
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import re_path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="tiny")
urlpatterns = [re_path("", lambda request: HttpResponse(str(os.getpid())))]
application = get_wsgi_application()
"""


@pytest.mark.slow
def test_killed_web_processes_are_replaced_each_time_and_no_address_is_written_down(
    tmp_path: Path,
) -> None:
    (tmp_path / "tiny.py").write_text(TINY)
    port = _free_port()

    def ask() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/v/a-token-nobody-may-read")
            return int(connection.getresponse().read())
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    program = [sys.executable, "-m", "shipops.start.web", "tiny:application"]
    options = ["--host", "127.0.0.1", "--port", str(port), "--processes", "1", "--threads", "1"]
    output = (tmp_path / "output").open("w+")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    with subprocess.Popen(
        [*program, *options], stdout=output, stderr=subprocess.STDOUT, env=environment
    ) as server:
        try:
            seen = {0}
            for _ in range(4):
                _wait_for(lambda: {ask()} - seen)
                seen.add(answering := ask())
                assert psutil.Process(answering).ppid() == server.pid
                os.kill(answering, signal.SIGKILL)
            _wait_for(lambda: {ask()} - seen)
        finally:
            server.terminate()
    output.seek(0)
    assert "a-token" not in output.read()


def test_a_server_that_is_not_there_does_not_answer() -> None:
    assert not answers("http://127.0.0.1:1", "localhost")


# --- The real thing ----------------------------------------------------------------------------


@contextmanager
def _running(
    var: Path, port: int, *, host_name: str = "localhost", **more: str
) -> Iterator[subprocess.Popen[str]]:
    """Run make run's program for real, as the leader of its own group, until it says it runs.

    An answer alone could come of what a killed one left for a moment.
    """
    with open(var / "output", "a+") as output:
        said_before = len((var / "output").read_text())
        starter = subprocess.Popen(
            [sys.executable, "-m", "shipops.start"],
            cwd=ROOT,
            env=_environment(var, PORT=str(port), **more),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        try:
            deadline = time.monotonic() + 150
            while "ShipOps is running" not in (var / "output").read_text()[said_before:]:
                assert starter.poll() is None, (var / "output").read_text()
                assert time.monotonic() < deadline, (var / "output").read_text()
                time.sleep(0.2)
            assert answers(f"http://127.0.0.1:{port}", host_name)
            yield starter
        finally:
            if starter.poll() is None:
                starter.kill()
                starter.wait()


def _family(var: Path) -> list[psutil.Process]:
    """Give every process that works with this folder: web, worker, PostgreSQL, all of theirs."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = str(var) in " ".join(process.cmdline()) or process.environ().get(
                "VAR_DIR"
            ) == str(var)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def _left(var: Path, *, seconds: float = 30) -> list[str]:
    """Give what still runs after so many seconds."""
    deadline = time.monotonic() + seconds
    while (left := _family(var)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return [str(process) for process in left]


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """Give an empty var folder, and leave none of its processes behind."""
    yield tmp_path
    for process in _family(tmp_path):
        process.kill()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_make_run_starts_stops_cleanly_and_goes_on_with_the_same_data(var: Path) -> None:
    port = _free_port()
    with _running(var, port) as starter:
        _wait_for_output(var, f"http://localhost:{port}/console/")
        os.killpg(starter.pid, signal.SIGINT)
        assert starter.wait(timeout=60) == 0
    first = (var / "output").read_text()
    assert "Traceback" not in first
    assert first.rstrip().endswith("ShipOps has stopped.")
    assert "Applying" in first
    assert _left(var, seconds=5) == []

    (var / "output").write_text("")
    with _running(var, port) as starter:
        starter.send_signal(signal.SIGTERM)
        assert starter.wait(timeout=60) == 0
    second = (var / "output").read_text()
    assert "Traceback" not in second
    assert "Applying" not in second
    assert _left(var, seconds=5) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_after_a_kill_of_the_supervisor_the_next_start_works_on_the_same_port(var: Path) -> None:
    port = _free_port()
    with _running(var, port) as starter:
        starter.kill()
        starter.wait()

    with _running(var, port) as starter:
        starter.send_signal(signal.SIGINT)
        assert starter.wait(timeout=60) == 0
    assert _left(var) == []


def test_make_run_hands_its_life_to_the_starter(machine: Path) -> None:
    (machine / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(machine / "requirements.txt", machine / ".venv" / "installed-requirements.txt")
    # The starter's parent has to be make, not a shell that outlives it.
    script = '[ "$1" = -c ] || echo "$STOP_WITH_PARENT $PPID $*" > started'
    (machine / ".venv" / "bin" / "python").write_text(f"#!/bin/sh\n{script}\n")
    (machine / ".venv" / "bin" / "python").chmod(0o755)
    make = shutil.which("make")
    assert make

    with subprocess.Popen([make, "run"], cwd=machine, env={"PATH": str(machine / "bin")}) as maker:
        maker.wait(timeout=60)

    assert (machine / "started").read_text() == f"1 {maker.pid} -m shipops.start\n"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["shipops.start.web", "shipops.start.worker"])
def test_a_killed_web_or_worker_brings_the_rest_down_and_says_so(var: Path, name: str) -> None:
    port = _free_port()
    with _running(var, port) as starter:
        _wait_for(lambda: [process for process in _family(var) if name in process.cmdline()])
        members = [process for process in _family(var) if name in process.cmdline()]
        leader = min(members, key=lambda process: process.create_time())
        leader.kill()

        assert starter.wait(timeout=90) == 137
    assert "ShipOps has stopped after a failure." in (var / "output").read_text()
    assert _left(var) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_command_works_beside_a_running_system_and_after_it(var: Path) -> None:
    def command() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "showmigrations", "core"],
            cwd=ROOT,
            env=_environment(var),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    port = _free_port()
    with _running(var, port) as starter:
        assert "[X]" in command().stdout
        assert embedded_postgres.is_running(var / "postgres")
        starter.send_signal(signal.SIGINT)
        assert starter.wait(timeout=60) == 0

    assert "[X]" in command().stdout
    assert _left(var, seconds=5) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_in_production_pages_come_with_their_hashed_files(var: Path) -> None:
    port = _free_port()
    settings = {
        "DEBUG": "0",
        "SECRET_KEY": "for-this-test" * 5,
        "SITE_URL": "https://ops.example",
        "EMAIL_URL": "smtp://localhost",
        "DEFAULT_FROM_EMAIL": "ops@ops.example",
        "TRUSTED_PROXIES": "1",
    }

    def get(path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Host": "ops.example", "X-Forwarded-Proto": "https"}
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")

    with _running(var, port, host_name="ops.example", **settings) as starter:
        status, page = get("/account/login/")
        files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
        answered = {file: get(file)[0] for file in files}
        starter.send_signal(signal.SIGTERM)
        assert starter.wait(timeout=60) == 0

    assert status == 200
    assert answered and set(answered.values()) == {200}
    assert all(re.search(r"\.[0-9a-f]{12}\.", file) for file in files)
    output = (var / "output").read_text()
    assert "Demo" not in output
    assert "/outbox/" not in output


def _wait_for(condition: Any, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _wait_for_output(var: Path, text: str) -> None:
    _wait_for(lambda: text in (var / "output").read_text())
