"""manage.py import_reports: everything good comes in once, every bad line is named."""

import csv
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from clients.models import Project, User
from core.errors import InvalidInput
from core.models import OutboxMessage
from tickets.models import Alert, Report, Source, Ticket
from tickets.queries import open_tickets
from tickets.rules.import_rows import read_row
from tickets.rules.states import ReportState

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SHIPOPS_DATA", ROOT.parent / "shared" / "data")) / "reports/dev.jsonl"

pytestmark = pytest.mark.django_db


def _write(path: Path, rows: list[Any]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def _run(path: Path, project: Project, **options: Any) -> str:
    out = io.StringIO()
    call_command("import_reports", path, project=project.slug, stdout=out, **options)
    return out.getvalue()


def _refused(path: Path, project: Project, **options: Any) -> tuple[str, str]:
    out, errors = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="refused") as stopped:
        call_command(
            "import_reports", path, project=project.slug, stdout=out, stderr=errors, **options
        )
    assert stopped.value.returncode == 1
    return out.getvalue(), errors.getvalue()


def test_a_backlog_is_imported_triaged_and_opened(project: Project, tmp_path: Path) -> None:
    path = _write(
        tmp_path / "old.jsonl",
        [
            {
                "id": "A-1",
                "title": "Login fails",
                "body": "I cannot log in since Monday, it says error 500.",
                "created": "2024-05-02",
                "page_url": "https://shop.example/login",
                "reporter": {"email": "Kim@Example.com", "name": "Kim"},
                "release": "1.4",
            }
        ],
    )

    summary = _run(path, project)

    report = Report.objects.get()
    assert "1 imported (1 opened as tickets, 0 left in triage), 0 already there" in summary
    assert (report.source, report.source_key) == (Source.IMPORT, "A-1")
    assert report.received_at == datetime(2024, 5, 2, tzinfo=UTC)
    assert report.respond_by_at is None
    assert report.reporter and report.reporter.email == "kim@example.com"
    assert {(s.kind, s.value) for s in report.signals.all()} == {
        ("page", "/login"),
        ("release", "1.4"),
    }
    ticket = open_tickets().get()
    assert ticket.number == report.number
    assert ticket.received_at == report.received_at
    assert ticket.severity_confirmed_at is None


def test_an_import_alerts_nobody_and_mails_nobody(project: Project, tmp_path: Path) -> None:
    path = _write(
        tmp_path / "old.jsonl",
        [{"id": 1, "body": "The whole site is down, all customer data was deleted!"}],
    )

    _run(path, project)

    assert not Alert.objects.exists()
    assert not OutboxMessage.objects.filter(reference__startswith="ticket").exists()


def test_importing_twice_imports_nothing_twice(project: Project, tmp_path: Path) -> None:
    path = _write(tmp_path / "old.jsonl", [{"id": 7, "body": "It hangs"}, {"body": "No id here"}])

    _run(path, project)
    summary = _run(path, project)

    assert "0 imported (0 opened as tickets, 0 left in triage), 2 already there" in summary
    assert Report.objects.count() == 2


def test_a_row_changed_since_the_first_import_is_named(project: Project, tmp_path: Path) -> None:
    _run(_write(tmp_path / "old.jsonl", [{"id": 7, "body": "It hangs"}]), project)

    _, errors = _refused(_write(tmp_path / "old.jsonl", [{"id": 7, "body": "It flies"}]), project)

    assert "line 1: This key was used before, with another content." in errors
    assert Report.objects.get().text == "It hangs"


def test_a_dry_run_writes_nothing_and_says_what_would_happen(
    project: Project, tmp_path: Path
) -> None:
    path = _write(tmp_path / "old.jsonl", [{"id": 7, "body": "It hangs"}, {"id": 8, "body": ""}])

    summary, errors = _refused(path, project, dry_run=True)

    assert "1 would be imported, 0 already there, 1 refused" in summary
    assert "line 2: text:" in errors
    assert not Report.objects.exists()


def test_a_backlog_can_be_left_to_staff(project: Project, tmp_path: Path) -> None:
    path = _write(tmp_path / "old.jsonl", [{"id": 7, "body": "The export hangs"}])

    summary = _run(path, project, leave_in_triage=True)

    assert "1 imported (0 opened as tickets, 1 left in triage)" in summary
    assert Report.objects.get().state == ReportState.PROPOSED
    assert not Ticket.objects.exists()


