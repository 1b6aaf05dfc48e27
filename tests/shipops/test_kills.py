"""Real web and worker processes, killed with SIGKILL in the middle of intake of every kind."""

import base64
import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from benchmarks import service
from shipops import embedded_postgres
from tests.browser.portal import screenshot_png

pytestmark = [pytest.mark.slow, pytest.mark.timeout(540)]

REPORTS, SENDERS = 1_000, 6
TRIAGED_WITHIN = 300
SECRET = "postmark:secret"
LIMITS = ("REPORTS_PER_ADDRESS", "REPORTS_PER_KEY", "REPORTS_PER_PROJECT", "REQUESTS_PER_ADDRESS")
MAIL_IN: dict[str, str] = {
    "INBOUND_MAIL_ADDRESS": "bugs@in.shipops.test",
    "INBOUND_MAIL_SERVICES": "postmark",
    "INBOUND_WEBHOOK_SECRET": SECRET,
}


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


@dataclass(frozen=True)
class Facts:
    """What a submission needs to be let in: keys, a challenge, and the project's mail address."""

    key: str
    public_key: str
    challenge: str
    mail_address: str
    picture: bytes


def test_every_acknowledged_submission_is_there_once_and_ends_triaged(database: str) -> None:
    unlimited = {f"WIDGET_{name}": "1000000" for name in LIMITS}
    env = {**service.environment(database), **MAIL_IN, **unlimited, "WIDGET_PROOF_BITS": "0"}
    key = service.prepare(database, "accounts")["key"]
    page = service.prepare(database, "browser_key")
    facts = Facts(key, page["key"], page["challenge"], _mail_address(database), screenshot_png())
    port = service.free_port()
    web = Running(service.web_command_on(port), env)
    worker = Running(service.worker_command(), env)
    try:
        service.wait_until_ready(port)
        acknowledged: dict[str, int | None] = {}
        done = threading.Event()
        senders = [
            threading.Thread(target=_send, args=(port, facts, place, acknowledged))
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
            _check_each_is_there_once(connection, acknowledged)
    finally:
        worker.stop()
        web.stop()


def _check_each_is_there_once(
    connection: psycopg.Connection, acknowledged: dict[str, int | None]
) -> None:
    rows = connection.execute(
        "SELECT 'report-' || substring(text from 'Payment ([0-9]+)'), id FROM tickets_report"
    ).fetchall()
    stored: dict[str, int] = dict(rows)
    assert len(rows) == REPORTS
    assert stored.keys() == acknowledged.keys()
    numbers = {name: number for name, number in acknowledged.items() if number is not None}
    assert numbers.items() <= stored.items()
    assert _count(connection, "SELECT count(*) FROM tickets_triage") == REPORTS
    for kind in ("report.received", "report.proposed"):
        events = connection.execute(
            "SELECT count(*), count(DISTINCT report_id) FROM tickets_ticketevent WHERE kind = %s",
            [kind],
        )
        assert events.fetchone() == (REPORTS, REPORTS)
    mails = connection.execute(
        "SELECT count(*), count(DISTINCT report_id) FROM tickets_inboundmail WHERE state = 'taken'"
    )
    from_mail = len(acknowledged) - len(numbers)
    assert mails.fetchone() == (from_mail, from_mail)
    files = connection.execute(
        "SELECT path, report_id FROM tickets_attachment WHERE report_id IS NOT NULL"
    ).fetchall()
    with_picture = {stored[name] for name in acknowledged if _way(_number(name)) == "widget"}
    assert sorted(report for _, report in files) == sorted(with_picture)
    assert all((service.VAR / "files" / "media" / path).is_file() for path, _ in files)


def _send(port: int, facts: Facts, place: int, acknowledged: dict[str, int | None]) -> None:
    """File this sender's share; without an answer the same is sent again."""
    for number in range(place, REPORTS, SENDERS):
        name = f"report-{number}"
        path, body, headers = _WAYS[_way(number)](number, facts)
        deadline = time.monotonic() + 120
        while name not in acknowledged and time.monotonic() < deadline:
            connection = http.client.HTTPConnection("localhost", port, timeout=10)
            with suppress(OSError, http.client.HTTPException):
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                said = answer.read()
                assert not 400 <= answer.status < 500, (path, said)
                if answer.status in (200, 201):
                    acknowledged[name] = json.loads(said)["number"] if said else None
            connection.close()
            if name not in acknowledged:
                time.sleep(0.05)


Request = tuple[str, bytes, dict[str, str]]


def _by_api(number: int, facts: Facts) -> Request:
    headers = {
        "Authorization": f"Bearer {facts.key}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"report-{number}",
    }
    return "/api/v1/reports", json.dumps({"text": _text(number)}).encode(), headers


def _by_widget(number: int, facts: Facts) -> Request:
    body = encode_multipart(
        BOUNDARY,
        {
            "text": _text(number),
            "idempotency_key": f"submission-{number:08}",
            "challenge": facts.challenge,
            "proof": "0",
            "files": SimpleUploadedFile("screenshot-1.png", facts.picture, "image/png"),
        },
    )
    headers = {"Origin": "http://localhost", "Content-Type": MULTIPART_CONTENT}
    return f"/api/v1/widget/reports?key={facts.public_key}", body, headers


def _by_mail(number: int, facts: Facts) -> Request:
    sender = f"person{number}@mail.test"
    mail = {
        "From": sender,
        "FromFull": {"Email": sender, "Name": "", "MailboxHash": ""},
        "To": facts.mail_address,
        "OriginalRecipient": facts.mail_address,
        "Subject": "A payment",
        "MessageID": f"{number}",
        "Date": "Tue, 24 Nov 2026 08:00:00 +0000",
        "TextBody": _text(number),
        "Headers": [{"Name": "Message-ID", "Value": f"<{number}@mail.test>"}],
        "Attachments": [],
    }
    secret = base64.b64encode(SECRET.encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
    return "/hooks/mail/postmark/", json.dumps(mail).encode(), headers


_WAYS = {"api": _by_api, "widget": _by_widget, "mail": _by_mail}


def _way(number: int) -> str:
    return list(_WAYS)[number % len(_WAYS)]


def _number(name: str) -> int:
    return int(name.removeprefix("report-"))


def _text(number: int) -> str:
    return f"Payment {number} failed, the customer got no credits"


def _mail_address(database: str) -> str:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT mail_token FROM clients_project").fetchone()
    assert row is not None
    return MAIL_IN["INBOUND_MAIL_ADDRESS"].replace("@", f"+{row[0]}@")


def _kill_at_random(web: Running, worker: Running, done: threading.Event) -> None:
    kills = [web.kill_one_below, worker.kill_one_below, web.kill_whole, worker.kill_whole]
    while not done.wait(random.uniform(1.5, 4)):  # noqa: S311
        random.choice(kills)()  # noqa: S311


def _wait_until_triaged(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + TRIAGED_WITHIN
    unread = "SELECT count(*) FROM tickets_inboundmail WHERE state = 'waiting'"
    untriaged = "SELECT count(*) FROM tickets_report WHERE state = 'received'"
    while _count(connection, unread) or _count(connection, untriaged):
        assert time.monotonic() < deadline, "reports were left untriaged"
        time.sleep(1)


def _count(connection: psycopg.Connection, query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
