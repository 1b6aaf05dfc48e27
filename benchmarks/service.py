"""What a figure runs against: its own durable PostgreSQL, and the product as make run starts it."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from shipops import embedded_postgres
from shipops.start import supervisor

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("BENCH_DIR", ROOT / "var" / "bench"))
PROCESSES, THREADS = 2, 4


@contextmanager
def database_server() -> Iterator[str]:
    """Keep the benchmark's PostgreSQL running (fsync on, data kept between runs)."""
    with embedded_postgres.running(VAR / "postgres") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("SHOW fsync").fetchone()
            assert row == ("on",), "the benchmark needs fsync"
        yield url


def database(server: str, name: str, *, fresh: bool) -> tuple[str, bool]:
    """Give the address of a database on the server, and whether it had to be made."""
    with psycopg.connect(server, autocommit=True) as connection:
        if fresh:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if not known:
            connection.execute(f'CREATE DATABASE "{name}"')
    return server.replace("/shipops?", f"/{name}?"), not known


def settle(database_url: str) -> None:
    """Have the tables counted, as autovacuum does a minute after they began to fill."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def environment(database_url: str) -> dict[str, str]:
    """Give the environment of a production-like product on that database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "shipops.settings",
        "DATABASE_URL": database_url,
        "VAR_DIR": str(VAR / "files"),
        "DEBUG": "0",
        "SECRET_KEY": "benchmark-" + "0123456789" * 5,
        "SITE_URL": "http://localhost",
        "EMAIL_URL": "smtp://localhost:9",
        "DEFAULT_FROM_EMAIL": "bench@localhost",
        "API_REQUESTS_PER_MINUTE": "100000000",
    }


def manage(database_url: str, *words: str) -> str:
    """Run a management command; gives what it printed."""
    return _python(environment(database_url), "manage.py", *words)


def install(database_url: str) -> None:
    """Bring the database and the static files to where a start of the product brings them."""
    manage(database_url, "migrate", "-v0")
    manage(database_url, "sync_schedules")
    manage(database_url, "collectstatic", "--noinput", "-v0")


def prepare(database_url: str, what: str, **facts: Any) -> dict[str, Any]:
    """Run one of ``benchmarks.prepare``'s functions on that database."""
    words = ("-m", "benchmarks.prepare", what, json.dumps(facts))
    answer: dict[str, Any] = json.loads(_python(environment(database_url), *words))
    return answer


def filled(server: str, name: str, what: str, facts: dict[str, int], *, size: int) -> str:
    """Give the database with a set of so many tickets; an unfinished or old one is made anew."""
    url, is_new = database(server, name, fresh=False)
    install(url)
    if is_new or prepare(url, "stored")["reports"] != size:
        if not is_new:
            url, _ = database(server, name, fresh=True)
            install(url)
        print(f"making {name} (once) …", flush=True)
        prepare(url, what, **facts)
    return url


def _python(env: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{done.stderr[-4000:]}")
    return done.stdout


@contextmanager
def web(
    env: dict[str, str],
    *,
    application: str = "shipops.wsgi:application",
    ready: str = "/healthz",
    processes: int = PROCESSES,
) -> Iterator[tuple[int, int]]:
    """Run the web server as make run does; gives its port and process id."""
    port = free_port()
    command = supervisor.web_command(
        host="127.0.0.1", port=port, processes=processes, threads=THREADS
    )
    with running(f"{command} {application}", env) as pid:
        wait_until_ready(port, ready)
        yield port, pid


@contextmanager
def gunicorn(env: dict[str, str], *, application: str) -> Iterator[int]:
    """Run gunicorn with as many processes and threads, for comparison; gives its port."""
    port = free_port()
    command = shlex.join([
        *(sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--keep-alive", "30"),
        *("--workers", str(PROCESSES), "--threads", str(THREADS), "--log-level", "warning"),
        *("--bind", f"127.0.0.1:{port}", application),
    ])  # fmt: skip
    with running(command, env):
        wait_until_ready(port, "/floor")
        yield port


@contextmanager
def worker(env: dict[str, str]) -> Iterator[int]:
    """Run the background worker as make run does; gives its process id."""
    with running(worker_command(), env) as pid:
        yield pid


def worker_command() -> str:
    """Give the command of the worker, as make run starts it."""
    return supervisor.worker_command()


def web_command_on(port: int) -> str:
    """Give the command of a web server on a port, as make run starts it."""
    return supervisor.web_command(host="127.0.0.1", port=port, processes=PROCESSES, threads=THREADS)


@contextmanager
def running(command: str, env: dict[str, str]) -> Iterator[int]:
    """Keep a process running for the length of the block; gives its id."""
    words = shlex.split(command.removeprefix("exec "))
    process = subprocess.Popen(words, cwd=ROOT, env=env, start_new_session=True)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until_ready(port: int, ready: str = "/healthz") -> None:
    """Wait until the web server answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if ready == "/healthz" and supervisor.answers(f"http://127.0.0.1:{port}", "localhost"):
            return
        if ready != "/healthz" and _listens(port):
            return
        time.sleep(0.1)
    raise RuntimeError("the web server did not come up")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
