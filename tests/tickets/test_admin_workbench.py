from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from clients.models import Project, User
from core.models import OutboxMessage
from tests.console import post, said
from tests.factories import make_release, make_report, make_ticket
from tests.portal import signed_in
from tickets.actions import edit_ticket, note_on_ticket, reply_to_ticket, save_macro
from tickets.models import Attachment, Comment, Macro, Report, Source, Ticket, TimeEntry, Timer


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def ticket(project: Project, alice: User, engineer: User, now: datetime) -> Ticket:
    """Alice's ticket, in the queue."""
    report = make_report(project, "Nothing happens <i>at all</i>", by=alice, now=now)
    return make_ticket(report, engineer=engineer, now=now)


def path(ticket: Ticket) -> str:
    return f"/console/tickets/{ticket.number}/"


def terms(ticket: Ticket, **changes: object) -> dict[str, object]:
    """Give what the form of terms sends."""
    return {
        "version": ticket.version,
        "kind": ticket.kind,
        "severity": ticket.severity,
        "title": ticket.title,
        "estimate_minutes": ticket.estimate_minutes,
        **changes,
    }


def test_everything_needed_to_fix_it_stands_on_one_page(
    ticket: Ticket, project: Project, engineer: User, now: datetime
) -> None:
    Project.objects.filter(pk=project.pk).update(
        repository_url="https://git.acme.example/shop",
        deploy_steps="make deploy",
        rollback_steps="make rollback",
        vault_url="https://vault.acme.example/1",
    )
    make_release(project=project, version="2.4.1", deployed_at=now - timedelta(minutes=40), now=now)
    note_on_ticket(
        ticket_id=ticket.pk, body="The queue worker is **down**.", actor=engineer, now=now
    )
    reply_to_ticket(ticket_id=ticket.pk, body="We look at it.", actor=engineer, now=now)

    page = signed_in(engineer).get(path(ticket)).content.decode()

    for fact in (
        "Nothing happens &lt;i&gt;at all&lt;/i&gt;", "Alice Adams", "https://git.acme.example/shop",
        "make deploy", "make rollback", "https://vault.acme.example/1", "2.4.1",
        "<strong>down</strong>", "Internal note, staff only", "We look at it.",
        "40 min before the first report", "opened the ticket as S3, P3",
    ):  # fmt: skip
        assert fact in page, fact


def test_a_public_reply_is_mailed_and_a_note_is_not(ticket: Ticket, engineer: User) -> None:
    OutboxMessage.objects.all().delete()
    post(engineer, path(ticket), "note", body="It is the worker.")
    assert not OutboxMessage.objects.exists()

    answer = post(engineer, path(ticket), "reply", body="We found it.")

    assert OutboxMessage.objects.get().recipient == "alice@acme.test"
    assert "on its way" in said(answer)
    assert {c.visibility: c.body for c in Comment.objects.all()} == {
        "internal": "It is the worker.",
        "public": "We found it.",
    }


def test_a_double_click_replies_once(ticket: Ticket, engineer: User) -> None:
    browser = signed_in(engineer)
    for _ in range(2):
        browser.post(path(ticket), {"do": "reply", "body": "Once.", "form_key": "same"})

    assert Comment.objects.count() == 1


def test_a_refused_reply_keeps_its_words_and_its_file(ticket: Ticket, engineer: User) -> None:
    words = "x" * 20_001
    file = SimpleUploadedFile("trace.txt", b"Traceback: boom")
    browser = signed_in(engineer)
    answer = browser.post(path(ticket), {"do": "reply", "body": words, "attachments": file})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert words in page
    assert "Kept: trace.txt" in page
    kept = Attachment.objects.get()
    browser.post(path(ticket), {"do": "reply", "body": "Shorter.", "kept": f"{kept.pk},"})
    kept.refresh_from_db()
    assert kept.comment is not None and kept.comment.body == "Shorter."


