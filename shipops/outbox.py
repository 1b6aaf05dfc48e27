"""The mails that left, as pages: only in development, where they are files under var/outbox."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache

MOST = 50
_BETWEEN = b"-" * 79


@dataclass(frozen=True)
class SentMail:
    """One mail as the mail server would have got it."""

    to: str
    subject: str
    text: str
    at: datetime


def sent_mails(folder: Path) -> list[SentMail]:
    """Read the newest mails of a folder of Django's file backend, newest first."""
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    mails: list[SentMail] = []
    for file in files[:MOST]:
        at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        for raw in reversed(file.read_bytes().split(_BETWEEN + b"\n")):
            if raw.strip():
                mails.append(_read(raw, at))
    return mails[:MOST]


def _read(raw: bytes, at: datetime) -> SentMail:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return SentMail(str(message["To"]), str(message["Subject"]), str(text), at)


@never_cache
def outbox(request: HttpRequest) -> HttpResponse:
    """Show the newest mails with their links, so that a newcomer can click through the flow."""
    mails = sent_mails(Path(settings.EMAIL_FILE_PATH))
    return render(request, "shipops/outbox.html", {"mails": mails, "now": timezone.now()})


urlpatterns = [path("", outbox, name="outbox")]