def test_every_refused_line_is_named_with_field_and_reason(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "old.jsonl"
    good = json.dumps({"id": "ok", "body": "This one is fine"}).encode()
    lines = [
        b"not json",
        b'{"id": 1, "body": "caf\xe9"}',
        b"[1, 2]",
        b'{"id": 2, "body": ""}',
        b'{"id": 3, "body": 5}',
        b'{"id": 4, "body": "x", "created": "yesterday"}',
        b'{"id": 5, "body": "x", "created": "2999-01-01"}',
        b'{"id": 6, "body": "x", "reporter": {"email": "nobody"}}',
        b'{"id": 7, "body": "' + b"x" * 60_000 + b'"}',
        b'{"id": 8, "body": "' + b"x" * 2_000_000 + b'"}',
        b"[" * 100_000,
        b'{"id": [], "body": "x"}',
        b"",
        good,
    ]
    path.write_bytes(b"\n".join(lines))

    summary, errors = _refused(path, project, refused=tmp_path / "refused.csv")

    with (tmp_path / "refused.csv").open(encoding="utf-8") as file:
        rows = [(int(row["line"]), row["field"]) for row in csv.DictReader(file)]
    assert rows == [
        (1, ""),
        (2, ""),
        (3, ""),
        (4, "text"),
        (5, "body"),
        (6, "created"),
        (7, "created"),
        (8, "reporter.email"),
        (9, "text"),
        (10, ""),
        (11, ""),
        (12, "id"),
    ]
    assert "line 2: The line is not UTF-8." in errors
    assert "line 10: The line is longer than 1,048,576 bytes." in errors
    assert "1 imported" in summary
    assert Report.objects.get().source_key == "ok"


def test_csv_with_any_separator_and_texts_over_several_lines(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(
        b'\xef\xbb\xbfID;Subject;Description;Email\r\n1;Slow;"The list\r\nis slow";kim@example.com'
        b"\r\n2;Fast;caf\xe9;\r\n3;a;b;c;d;e\r\n4;Fine;It works again;\r\n"
    )

    summary, errors = _refused(path, project)

    assert "2 imported" in summary
    assert "line 4: The line is not UTF-8." in errors
    assert "line 5: The line has more columns than the first one." in errors
    first = Report.objects.get(source_key="1")
    assert (first.title, first.text) == ("Slow", "The list\nis slow")


def test_a_csv_without_a_text_column_is_refused_as_a_whole(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "old.csv"
    path.write_text("a,b\n1,2\n")

    with pytest.raises(CommandError, match="must name the columns"):
        _run(path, project)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00" * 5000, os.urandom(5000)])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_binary_or_empty_file_is_no_crash(
    project: Project, tmp_path: Path, content: bytes, form: str
) -> None:
    path = tmp_path / "old.bin"
    path.write_bytes(content)

    try:
        _run(path, project, format=form)
    except CommandError:
        assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("name", "slug", "words"),
    [
        ("old.jsonl", "nowhere", "no project in use"),
        ("missing.jsonl", None, "No such file"),
        ("old.xml", None, "Say --format"),
    ],
)
def test_what_cannot_start_says_why(
    project: Project, tmp_path: Path, name: str, slug: str | None, words: str
) -> None:
    _write(tmp_path / "old.jsonl", [{"body": "x"}])

    with pytest.raises(CommandError, match=words):
        call_command("import_reports", tmp_path / name, project=slug or project.slug)


def test_a_stopped_import_goes_on_where_it_stopped(project: Project, tmp_path: Path) -> None:
    path = _write(tmp_path / "old.jsonl", [{"id": n, "body": f"Problem {n}"} for n in range(5)])
    real = read_row

    def stop_at_three(row: Any, *, now: datetime) -> Any:
        if row["id"] == 3:
            raise KeyboardInterrupt
        return real(row, now=now)

    with (
        patch("tickets.management.commands.import_reports.read_row", stop_at_three),
        pytest.raises(CommandError, match="Run it again") as stopped,
    ):
        _run(path, project)
    assert stopped.value.returncode == 130
    assert Report.objects.count() == 3

    assert "2 imported" in _run(path, project)
    assert Report.objects.count() == 5
    assert not Report.objects.filter(state=ReportState.RECEIVED).exists()


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason=f"no {DATA}: set SHIPOPS_DATA")
def test_the_real_reports_are_imported_triaged_and_in_the_queue(
    project: Project, ops_admin: User, client: Browser, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    expected = sum(1 for line in DATA.read_text(encoding="utf-8").splitlines() if line.strip())

    _run(DATA, project)

    assert Report.objects.count() == expected
    assert not Report.objects.filter(state=ReportState.RECEIVED).exists()
    left = Report.objects.filter(state=ReportState.PROPOSED)
    assert all(report.triage.kind == "spam" for report in left)
    in_queue = list(open_tickets())
    assert len(in_queue) + left.count() == expected
    client.force_login(ops_admin)
    page = client.get("/console/queue/")
    assert page.status_code == 200
    assert f"#{in_queue[0].number}" in page.content.decode()
    assert "0 imported" in _run(DATA, project)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_names = st.sampled_from(["id", "title", "body", "created", "reporter", "page_url", "release"])


@given(st.dictionaries(_names, _json) | _json)
def test_any_row_is_read_or_refused(row: Any) -> None:
    try:
        found = read_row(row, now=datetime(2026, 1, 1, tzinfo=UTC))
    except InvalidInput:
        return
    assert 0 < len(found.key) <= 200
    assert all(isinstance(text, str) for text in found.texts.values())
