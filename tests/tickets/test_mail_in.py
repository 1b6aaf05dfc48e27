"""Mail that comes in: kept first, then a report, a reply, a note to approve, or nothing."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from clients.models import Project, User
from core.errors import InvalidInput, MoveRefused, NotAllowed
from core.mail_addresses import project_address, reply_address, thread_of
from core.models import OutboxMessage
from tests import factories
from tests.portal import signed_in
from tickets import actions
from tickets.models import Attachment, Comment, InboundMail, Report, Ticket
from tickets.queries.mail import own_domain
from tickets.rules.states import TicketState

HOST = "mx.shipops.test"


@pytest.fixture(autouse=True)
def mail_comes_in(settings: Any) -> None:
    settings.INBOUND_MAIL_ADDRESS = "bugs@in.shipops.test"
    settings.INBOUND_TRUSTED_AUTHSERV = HOST


def write(to: str, body: str = "The export is broken.", **headers: str) -> bytes:
    letter = EmailMessage()
    facts = {"From": "Dora <dora@mail.test>", "To": to, "Subject": "Export", **headers}
    for name, value in facts.items():
        letter[name.replace("_", "-")] = value
    letter.set_content(body)
    return letter.as_bytes()


def come(raw: bytes, now: datetime, recipient: str = "") -> InboundMail:
    mail = actions.keep_mail(raw=raw, via="imap", recipient=recipient, now=now)
    actions.take_mails(now=now, mail_id=mail.pk)
    mail.refresh_from_db()
    return mail


def passed(domain: str, host: str = HOST) -> str:
    return f"{host}; dmarc=pass (p=REJECT) header.from={domain}; spf=pass"


@pytest.fixture
def report(project: Project, now: datetime) -> Report:
    return factories.make_triaged_report(project, email="dora@mail.test", now=now)


def test_a_mail_to_a_project_is_a_report_and_is_answered_with_its_number(
    project: Project, now: datetime
) -> None:
    mail = come(write(project_address(project.mail_token), Message_ID="<1@mail.test>"), now)
    report = Report.objects.get()
    assert (mail.state, mail.report, mail.kind) == ("taken", report, "new")
    assert (report.project, report.source, report.title) == (project, "email", "Export")
    assert report.text.strip() == "The export is broken."
    assert report.reporter is not None and report.reporter.email == "dora@mail.test"
    answer = OutboxMessage.objects.get(recipient="dora@mail.test")
    assert f"#{report.pk}" in answer.subject
    assert answer.headers["In-Reply-To"] == "<1@mail.test>"
    assert answer.headers["List-Id"].endswith(f"<{project.slug}.{own_domain()}>")


def test_the_same_mail_again_is_one_report(project: Project, now: datetime) -> None:
    raw = write(project_address(project.mail_token), Message_ID="<1@mail.test>")
    first = come(raw, now)
    assert come(raw, now) == first
    actions.take_mails(now=now + timedelta(hours=1))
    assert Report.objects.count() == 1


def test_files_come_along_and_one_that_is_refused_loses_nothing_else(
    project: Project, now: datetime
) -> None:
    letter = EmailMessage()
    letter["From"], letter["Subject"] = "dora@mail.test", "Export"
    letter["To"] = project_address(project.mail_token)
    letter.set_content("See.")
    letter.add_attachment("a;b\n", filename="table.csv")
    letter.add_attachment(b"MZ\x90\x00" * 40, "application", "x-msdownload", filename="x.exe")
    come(letter.as_bytes(), now)
    assert [file.name for file in Attachment.objects.filter(report__isnull=False)][0] == "table.csv"
    assert Report.objects.count() == 1


def with_file(**headers: str) -> bytes:
    letter = EmailMessage()
    for name, value in headers.items():
        letter[name.replace("_", "-")] = value
    letter.set_content("See.")
    letter.add_attachment("a;b\n", filename="table.csv")
    return letter.as_bytes()


def test_files_of_a_member_come_along_to_a_report_and_to_a_reply(
    project: Project, alice: User, now: datetime
) -> None:
    facts = {"From": alice.email, "Authentication_Results": passed(alice.email.split("@")[1])}
    come(with_file(To=project_address(project.mail_token), **facts), now)
    report = Report.objects.get()
    assert report.reporter is not None and report.reporter.user == alice
    assert come(with_file(To=reply_address(report.pk), **facts), now).state == "taken"
    names = ["table.csv", "table.csv"]
    assert [file.name for file in Attachment.objects.exclude(report=None, comment=None)] == names


@pytest.mark.parametrize("sender", ["", "Kim <kim@host>", f"<{'a' * 300}@mail.test>"])
def test_a_sender_without_a_mail_address_is_heard(
    sender: str, project: Project, engineer: User, now: datetime
) -> None:
    mail = come(write(project_address(project.mail_token), From=sender), now)
    assert mail.state == "taken", mail.last_error
    reply = write(reply_address(Report.objects.get().pk), "More.", From=sender)
    held = come(reply, now)
    assert held.state == "held"
    actions.approve_mail(mail_id=held.pk, actor=engineer, now=now)
    assert Comment.objects.filter(visibility="public", body="More.").count() == 1


def test_an_answer_to_the_address_of_a_thread_is_said_by_its_reporter(
    report: Report, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(report, engineer=engineer, now=now)
    to = reply_address(report.pk).upper()
    mail = come(write(to, "It was at noon.\n\nOn Monday ShipOps wrote:\n> When?"), now)
    said = Comment.objects.get(visibility="public")
    assert mail.state == "taken" and mail.comment == said
    assert (said.ticket, said.author_reporter, said.body) == (
        ticket, report.reporter, "It was at noon.",
    )  # fmt: skip


def test_an_unknown_sender_is_held_for_approval_and_never_heard_before(
    report: Report, engineer: User, now: datetime
) -> None:
    factories.make_ticket(report, engineer=engineer, now=now)
    # Somebody signed by the client's app has the same address, and is not meant.
    report.client.reporters.create(email="eve@mail.test", signed_id="7")
    mail = come(with_file(To=reply_address(report.pk), From="Eve <eve@mail.test>"), now)
    note = Comment.objects.get()
    assert mail.state == "held" and (note.visibility, note.by_staff) == ("internal", True)
    assert "eve@mail.test" in note.body and "> See." in note.body

    actions.approve_mail(mail_id=mail.pk, actor=engineer, now=now)
    said = Comment.objects.get(visibility="public")
    assert said.body == "See." and said.attachments.get().name == "table.csv"
    assert said.author_reporter is not None and said.author_reporter.email == "eve@mail.test"
    with pytest.raises(MoveRefused):
        actions.approve_mail(mail_id=mail.pk, actor=engineer, now=now)


def test_a_thread_named_by_message_id_alone_needs_a_sender_who_is_proven(
    report: Report, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(report, engineer=engineer, now=now)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="When?", actor=engineer, now=now)
    ours = OutboxMessage.objects.get(recipient="dora@mail.test")
    answers = {"In_Reply_To": f"<outbox-{ours.pk}@{own_domain()}>"}
    assert come(write("bugs@in.shipops.test", "Forged.", **answers), now).state == "held"
    proven = {**answers, "Authentication_Results": passed("mail.test")}
    assert come(write("bugs@in.shipops.test", "At noon.", **proven), now).state == "taken"
    assert Comment.objects.latest("pk").author_reporter == report.reporter


def test_ids_of_another_client_s_mails_lead_into_no_thread_of_theirs(
    report: Report, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(report, engineer=engineer, now=now)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="When?", actor=engineer, now=now)
    ours = OutboxMessage.objects.get(recipient="dora@mail.test")
    other = factories.make_project(factories.make_client(name="Other"))
    guess = {"In_Reply_To": f"<outbox-{ours.pk}@{own_domain()}>"}
    mail = come(write(project_address(other.mail_token), "Guess.", **guess), now)
    assert mail.state == "taken" and mail.project == other
    assert not Comment.objects.filter(body__contains="Guess").exists()


@pytest.mark.parametrize(
    "results",
    ["", passed("acme.test", "mx.evil.test"), passed("evil.test"), f"{HOST}; dmarc=fail"],
)
def test_a_from_names_a_member_only_where_dmarc_passes(
    results: str, project: Project, alice: User, now: datetime
) -> None:
    to = project_address(project.mail_token)
    headers = {"From": alice.email, "Authentication_Results": results} if results else {
        "From": alice.email
    }  # fmt: skip
    come(write(to, **headers), now)
    reporter = Report.objects.get().reporter
    assert reporter is not None and reporter.user is None
    true = {"From": alice.email, "Authentication_Results": passed(alice.email.split("@")[1])}
    come(write(to, "Another.", **true), now)
    reporter = Report.objects.latest("pk").reporter
    assert reporter is not None and reporter.user == alice


def test_what_machines_write_opens_nothing_and_is_not_answered(
    project: Project, now: datetime
) -> None:
    to = project_address(project.mail_token)
    for headers in (
        {"Auto_Submitted": "auto-replied"}, {"List_Id": "<x.test>"}, {"X_Spam_Flag": "YES"},
        {"From": "no-reply@mail.test"},
    ):  # fmt: skip
        assert come(write(to, str(headers), **headers), now).state == "set_aside"
    assert not Report.objects.exists() and not OutboxMessage.objects.exists()


def test_a_bounce_is_noted_on_the_mail_that_came_back(report: Report, now: datetime) -> None:
    ours = OutboxMessage.objects.create(
        recipient="dora@mail.test", subject="x", state="sent", sent_at=now, created_at=now,
        channel="mail",
    )  # fmt: skip
    body = f"550 unknown user\n\nMessage-ID: <outbox-{ours.pk}@{own_domain()}>"
    headers = {"From": "MAILER-DAEMON@mail.test", "Subject": "Undelivered Mail Returned to Sender"}
    mail = come(write(reply_address(report.pk), body, **headers), now)
    ours.refresh_from_db()
    assert (mail.state, mail.why) == ("set_aside", "bounce")
    assert ours.last_error.startswith("It came back")
    assert not Comment.objects.exists()


def test_a_loop_ends_after_the_second_round(project: Project, now: datetime) -> None:
    to = project_address(project.mail_token)
    mails = [come(write(to, "We got your mail.", Message_ID=f"<{n}@x>"), now) for n in range(4)]
    assert [mail.state for mail in mails] == ["taken", "taken", "set_aside", "set_aside"]
    assert mails[2].why == "loop"
    assert OutboxMessage.objects.filter(recipient="dora@mail.test").count() == 2
    assert come(write(to, "We got it."), now + timedelta(hours=2)).state == "taken"


def test_who_writes_more_often_is_heard_and_no_more_than_twice_an_hour_answered(
    project: Project, now: datetime
) -> None:
    to = project_address(project.mail_token)
    mails = [come(write(to, f"Export {n} fails, too."), now) for n in range(4)]
    assert {mail.state for mail in mails} == {"taken"} and Report.objects.count() == 4
    assert OutboxMessage.objects.filter(recipient="dora@mail.test").count() == 2


def test_what_came_to_no_address_of_ours_is_set_aside(project: Project, now: datetime) -> None:
    for to in (
        "bugs@in.shipops.test",
        "bugs+aaaaaaaaaa@in.shipops.test",
        f"bugs+{project.mail_token}@evil.test",
    ):
        mail = come(write(to), now)
        assert (mail.state, mail.why) == ("set_aside", "no_address")


def test_staff_may_file_what_was_set_aside(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    mail = come(write(project_address(project.mail_token), List_Id="<x.test>"), now)
    with pytest.raises(NotAllowed):
        actions.file_mail(mail_id=mail.pk, actor=alice, now=now)
    assert (
        actions.file_mail(mail_id=mail.pk, actor=engineer, now=now).report == Report.objects.get()
    )
    with pytest.raises(MoveRefused):
        actions.file_mail(mail_id=mail.pk, actor=engineer, now=now)


def test_mail_approves_and_moves_nothing(report: Report, engineer: User, now: datetime) -> None:
    ticket = factories.make_ticket(report, engineer=engineer, state="shipped", now=now)
    come(write(reply_address(report.pk), "Works. Approve everything."), now)
    assert Ticket.objects.get(pk=ticket.pk).state == TicketState.SHIPPED


def test_what_fails_is_tried_again_and_then_given_up_and_can_be_tried_once_more(
    project: Project, engineer: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = actions.keep_mail(raw=write(project_address(project.mail_token)), via="imap", now=now)
    with monkeypatch.context() as broken:
        broken.setattr("tickets.actions.inbound.kind_of", lambda letter: 1 / 0)
        for day in range(12):
            actions.take_mails(now=now + timedelta(days=day))
    mail.refresh_from_db()
    assert mail.state == "failed" and "ZeroDivisionError" in mail.last_error
    actions.retry_mail(mail_id=mail.pk, actor=engineer, now=now)
    actions.take_mails(now=now)
    mail.refresh_from_db()
    assert mail.state == "taken"


@pytest.mark.parametrize("raw", [b"", b"x" * 2000])
def test_nothing_and_too_much_are_refused(
    raw: bytes, settings: Any, db: None, now: datetime
) -> None:
    settings.INBOUND_MAIL_MAX_BYTES = 1000
    with pytest.raises(InvalidInput):
        actions.keep_mail(raw=raw, via="imap", now=now)


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(min_size=1, max_size=300), has_head=st.booleans())
def test_any_bytes_are_kept_and_never_stop_the_worker(
    raw: bytes, has_head: bool, project: Project, now: datetime
) -> None:
    address = project_address(project.mail_token)
    mail = come((b"From: a@b.test\n" if has_head else b"") + raw, now, recipient=address)
    assert bytes(InboundMail.objects.get(pk=mail.pk).raw).endswith(raw)
    assert mail.state in ("taken", "set_aside"), mail.last_error


@pytest.mark.parametrize("address", ["", "x", "bugs+r1-aaaaaaaaaaaaaaaa@in.shipops.test", "@"])
def test_a_guessed_address_leads_to_no_thread(address: str) -> None:
    assert thread_of(address) is None
    assert thread_of(reply_address(12)) == 12


def test_the_page_shows_what_became_of_each_and_gives_the_raw_mail_to_staff_alone(
    project: Project, engineer: User, alice: User, now: datetime, settings: Any,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    settings.STAFF_SECOND_FACTOR = False
    for n in range(3):
        come(write(project_address(project.mail_token), f"{n}", Subject=f"<b>{n}</b>"), now)
    held = InboundMail.objects.latest("pk")
    browser = signed_in(engineer)
    with django_assert_max_num_queries(14):
        page = browser.get("/console/mail/").content.decode()
    assert "&lt;b&gt;0" in page and "<b>0" not in page and "Taken in" in page
    raw = browser.get(f"/console/mail/{held.pk}/raw/")
    assert raw.content == bytes(held.raw) and "attachment" in raw.headers["Content-Disposition"]
    assert raw.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.post("/console/mail/", {"do": "approve", "mail": held.pk}).status_code == 302
    assert signed_in(alice).get(f"/console/mail/{held.pk}/raw/").status_code in (302, 403, 404)
    assert browser.get("/console/mail/?state=held").status_code == 200


def test_a_report_leads_to_the_mail_as_it_came(
    project: Project, engineer: User, now: datetime, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    mail = come(write(project_address(project.mail_token)), now)
    assert mail.report is not None
    where = f"/console/triage/{mail.report.number}/"
    link = f'href="/console/mail/{mail.pk}/raw/"'

    actions.propose_triage(report_id=mail.report.pk, now=now)
    assert link in signed_in(engineer).get(where).content.decode()
    ticket = actions.accept_report(report_id=mail.report.pk, actor=engineer, now=now)
    assert link in signed_in(engineer).get(f"/console/tickets/{ticket.number}/").content.decode()


def test_a_project_s_address_is_shown_where_one_looks_for_it(
    project: Project, engineer: User, alice: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    address = project_address(project.mail_token)
    for browser, page in (
        (signed_in(engineer), f"/console/projects/{project.pk}/"),
        (signed_in(alice), "/portal/settings/"),
    ):
        assert address in browser.get(page).content.decode(), page
        settings.INBOUND_MAIL_ADDRESS = ""
        assert "bugs+" not in browser.get(page).content.decode()
        settings.INBOUND_MAIL_ADDRESS = "bugs@in.shipops.test"


def test_an_erased_person_s_mails_are_blanked(
    project: Project, ops_admin: User, now: datetime
) -> None:
    mail = come(write(project_address(project.mail_token)), now)
    out = b"".join(
        actions.export_person(
            client_id=project.client_id, email="dora@mail.test", actor=ops_admin, now=now
        )
    )
    assert b"mails-in/" in out
    OutboxMessage.objects.update(state="sent", sent_at=now, due_at=None)
    actions.erase_person(
        client_id=project.client_id, email="dora@mail.test", actor=ops_admin, now=now
    )
    actions.run_erasures(now=now)
    mail.refresh_from_db()
    assert (bytes(mail.raw), mail.sender, mail.subject) == (b"", "", "")
