"""Real web and worker processes, killed with SIGKILL in the middle of intake."""

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
import pytest

from benchmarks import service
from shipops import embedded_postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

REPORTS, SENDERS = 400, 6
TRIAGED_WITHIN = 240


class Running:
    """A process of the product that is started again whenever it was killed whole."""

    def __init__(self, command: str, env: dict[str, str]) -> None:
        self._command, self._env = command, env
        self._start()

    def _start(self) -> None:
        self._context = service.running(self._command, self._env)
        self.pid = self._context.__enter__()

    def kill_whole(self) -> None:
        """Kill the leader and everything below it, and start anew."""
        family = self._family()
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)
        self.stop()
        self._start()

    def kill_one_below(self) -> None:
        """Kill one process below the leader, which has to make up for it."""
        below = self._family()[1:]
        if below:
            with suppress(psutil.NoSuchProcess):
                random.choice(below).kill()  # noqa: S311

    def stop(self) -> None:
        self._context.__exit__(None, None, None)

    def _family(self) -> list[psutil.Process]:
        try:
            leader = psutil.Process(self.pid)
            return [leader, *leader.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


@pytest.fixture
def database(tmp_path: Path) -> Iterator[str]:
    with embedded_postgres.running(tmp_path / "postgres") as server:
        url, _ = service.database(server, "kills", fresh=True)
        service.install(url)
        yield url


def test_every_acknowledged_report_is_there_once_and_ends_triaged(database: str) -> None:
    env = service.environment(database)
    key = service.prepare(database, "accounts")["key"]
    port = service.free_port()
    web = Running(service.web_command_on(port), env)
    worker = Running(service.worker_command(), env)
    try:
        service.wait_until_ready(port)
        acknowledged: dict[str, int] = {}
        done = threading.Event()
        senders = [
            threading.Thread(target=_send, args=(port, key, place, acknowledged))
            for place in range(SENDERS)
        ]
        chaos = threading.Thread(target=_kill_at_random, args=(web, worker, done))
        for thread in [*senders, chaos]:
            thread.start()
        for thread in senders:
            thread.join()
        done.set()
        chaos.join()

        assert len(acknowledged) == REPORTS
        with psycopg.connect(database, autocommit=True) as connection:
            _wait_until_triaged(connection)
            rows = connection.execute(
                "SELECT 'report-' || substring(text from 'Payment ([0-9]+)'), id "
                "FROM tickets_report"
            )
            assert dict(rows.fetchall()) == acknowledged
            assert _count(connection, "SELECT count(*) FROM tickets_report") == REPORTS
            assert _count(connection, "SELECT count(*) FROM tickets_triage") == REPORTS
            for kind in ("report.received", "report.proposed"):
                events = connection.execute(
                    "SELECT count(*), count(DISTINCT report_id) FROM tickets_ticketevent "
                    "WHERE kind = %s",
                    [kind],
                )
                assert events.fetchone() == (REPORTS, REPORTS)
    finally:
        worker.stop()
        web.stop()


def _send(port: int, key: str, place: int, acknowledged: dict[str, int]) -> None:
    """File this sender's share; without an answer the same key is sent again."""
    for number in range(place, REPORTS, SENDERS):
        name = f"report-{number}"
        body = json.dumps({"text": f"Payment {number} failed, the customer got no credits"})
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": name,
        }
        deadline = time.monotonic() + 120
        while name not in acknowledged and time.monotonic() < deadline:
            connection = http.client.HTTPConnection("localhost", port, timeout=10)
            with suppress(OSError, http.client.HTTPException):
                connection.request("POST", "/api/v1/reports", body, headers)
                answer = connection.getresponse()
                if answer.status == 201:
                    acknowledged[name] = json.load(answer)["number"]
            connection.close()
            if name not in acknowledged:
                time.sleep(0.05)


def _kill_at_random(web: Running, worker: Running, done: threading.Event) -> None:
    kills = [web.kill_one_below, worker.kill_one_below, web.kill_whole, worker.kill_whole]
    while not done.wait(random.uniform(1.5, 4)):  # noqa: S311
        random.choice(kills)()  # noqa: S311


def _wait_until_triaged(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + TRIAGED_WITHIN
    untriaged = "SELECT count(*) FROM tickets_report WHERE state = 'received'"
    while _count(connection, untriaged):
        assert time.monotonic() < deadline, "reports were left untriaged"
        time.sleep(1)


def _count(connection: psycopg.Connection, query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
