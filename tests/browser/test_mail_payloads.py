"""Nothing that comes by mail ever runs, on whatever page of ours it is read."""

from datetime import datetime
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import Page

from clients.models import Client, Project, User
from core.mail_addresses import project_address, reply_address
from tests.browser.payloads import FILES, PAYLOADS, check_files, read_everywhere
from tickets.actions import keep_mail, take_mails
from tickets.models import InboundMail, Report

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]


def _letter(to: str, payload: str, number: int) -> bytes:
    """Write a mail that says the payload wherever a mail says something."""
    letter = EmailMessage()
    name = "".join(char for char in payload if char.isprintable()).replace('"', "'")
    letter["From"] = f'"{name}" <dora{number}@mail.test>'
    letter["To"] = to
    letter["Subject"] = name
    letter["Message-ID"] = f"<{number}-{to.partition('@')[0]}@mail.test>"
    letter.add_alternative(
        f"<html><head><title>{payload}</title></head><body onload=alert(1)>{payload}"
        f"<p title='{payload}'>It broke {number}.</p><svg onload=alert(1)></body></html>",
        subtype="html",
    )
    if number == 0:
        letter.make_mixed()
        for filename, data in FILES.items():
            kind = filename.rpartition(".")[2].replace("svg", "svg+xml").replace("txt", "plain")
            letter.add_attachment(
                data, maintype="image" if "svg" in kind else "text", subtype=kind,
                filename=filename, disposition="inline", cid=f"<{len(filename)}@mail.test>",
            )  # fmt: skip
    return letter.as_bytes()


def _come(raw: bytes, now: datetime) -> InboundMail:
    mail = keep_mail(raw=raw, via="imap", now=now)
    take_mails(now=now, mail_id=mail.pk)
    mail.refresh_from_db()
    return mail


def test_nothing_sent_by_mail_runs_anywhere(
    page: Page, project: Project, acme: Client, alice: User, ops_admin: User, now: datetime,
    live_server: Any, settings: Any,
) -> None:  # fmt: skip
    settings.SITE_URL = live_server.url
    settings.STAFF_SECOND_FACTOR = False
    settings.INBOUND_MAIL_ADDRESS = "bugs@in.shipops.test"
    to = project_address(project.mail_token)
    reports: list[Report] = []
    for number, payload in enumerate(PAYLOADS):
        report = _come(_letter(to, payload, number), now).report
        assert report is not None, payload
        reports.append(report)
    # Answers in threads: from who reported it, and from nobody known.
    for number, report in enumerate(reports):
        answered = _come(_letter(reply_address(report.pk), PAYLOADS[number], number + 100), now)
        assert answered.state == InboundMail.State.HELD, PAYLOADS[number]

    walk = read_everywhere(page, reports, acme, alice, ops_admin, now)
    walk("/console/mail/", "/console/mail/?state=held", "/console/outbox/")
    check_files(page, live_server)
    for mail in InboundMail.objects.all()[:3]:
        raw = page.request.get(f"{live_server.url}/console/mail/{mail.pk}/raw/")
        assert raw.body() == bytes(mail.raw)
        assert raw.headers["content-type"] == "application/octet-stream"
        assert raw.headers["content-disposition"].startswith("attachment")
        assert raw.headers["x-content-type-options"] == "nosniff"