def test_a_file_that_is_not_what_it_says_is_refused(ticket: Ticket, engineer: User) -> None:
    program = SimpleUploadedFile("picture.png", b"MZ\x90\x00" + b"\x00" * 200)
    answer = signed_in(engineer).post(
        path(ticket), {"do": "note", "body": "See.", "attachments": program}
    )

    assert answer.status_code == 400
    assert said(answer)
    assert not Comment.objects.exists()


def test_a_stale_edit_is_refused_and_shows_both(
    ticket: Ticket, engineer: User, engineer2: User, now: datetime
) -> None:
    sent = terms(ticket, title="My title", severity="S2")
    edit_ticket(
        ticket_id=ticket.pk, version=ticket.version, kind="bug", severity="S1",
        title="Their title", estimate_minutes=60, actor=engineer2, now=now,
    )  # fmt: skip

    answer = post(engineer, path(ticket), "edit", **sent)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "changed while you were writing" in said(answer)
    assert "My title" in page
    assert "It says now: Their title" in page
    assert "It is S1 now." in page
    ticket.refresh_from_db()
    assert ticket.title == "Their title"


def test_saving_the_terms_confirms_the_severity(ticket: Ticket, engineer: User) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(severity_confirmed_at=None)
    page = signed_in(engineer).get(path(ticket)).content.decode()
    assert "S3 proposed" in page and "Confirm severity and save" in page

    post(engineer, path(ticket), "edit", **terms(ticket))

    ticket.refresh_from_db()
    assert ticket.severity_confirmed_at is not None


def test_a_ticket_goes_its_whole_way_by_the_buttons(ticket: Ticket, engineer: User) -> None:
    steps: list[tuple[str, dict[str, str], str]] = [
        ("start", {}, "in_progress"),
        ("wait", {"question": "Which browser?"}, "waiting"),
        ("resume", {}, "in_progress"),
        ("to_review", {"pull_request_url": "https://git.acme.example/1"}, "in_review"),
        ("from_review", {}, "in_progress"),
        ("to_review", {}, "in_review"),
        ("ship", {"release": "2.5.0"}, "shipped"),
        ("reopen", {"reason": "It came back."}, "queued"),
        ("start", {}, "in_progress"),
        ("put_back", {}, "queued"),
        ("close", {"message": "It is not needed."}, "closed"),
    ]
    for do, data, state in steps:
        page = signed_in(engineer).get(path(ticket)).content.decode()
        assert f'value="{do}"' in page, do
        answer = post(engineer, path(ticket), do, **data)
        assert answer.status_code == 200, said(answer)
        ticket.refresh_from_db()
        assert ticket.state == state


def test_only_moves_that_are_allowed_are_offered(ticket: Ticket, engineer: User) -> None:
    page = signed_in(engineer).get(path(ticket)).content.decode()

    for move in ("start", "wait", "assign", "close"):
        assert f'value="{move}"' in page
    for move in ("ship", "to_review", "from_review", "reopen", "resume", "put_back"):
        assert f'value="{move}"' not in page


def test_a_move_that_came_too_late_says_so_and_keeps_what_was_typed(
    ticket: Ticket, engineer: User
) -> None:
    post(engineer, path(ticket), "close", message="Done with it.")
    answer = post(engineer, path(ticket), "ship", release="2.5.0")

    assert answer.status_code == 409
    assert "cannot become shipped" in said(answer)


def test_the_clock_is_one_gesture_and_moves_with_the_engineer(
    ticket: Ticket, project: Project, engineer: User, now: datetime
) -> None:
    other = make_ticket(project=project, engineer=engineer, now=now)
    post(engineer, path(ticket), "start_timer")
    Timer.objects.update(started_at=now - timedelta(minutes=20))
    assert "Stop and log" in signed_in(engineer).get(path(ticket)).content.decode()
    assert f'runs on <a href="{path(ticket)}"' in (
        signed_in(engineer).get(path(other)).content.decode()
    )

    post(engineer, path(other), "start_timer")

    assert TimeEntry.objects.get().ticket == ticket
    assert 20 <= TimeEntry.objects.get().minutes <= 22
    post(engineer, path(other), "discard_timer")
    assert TimeEntry.objects.count() == 1
    assert "No timer" in said(post(engineer, path(other), "stop_timer"))


