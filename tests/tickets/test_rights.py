"""The rights of the clients' own customers: all of one person given out, and erased."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.actions import publish_form, remove_member
from clients.models import Client, ClientEvent, Project, User
from core import people
from core.errors import InvalidInput, MoveRefused
from core.models import OutboxMessage
from core.people import Holding, Person
from core.tasks import deliver_due
from tests import factories
from tests.portal import signed_in
from tickets import actions, tasks
from tickets.models import (
    Attachment,
    Comment,
    DoomedFile,
    PersonRequest,
    Report,
    Reporter,
    StatusLink,
    Ticket,
    TicketEvent,
)

MARK = "zyzzyva"
KIM = f"kim.{MARK}@x.test"


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def kim(project: Project, engineer: User, now: datetime) -> Reporter:
    """Somebody who reported three things with all that can come along, and said more later."""
    form = "- {name: order, type: text, label: Order}"
    publish_form(project_id=project.pk, source=form, actor=None, now=now)
    sent: dict[str, Any] = {
        "sender": actions.Sender(email=KIM, name=f"Kim {MARK}"),
        "text": f"The export of {MARK} is empty.",
        "title": f"Export of {MARK}",
        "page_url": f"https://shop.test/of/{MARK}",
        "user_agent": f"Firefox of {MARK}",
        "device": MARK,
        "signals": [("release", "1.2"), ("trace", MARK)],
        "context": {"console": [MARK]},
        "answers": {"order": MARK},
        "now": now,
    }
    file = factories.make_attachment(actor=None, name=f"{MARK}.txt", data=MARK.encode(), now=now)
    report = factories.make_triaged_report(project, attachment_ids=[file.pk], **sent)
    ticket = actions.accept_report(report_id=report.pk, actor=engineer, now=now)
    factories.walk_ticket(ticket, "waiting", engineer=engineer, now=now)
    token = actions.status_address(report_id=report.pk, now=now).rstrip("/").rsplit("/", 1)[1]
    actions.answer_by_link(token=token, body=f"Said by {MARK}", now=now)
    waiting = factories.make_triaged_report(project, **sent)
    actions.ask_reporter(report_id=waiting.pk, question="Which?", actor=engineer, now=now)
    factories.make_declined_report(project, actor=engineer, **sent)
    deliver_due()
    reporter = report.reporter
    assert reporter is not None
    return reporter


def _erase(kim: Reporter, now: datetime) -> PersonRequest:
    request = actions.erase_person(client_id=kim.client_id, reporter_id=kim.pk, actor=None, now=now)
    tasks.erase_people()
    tasks.delete_doomed_files()
    request.refresh_from_db()
    return request


def _tables_with(mark: str) -> set[str]:
    """Name every table of the database in which the mark stands, in whatever column."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{table}" AS t WHERE t::text ILIKE %s)',  # noqa: S608
                [f"%{mark}%"],
            )
            row = cursor.fetchone()
            assert row is not None
            found |= {table} if row[0] else set()
    return found


def test_nothing_of_an_erased_person_is_left_anywhere(kim: Reporter, now: datetime) -> None:
    tasks.learn_words()
    tasks.count_terms()
    before = _tables_with(MARK)
    assert {
        "tickets_report", "tickets_reporter", "tickets_comment", "tickets_reportdetails",
        "tickets_attachment", "tickets_signal", "tickets_triage", "tickets_ticket",
        "tickets_searchdocument", "tickets_searchword", "tickets_posting", "tickets_reportwords",
        "tickets_termcount", "core_outboxmessage",
    } <= before  # fmt: skip
    path, events = Attachment.objects.get().path, TicketEvent.objects.count()

    request = _erase(kim, now)
    tasks.recount_words()

    assert _tables_with(MARK) == set()
    assert not default_storage.exists(path) and not DoomedFile.objects.exists()
    assert TicketEvent.objects.count() == events
    assert request.finished_at and request.counts["reports"] == 3
    assert request.counts["comments"] == 1 and request.counts["mails"] > 2
    assert not StatusLink.objects.exists()
    event = ClientEvent.objects.get(kind="person.erased")
    assert event.data == {"request": request.pk}


