"""The ways by which mail comes in: a service's web-hook, and a mailbox."""

import base64
import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as live
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client as Browser
from django.urls import clear_url_caches

import shipops.urls
from clients.models import Project
from core.mail_addresses import project_address
from tickets.gateways import mailbox
from tickets.models import InboundMail
from tickets.rules.mail import read_mail

SECRET = "postmark:s3cret-words"
SIGNED_IN: dict[str, Any] = {
    "HTTP_AUTHORIZATION": "Basic " + base64.b64encode(SECRET.encode()).decode()
}


@pytest.fixture
def postmark(settings: Any) -> Iterator[None]:
    """Switch Postmark's web-hook on, as a start with this setting does."""
    settings.INBOUND_MAIL_ADDRESS = "bugs@in.shipops.test"
    settings.INBOUND_MAIL_SERVICES = ["postmark"]
    settings.ANYMAIL = {**live.ANYMAIL, "WEBHOOK_SECRET": SECRET}
    importlib.reload(shipops.urls)
    clear_url_caches()
    yield
    settings.INBOUND_MAIL_SERVICES = []
    importlib.reload(shipops.urls)
    clear_url_caches()


def posted(project: Project, **facts: Any) -> str:
    return json.dumps(
        {
            "FromFull": {"Email": "dora@mail.test", "Name": "Dora", "MailboxHash": ""},
            "From": "dora@mail.test",
            "To": project_address(project.mail_token),
            "OriginalRecipient": project_address(project.mail_token),
            "Subject": "Export",
            "MessageID": "73e6d360",
            "Date": "Thu, 5 Apr 2012 16:59:01 +0200",
            "TextBody": "The export is broken.",
            "Headers": [{"Name": "Message-ID", "Value": "<1@mail.test>"}],
            "Attachments": [],
            **facts,
        }
    )


def test_a_service_s_post_is_kept_once(postmark: None, project: Project) -> None:
    for _ in range(2):
        answer = Browser().post(
            "/hooks/mail/postmark/", posted(project), content_type="application/json", **SIGNED_IN
        )
        assert answer.status_code == 200
    mail = InboundMail.objects.get()
    assert (mail.via, mail.recipient) == ("postmark", project_address(project.mail_token))
    assert "The export is broken." in read_mail(bytes(mail.raw)).text


def test_a_post_without_the_secret_or_to_a_service_that_is_off_keeps_nothing(
    postmark: None, project: Project
) -> None:
    wrong: dict[str, Any] = {
        "HTTP_AUTHORIZATION": "Basic " + base64.b64encode(b"postmark:no").decode()
    }
    for path, headers in (
        ("postmark", {}), ("postmark", wrong), ("mailgun", SIGNED_IN), ("sendgrid", SIGNED_IN),
    ):  # fmt: skip
        answer = Browser().post(
            f"/hooks/mail/{path}/", posted(project), content_type="application/json", **headers
        )
        assert answer.status_code in (400, 403, 404), path
    assert not InboundMail.objects.exists()


def test_a_mail_with_large_files_is_taken(postmark: None, project: Project) -> None:
    file = {
        "Name": "a.txt", "ContentType": "text/plain", "ContentLength": 3_000_000,
        "Content": base64.b64encode(b"x" * 3_000_000).decode(),
    }  # fmt: skip
    body = posted(project, Attachments=[file])
    answer = Browser().post(
        "/hooks/mail/postmark/", body, content_type="application/json", **SIGNED_IN
    )
    assert answer.status_code == 200
    assert len(bytes(InboundMail.objects.get().raw)) > 3_000_000


class Box:
    """A mailbox of two unseen mails, as imap-tools shows it."""

    def __init__(self) -> None:
        self.unseen = {"1": b"From: a@mail.test\r\n\r\nOne.", "2": b"From: b@mail.test\r\n\r\nTwo."}
        self.client = self

    def uids(self, criteria: Any) -> list[str]:
        return sorted(self.unseen)

    def uid(self, command: str, uid: str, parts: str) -> tuple[str, list[Any]]:
        assert (command, parts) == ("fetch", "(BODY.PEEK[])")
        return "OK", [(b"1 (BODY[] {9}", self.unseen[uid]), b")"]

    def flag(self, uid: str, flag: str, *, value: bool) -> None:
        assert (flag, value) == ("\\Seen", True)
        del self.unseen[uid]


def test_a_mailbox_is_emptied_and_what_was_cut_off_is_fetched_again() -> None:
    box = Box()
    kept: list[bytes] = []

    def fail_on_the_second(raw: bytes) -> None:
        if kept:
            raise OSError("the database is gone")
        kept.append(raw)

    with pytest.raises(OSError, match="gone"):
        mailbox.take_unseen(box, fail_on_the_second)  # type: ignore[arg-type]
    assert list(box.unseen) == ["2"]
    assert mailbox.take_unseen(box, kept.append) == 1  # type: ignore[arg-type]
    assert [raw[-4:] for raw in kept] == [b"One.", b"Two."]


def test_a_mailbox_that_is_not_named_or_does_not_answer_is_told(settings: Any) -> None:
    for url, why in (("", "Set IMAP_URL"), ("imap://u:p@127.0.0.1:1/INBOX", "does not answer")):
        settings.IMAP_URL = url
        with pytest.raises(CommandError, match=why):
            call_command("fetch_mail", "--once")