@pytest.mark.parametrize(
    "sent",
    [
        {"minutes": "0"}, {"minutes": ""}, {"minutes": "1.5"}, {"minutes": "99999"},
        {"minutes": "5", "work_date": "tomorrow"}, {"minutes": "5", "work_date": "2999-01-01"},
    ],
)  # fmt: skip
def test_senseless_time_is_refused_and_stays_typed(
    sent: dict[str, str], ticket: Ticket, engineer: User
) -> None:
    answer = post(engineer, path(ticket), "log", note="Looked", **sent)

    assert answer.status_code == 400
    assert said(answer)
    assert 'value="Looked"' in answer.content.decode()
    assert not TimeEntry.objects.exists()


def test_time_is_voided_by_who_logged_it_and_only_from_its_ticket(
    ticket: Ticket, project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    post(engineer, path(ticket), "log", minutes="25")
    entry = TimeEntry.objects.get()
    other = make_ticket(project=project, engineer=engineer, now=now)

    assert "no such entry" in said(post(engineer, path(other), "void", entry=entry.pk))
    assert "Only who logged" in said(post(engineer2, path(ticket), "void", entry=entry.pk))
    post(engineer, path(ticket), "void", entry=entry.pk)

    entry.refresh_from_db()
    assert entry.voided_at is not None


def test_saved_replies_come_filled_in(ticket: Ticket, engineer: User) -> None:
    body = "Hello {reporter}, #{number} of {project}."
    save_macro(name="Thanks", body=body, actor=engineer, now=timezone.now())

    page = signed_in(engineer).get(path(ticket)).content.decode()

    assert f"Hello Alice Adams, #{ticket.number} of Acme Shop." in page


def test_who_else_looks_is_shown(ticket: Ticket, engineer: User, engineer2: User) -> None:
    signed_in(engineer2).post(f"{path(ticket)}viewers/", {"version": ticket.version})

    part = signed_in(engineer).post(f"{path(ticket)}viewers/", {"version": ticket.version})

    text = part.content.decode()
    assert "Emil Ernst looks at this too" in text
    assert "Erin Engel" not in text
    assert "changed" not in text


def test_a_change_by_somebody_else_is_announced_on_the_open_page(
    ticket: Ticket, engineer: User, engineer2: User
) -> None:
    seen = ticket.version
    post(engineer2, path(ticket), "start")

    part = signed_in(engineer).post(f"{path(ticket)}viewers/", {"version": seen})

    assert "This ticket changed" in part.content.decode()


def test_a_link_that_is_none_is_refused(ticket: Ticket, engineer: User) -> None:
    answer = post(engineer, path(ticket), "link", url="javascript:alert(1)")

    assert answer.status_code == 400
    assert ticket.links.count() == 0


def test_the_page_takes_the_same_queries_with_more_reports_and_talk(
    ticket: Ticket, engineer: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    browser = signed_in(engineer)
    note_on_ticket(ticket_id=ticket.pk, body="One.", actor=engineer, now=now)
    with django_assert_max_num_queries(32) as few:
        browser.get(path(ticket))
    for _ in range(6):
        note_on_ticket(ticket_id=ticket.pk, body="More.", actor=engineer, now=now)
        post(engineer, path(ticket), "log", minutes="5")
    with django_assert_max_num_queries(32) as many:
        browser.get(path(ticket))

    assert len(many) == len(few)


def test_a_report_is_filed_for_a_member_who_called(
    project: Project, alice: User, engineer: User
) -> None:
    member = alice.memberships.get()
    data = {"project": project.pk, "member": member.pk, "text": "She says\n  it is down."}

    answer = post(engineer, "/console/report/", **data)

    report = Report.objects.get()
    assert (report.source, report.text) == (Source.STAFF, "She says\n  it is down.")
    assert report.reporter is not None and report.reporter.user == alice
    assert answer.redirect_chain[-1][0] == f"/console/triage/{report.pk}/"


@pytest.mark.parametrize(
    "sent",
    [
        {"project": ""}, {"project": "999999"}, {"text": " "}, {"member": "999999"},
        {"member": "x"}, {"email": "no address"}, {"claimed_severity": "S9"},
        {"page_url": "x" * 2001},
    ],
)  # fmt: skip
def test_a_senseless_report_is_refused_and_keeps_its_text(
    sent: dict[str, str], project: Project, engineer: User
) -> None:
    answer = post(
        engineer, "/console/report/", **{"project": project.pk, "text": "It is down.", **sent}
    )

    assert answer.status_code == 400
    assert said(answer)
    assert Report.objects.count() == 0
    if "text" not in sent:
        assert "It is down." in answer.content.decode()


def test_a_member_of_another_client_cannot_be_the_reporter(
    project: Project, charlie: User, engineer: User
) -> None:
    stranger = charlie.memberships.get()
    data = {"project": project.pk, "member": stranger.pk, "text": "Down."}

    answer = post(engineer, "/console/report/", **data)

    assert "not a member of the app" in said(answer)


def test_saved_replies_are_written_and_changed(engineer: User) -> None:
    post(engineer, "/console/saved-replies/", name="Hi", body="Hello", is_active="on")
    answer = post(engineer, "/console/saved-replies/", name="Hi", body="Again")
    assert answer.status_code == 422
    assert "Again" in answer.content.decode()

    macro = Macro.objects.get()
    post(engineer, "/console/saved-replies/", macro=macro.pk, name="Hi", body="Hello there")
    macro.refresh_from_db()
    assert (macro.body, macro.is_active) == ("Hello there", False)


def test_only_an_ops_admin_fills_the_rota(engineer: User, ops_admin: User) -> None:
    shift = {
        "engineer": engineer.pk, "starts_at": "2026-12-01T09:00", "ends_at": "2026-12-08T09:00",
    }  # fmt: skip
    assert post(engineer, "/console/on-call/", **shift).status_code == 403
    assert engineer.shifts.count() == 0

    post(ops_admin, "/console/on-call/", **shift)
    planned = engineer.shifts.get()
    page = signed_in(ops_admin).get("/console/on-call/").content.decode()
    assert f'aria-label="Remove the shift of {engineer} from 1 December"' in page
    assert post(engineer, "/console/on-call/", end=planned.pk).status_code == 403
    post(ops_admin, "/console/on-call/", end=planned.pk)
    assert engineer.shifts.count() == 0

    post(ops_admin, "/console/on-call/", **shift)
    assert engineer.shifts.count() == 1
    for senseless in (
        {"starts_at": "soon"}, {"starts_at": "0001-01-01T00:00"}, {"ends_at": "9999-12-31T23:59"},
        {"ends_at": "2026-11-01T09:00"}, {"engineer": "x"},
    ):  # fmt: skip
        answer = post(ops_admin, "/console/on-call/", **{**shift, **senseless})
        assert answer.status_code == 400
        assert said(answer)


def test_the_workbench_leads_to_merging_with_what_it_looks_like(
    ticket: Ticket, project: Project, engineer: User, foreign_project: Project, now: datetime
) -> None:
    told: dict[str, Any] = {"text": "PayPal orders get no credits since yesterday", "now": now}
    one, other = (
        make_ticket(project=project, engineer=engineer, title="No credits", **told)
        for _ in range(2)
    )
    foreign = make_ticket(project=foreign_project, title="No credits", **told)
    browser = signed_in(engineer)
    page = browser.get(f"/console/tickets/{one.number}/").content.decode()
    assert f'hx-get="/console/tickets/{one.number}/like/"' in page
    shown = browser.get(f"/console/tickets/{one.number}/like/").content.decode()
    assert f"/console/tickets/{one.number}/merge/?into={other.number}" in shown
    assert f"#{foreign.number}" not in shown and f"into={one.number}" not in shown
    alone = browser.get(f"/console/tickets/{foreign.number}/like/").content.decode()
    assert "No open or lately shipped ticket" in alone
