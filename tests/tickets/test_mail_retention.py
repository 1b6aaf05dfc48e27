"""Raw mails are blanked with what came of them, and so long after they came if nothing did."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from clients.actions import set_retention
from clients.models import Project, User
from core.errors import MoveRefused
from core.mail_addresses import project_address, reply_address
from tests.portal import signed_in
from tickets import actions, tasks
from tickets.actions.erasing import erase_comment, erase_report
from tickets.models import Comment, InboundMail, Report

State = InboundMail.State
DAYS = 90


@pytest.fixture(autouse=True)
def mail_comes_in(settings: Any) -> None:
    settings.INBOUND_MAIL_ADDRESS = "bugs@in.shipops.test"
    settings.INBOUND_MAIL_KEEP_DAYS = DAYS
    settings.STAFF_SECOND_FACTOR = False


def _come(to: str, now: datetime, *, sender: str = "dora@mail.test", **headers: str) -> InboundMail:
    letter = EmailMessage()
    facts = {"From": sender, "To": to, "Subject": "Export", **headers}
    for name, value in facts.items():
        letter[name.replace("_", "-")] = value
    letter.set_content("Words of Dora.")
    mail = actions.keep_mail(raw=letter.as_bytes(), via="imap", now=now)
    actions.take_mails(now=now, mail_id=mail.pk)
    mail.refresh_from_db()
    return mail


def _reported(project: Project, now: datetime) -> tuple[Report, InboundMail]:
    mail = _come(project_address(project.mail_token), now)
    assert mail.report is not None
    return mail.report, mail


def _is_blank(mail: InboundMail) -> bool:
    mail.refresh_from_db()
    said = {bytes(mail.raw), mail.subject, mail.sender, mail.recipient, mail.last_error}
    return said == {b"", ""}


def test_an_erased_report_takes_the_mails_of_its_thread_along(
    project: Project, now: datetime
) -> None:
    report, mail = _reported(project, now)
    reply = _come(reply_address(report.pk), now)
    unknown = _come(reply_address(report.pk), now, sender="eve@mail.test")
    other = _come(project_address(project.mail_token), now, Message_ID="<other@mail.test>")
    assert (mail.state, reply.state, unknown.state) == (State.TAKEN, State.TAKEN, State.HELD)

    erase_report(report_id=report.pk, now=now)

    assert all(_is_blank(each) for each in (mail, reply, unknown))
    assert (unknown.state, unknown.why) == (State.SET_ASIDE, InboundMail.Why.DISMISSED)
    assert not _is_blank(other)


def test_an_erased_comment_takes_the_mail_it_came_as_along(project: Project, now: datetime) -> None:
    report, mail = _reported(project, now)
    reply = _come(reply_address(report.pk), now)
    assert reply.comment is not None

    erase_comment(comment_id=reply.comment.pk, now=now)

    assert _is_blank(reply)
    assert not _is_blank(mail)


def test_retention_blanks_the_mails_of_what_ended_long_ago(
    project: Project, engineer: User, now: datetime
) -> None:
    set_retention(project_id=project.pk, days=DAYS, actor=None, now=now)
    then = now - timedelta(days=DAYS + 1)
    report, mail = _reported(project, then)
    reply = _come(reply_address(report.pk), then)
    actions.propose_triage(report_id=report.pk, now=then)
    actions.decline_report(
        report_id=report.pk, reason="works_as_meant", message="It is.", actor=engineer, now=then
    )

    tasks.expire_reports()

    assert _is_blank(mail) and _is_blank(reply)
    assert not Comment.objects.exclude(body="").filter(by_staff=False).exists()


@pytest.mark.parametrize(
    ("retention", "age", "goes"),
    [(None, DAYS - 1, False), (None, DAYS + 1, True), (30, 31, True), (400, DAYS + 1, True)],
)
def test_a_mail_that_nothing_came_of_is_kept_for_so_long(
    project: Project, now: datetime, retention: int | None, age: int, goes: bool
) -> None:
    set_retention(project_id=project.pk, days=retention, actor=None, now=now)
    notice = _come(
        project_address(project.mail_token),
        now - timedelta(days=age),
        Auto_Submitted="auto-replied",
    )
    assert notice.state == State.SET_ASIDE

    tasks.expire_mails()

    assert _is_blank(notice) == goes


def test_what_came_of_something_and_what_waits_is_not_blanked_by_its_age(
    project: Project, now: datetime
) -> None:
    long_ago = now - timedelta(days=10 * DAYS)
    report, mail = _reported(project, long_ago)
    held = _come(reply_address(report.pk), long_ago, sender="eve@mail.test")
    astray = _come("nobody@in.shipops.test", long_ago)
    failed = _come("nobody@in.shipops.test", long_ago, Message_ID="<failed@mail.test>")
    InboundMail.objects.filter(pk=failed.pk).update(state=State.FAILED, why="")

    assert [actions.expire_mails(now=now, most=1) for _ in range(3)] == [1, 1, 0]

    assert _is_blank(astray) and _is_blank(failed)
    assert not _is_blank(mail) and not _is_blank(held)


def test_a_blanked_mail_is_shown_as_such_and_nothing_can_come_of_it(
    project: Project, engineer: User, now: datetime
) -> None:
    notice = _come(
        project_address(project.mail_token), now - timedelta(days=DAYS + 1), Precedence="bulk"
    )
    tasks.expire_mails()

    page = signed_in(engineer).get("/console/mail/")

    assert "Blanked: kept no longer" in page.content.decode()
    assert f"/console/mail/{notice.pk}/" not in page.content.decode()
    for do, state in ((actions.file_mail, State.SET_ASIDE), (actions.retry_mail, State.FAILED)):
        why = InboundMail.Why.AUTOMATIC if state == State.SET_ASIDE else ""
        InboundMail.objects.filter(pk=notice.pk).update(state=state, why=why)
        with pytest.raises(MoveRefused, match="kept no longer"):
            do(mail_id=notice.pk, actor=engineer, now=now)