def test_numbers_states_and_reach_stay(kim: Reporter, now: datetime) -> None:
    ticket = Ticket.objects.get()
    before = (ticket.number, ticket.state, ticket.reach, ticket.unsigned_reach, ticket.severity)
    _erase(kim, now)
    ticket.refresh_from_db()
    assert before == (
        ticket.number, ticket.state, ticket.reach, ticket.unsigned_reach, ticket.severity,
    )  # fmt: skip
    assert ticket.title.endswith("(erased)")
    report = Report.objects.get(pk=ticket.number)
    assert report.headline == "Erased" and report.erased_at
    assert [signal.kind for signal in report.signals.all()] == ["release"]


def test_erasing_again_changes_nothing_and_who_comes_again_is_somebody_new(
    kim: Reporter, project: Project, now: datetime
) -> None:
    _erase(kim, now)
    again = _erase(kim, now)
    assert again.counts["reports"] == again.counts["comments"] == again.counts["mails"] == 0
    fresh = factories.make_report(project, "Me again", email=KIM, now=now)
    assert fresh.reporter_id != kim.pk
    assert Report.objects.get(pk=fresh.pk).text == "Me again"


def test_an_erasure_that_was_stopped_goes_on(
    kim: Reporter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies between any two steps; whoever is next finds what is left."""
    request = actions.erase_person(client_id=kim.client_id, reporter_id=kim.pk, actor=None, now=now)
    assert request == actions.erase_person(
        client_id=kim.client_id, reporter_id=kim.pk, actor=None, now=now
    )
    erased: list[int] = []
    whole = actions.rights.erase_report  # type: ignore[attr-defined]

    def dies_after_one(*, report_id: int, now: datetime) -> bool:
        if erased:
            raise KeyboardInterrupt
        erased.append(report_id)
        return bool(whole(report_id=report_id, now=now))

    monkeypatch.setattr("tickets.actions.rights.erase_report", dies_after_one)
    with pytest.raises(KeyboardInterrupt):
        actions.run_erasures(now=now)
    assert Report.objects.filter(erased_at=None).count() == 2
    monkeypatch.undo()
    assert actions.run_erasures(now=now) == 0, "the lease of the dead worker holds"
    assert actions.run_erasures(now=now + timedelta(minutes=16)) == 1
    request.refresh_from_db()
    assert request.finished_at and _tables_with(KIM) == set()


def test_mails_that_are_still_leaving_are_waited_for_and_the_person_s_own_are_stopped(
    kim: Reporter, engineer: User, now: datetime
) -> None:
    ticket = Ticket.objects.get()
    actions.reply_to_ticket(ticket_id=ticket.pk, body=f"Dear {MARK}", actor=engineer, now=now)
    OutboxMessage.objects.filter(recipient=engineer.email).update(
        state=OutboxMessage.State.PENDING, due_at=now, sent_at=None
    )
    request = _erase(kim, now)
    assert not request.finished_at and "still leaving" in request.last_error
    stopped = OutboxMessage.objects.filter(state=OutboxMessage.State.FAILED)
    assert stopped.exists() and not OutboxMessage.objects.filter(recipient=KIM).exists()
    deliver_due()
    actions.run_erasures(now=now + timedelta(hours=1))
    assert PersonRequest.objects.get().finished_at
    assert "core_outboxmessage" not in _tables_with(MARK)


def test_another_person_s_words_stay(
    kim: Reporter, project: Project, engineer: User, now: datetime
) -> None:
    ticket = Ticket.objects.get()
    other = factories.make_triaged_report(project, text="Lee's words", email="lee@x.test", now=now)
    actions.join_report(report_id=other.pk, number=ticket.number, actor=engineer, now=now)
    actions.note_on_ticket(ticket_id=ticket.pk, body="Our note", actor=engineer, now=now)
    _erase(kim, now)
    other.refresh_from_db()
    assert other.text == "Lee's words" and other.reporter and other.reporter.email == "lee@x.test"
    assert Comment.objects.filter(body="Our note").exists()


def test_only_the_client_s_own_is_erased(
    kim: Reporter, foreign_project: Project, now: datetime
) -> None:
    elsewhere = factories.make_report(foreign_project, "Elsewhere", email=KIM, now=now)
    _erase(kim, now)
    elsewhere.refresh_from_db()
    assert elsewhere.text == "Elsewhere" and elsewhere.reporter and elsewhere.reporter.email == KIM


def test_who_is_of_the_team_has_to_leave_it_first(
    project: Project, bob: User, alice: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, text=f"By {MARK}", by=bob, now=now)
    actions.reply_to_report(report_id=report.pk, body=f"More of {MARK}", actor=bob, now=now)
    assert report.reporter_id
    who = {"client_id": project.client_id, "email": bob.email, "actor": alice, "now": now}
    with pytest.raises(MoveRefused):
        actions.erase_person(**who)  # type: ignore[arg-type]
    remove_member(member_id=bob.memberships.get().pk, actor=alice, now=now)
    actions.erase_person(**who)  # type: ignore[arg-type]
    deliver_due()
    tasks.erase_people()
    tasks.recount_words()
    assert _tables_with(MARK) == set()
    comment = Comment.objects.get()
    assert comment.author_user is None and comment.author_reporter_id == report.reporter_id
    reporter = Reporter.objects.get(pk=report.reporter_id)
    assert reporter.user is None and reporter.counts


def test_nobody_unknown_is_erased(acme: Client, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        actions.erase_person(client_id=acme.pk, email="no@x.test", actor=None, now=now)
    assert not PersonRequest.objects.exists()


def _unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_export_has_all_that_is_kept(kim: Reporter, now: datetime) -> None:
    pieces = actions.export_person(client_id=kim.client_id, email=KIM.upper(), actor=None, now=now)
    found = _unzipped(b"".join(pieces))
    assert json.loads(found["person.json"])[0]["email"] == KIM
    reports = [json.loads(data) for name, data in found.items() if name.startswith("reports/")
               and name.endswith(".json")]  # fmt: skip
    assert len(reports) == 3
    assert reports[0]["answers"] == {"order": MARK} and reports[0]["context"] == {"console": [MARK]}
    files = [data for name, data in found.items() if name.endswith(f"-{MARK}.txt")]
    assert files == [MARK.encode()]
    said = [json.loads(data)["body"] for name, data in found.items() if "comments/" in name]
    assert said == [f"Said by {MARK}"]
    mails = [json.loads(data) for name, data in found.items() if "mails/" in name]
    assert mails and {mail["to"] for mail in mails} == {KIM}
    request = PersonRequest.objects.get()
    assert request.kind == "export" and request.finished_at
    assert ClientEvent.objects.filter(kind="person.exported").exists()
    assert "tickets_personrequest" not in _tables_with(MARK)


def test_an_upper_app_gives_out_and_erases_its_part(kim: Reporter, now: datetime) -> None:
    seen: list[Person] = []

    def export(person: Person) -> Iterator[people.Part]:
        yield "errors/1.json", {"of": person.emails}

    def erase(person: Person, now: datetime) -> int:
        seen.append(person)
        return 7

    people.register(Holding("errors", export, erase))
    try:
        pieces = actions.export_person(client_id=kim.client_id, email=KIM, actor=None, now=now)
        assert "errors/1.json" in _unzipped(b"".join(pieces))
        assert _erase(kim, now).counts["errors"] == 7
    finally:
        people._holdings.pop("errors")
    assert seen[0].emails == (KIM,) and seen[0].reporter_ids == (kim.pk,)


def test_an_owner_exports_and_erases_and_says_how_long_it_is_kept(
    kim: Reporter, alice: User, project: Project
) -> None:
    browser, path = signed_in(alice), "/portal/settings/people/"
    assert KIM in browser.get(path, {"q": MARK}).content.decode()
    assert KIM not in browser.get(path, {"q": "nobody"}).content.decode()
    archive = browser.post(path, {"action": "export", "person": kim.pk})
    assert archive["Content-Type"] == "application/zip"
    assert "person.json" in _unzipped(b"".join(archive))
    wrong = browser.post(path, {"action": "erase", "person": kim.pk, "confirm": "kim"}, follow=True)
    assert f"Type {KIM}" in wrong.content.decode()
    assert not PersonRequest.objects.filter(kind="erase").exists()
    browser.post(path, {"action": "erase", "person": kim.pk, "confirm": KIM})
    assert PersonRequest.objects.get(kind="erase").asked_by == alice
    kept = {"action": "retention", "project": project.pk}
    browser.post(path, {**kept, "retention_days": "365"})
    project.refresh_from_db()
    assert project.retention_days == 365
    for days in ("7", "-1", "many", "9999"):
        browser.post(path, {**kept, "retention_days": days})
    project.refresh_from_db()
    assert project.retention_days == 365
    browser.post(path, {**kept, "retention_days": ""})
    project.refresh_from_db()
    assert project.retention_days is None


def test_strangers_members_and_engineers_come_to_neither_page(
    kim: Reporter, bob: User, charlie: User, engineer: User, alice: User, foreign_project: Project
) -> None:
    path = "/portal/settings/people/"
    assert signed_in(bob).get(path).status_code == 403
    stranger = signed_in(charlie)
    assert KIM not in stranger.get(path).content.decode()
    for sent in (
        {"action": "export", "person": kim.pk},
        {"action": "erase", "person": kim.pk, "confirm": KIM},
        {"action": "retention", "project": kim.reports.all()[0].project_id, "retention_days": "99"},
    ):
        assert stranger.post(path, sent).status_code == 404
    assert not PersonRequest.objects.exists()
    console = f"/console/clients/{kim.client_id}/reporters/"
    assert signed_in(engineer).get(console).status_code == 403
    assert signed_in(alice).get(console).status_code in (302, 403)


def test_ops_admins_export_and_erase_in_the_console(kim: Reporter, ops_admin: User) -> None:
    browser, path = signed_in(ops_admin), f"/console/clients/{kim.client_id}/reporters/"
    assert path in browser.get(f"/console/clients/{kim.client_id}/").content.decode()
    archive = browser.post(path, {"do": "export", "person": kim.pk})
    assert "person.json" in _unzipped(b"".join(archive))
    refused = browser.post(path, {"do": "erase", "person": kim.pk, "confirm": ""})
    assert refused.status_code == 400 and f"Type {KIM}" in refused.content.decode()
    browser.post(path, {"do": "erase", "person": kim.pk, "confirm": KIM})
    tasks.erase_people()
    page = browser.get(path).content.decode()
    assert "done, 3 reports" in page and MARK not in page


def test_the_pages_cost_the_same_however_many_people_there_are(
    kim: Reporter, project: Project, alice: User, ops_admin: User, now: datetime
) -> None:
    pages = [
        (signed_in(alice), "/portal/settings/people/", 14),
        (signed_in(ops_admin), f"/console/clients/{kim.client_id}/reporters/", 16),
    ]
    for n in range(6):
        factories.make_report(project, email=f"p{n}@x.test", now=now)
    for browser, path, most in pages:
        with CaptureQueriesContext(connection) as seen:
            browser.get(path)
        assert len(seen) <= most, path


def test_commands_export_and_erase(kim: Reporter, tmp_path: Path) -> None:
    who = {"client": kim.client_id, "email": KIM}
    target = tmp_path / "kim.zip"
    call_command("export_person", target, **who, stdout=io.StringIO())
    assert "person.json" in _unzipped(target.read_bytes())
    said = io.StringIO()
    call_command("erase_person", yes=True, stdout=said, **who)
    assert "Erased: " in said.getvalue() and "3 reports" in said.getvalue()
    with pytest.raises(CommandError):
        call_command("erase_person", yes=True, **who)
