"""The ways by which mail comes in: a service's web-hook, and a mailbox."""

import base64
import hmac
import importlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as live
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import clear_url_caches

import shipops.urls
from clients.models import Project
from core.mail_addresses import project_address
from tickets.models import InboundMail
from tickets.rules.mail import read_mail

SECRET = "postmark:s3cret-words"
SIGNED_IN: dict[str, Any] = {
    "HTTP_AUTHORIZATION": "Basic " + base64.b64encode(SECRET.encode()).decode()
}


@pytest.fixture
def services(settings: Any) -> Iterator[None]:
    """Switch some services' web-hooks on, as a start with this setting does."""
    settings.INBOUND_MAIL_ADDRESS = "bugs@in.shipops.test"
    settings.INBOUND_MAIL_SERVICES = ["postmark", "mailgun", "sendgrid"]
    keys = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}
    settings.ANYMAIL = {**live.ANYMAIL, **keys}
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


def test_a_service_s_post_is_kept_once(services: None, project: Project) -> None:
    for _ in range(2):
        answer = Browser().post(
            "/hooks/mail/postmark/", posted(project), content_type="application/json", **SIGNED_IN
        )
        assert answer.status_code == 200
    mail = InboundMail.objects.get()
    assert (mail.via, mail.recipient) == ("postmark", project_address(project.mail_token))
    assert "The export is broken." in read_mail(bytes(mail.raw)).text


def test_a_post_without_the_secret_or_to_a_service_that_is_off_keeps_nothing(
    services: None, project: Project
) -> None:
    wrong: dict[str, Any] = {
        "HTTP_AUTHORIZATION": "Basic " + base64.b64encode(b"postmark:no").decode()
    }
    for path, headers in (
        ("postmark", {}), ("postmark", wrong), ("ses", SIGNED_IN), ("resend", SIGNED_IN),
    ):  # fmt: skip
        answer = Browser().post(
            f"/hooks/mail/{path}/", posted(project), content_type="application/json", **headers
        )
        assert answer.status_code in (400, 403, 404), path
    assert not InboundMail.objects.exists()


def test_a_mail_with_large_files_is_taken(services: None, project: Project) -> None:
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


SIGNING_KEY = "key-of-mailgun"
LARGE = b"From: dora@mail.test\r\nSubject: Caf\xe9\r\n\r\nIt is broken: \xe9 " + b"x" * 3_000_000


def form(**parts: bytes) -> dict[str, Any]:
    """Give a posted form whose fields hold any bytes."""
    head = b'--b\r\nContent-Disposition: form-data; name="'
    body = b"".join(
        head + name.replace("_", "-").encode() + b'"\r\n\r\n' + value + b"\r\n"
        for name, value in parts.items()
    )
    return {"data": body + b"--b--\r\n", "content_type": "multipart/form-data; boundary=b"}


def test_a_large_mail_that_mailgun_posts_whole_is_kept_byte_for_byte(
    services: None, project: Project
) -> None:
    stamp, token = str(int(time.time())), "t" * 50
    signature = hmac.new(SIGNING_KEY.encode(), (stamp + token).encode(), "sha256").hexdigest()
    facts = form(
        recipient=project_address(project.mail_token).encode(),
        timestamp=stamp.encode(), token=token.encode(), signature=signature.encode(),
        body_mime=LARGE,
    )  # fmt: skip
    assert Browser().post("/hooks/mail/mailgun/", **facts, **SIGNED_IN).status_code == 200
    mail = InboundMail.objects.get()
    assert bytes(mail.raw) == LARGE and mail.recipient == project_address(project.mail_token)
    forged = {**facts, "data": facts["data"].replace(signature.encode(), b"0" * 64)}
    assert Browser().post("/hooks/mail/mailgun/", **forged, **SIGNED_IN).status_code == 400


@pytest.mark.filterwarnings("ignore:django-anymail has dropped")
def test_a_mail_that_sendgrid_posts_whole_or_in_parts_is_kept(
    services: None, project: Project
) -> None:
    to = project_address(project.mail_token)
    envelope = json.dumps({"from": "dora@mail.test", "to": [to]})
    whole = form(envelope=envelope.encode(), email=LARGE)
    assert Browser().post("/hooks/mail/sendgrid/", **whole, **SIGNED_IN).status_code == 200
    parts = {
        "headers": f"From: dora@mail.test\nTo: {to}\nSubject: Export\nMessage-ID: <2@mail.test>\n",
        "text": "See the file.", "charsets": json.dumps({"text": "iso-8859-1"}),
        "envelope": envelope,
        "attachment-info": json.dumps({"attachment1": {"filename": "a.csv", "type": "text/csv"}}),
        "attachment1": SimpleUploadedFile("a.csv", b"a;b\n", "text/csv"),
    }  # fmt: skip
    assert Browser().post("/hooks/mail/sendgrid/", parts, **SIGNED_IN).status_code == 200
    in_parts, kept = InboundMail.objects.order_by("-pk")
    assert bytes(kept.raw) == LARGE
    read = read_mail(bytes(in_parts.raw))
    assert "See the file." in read.text and [file.name for file in read.files] == ["a.csv"]
