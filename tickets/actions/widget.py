"""What a project's pages send us in the name of a browser key."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clients.models import ApiKey
from clients.queries import is_signed
from core.errors import InvalidInput
from core.text import clean_text, is_blank
from tickets.actions.attachments import upload_attachment
from tickets.actions.content import Sender
from tickets.actions.reports import receive_report
from tickets.actions.status_links import new_link, status_address
from tickets.models import Report, SignalKind, Source
from tickets.rules.context import read_context, read_user

MOST_FILES = 5
MOST_SIGNED_ID = 200


@dataclass(frozen=True)
class Accepted:
    """What was stored of a submission: the report, and the address of its sender's page."""

    report: Report
    is_new: bool
    address: str


@dataclass(frozen=True)
class Submission:
    """One report as a page sent it; ``files`` are names and bytes."""

    text: str
    email: str = ""
    page: str = ""
    browser: str = ""
    release: str = ""
    trace: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] | None = None
    form_version: int | None = None
    user: Mapping[str, Any] = field(default_factory=dict)
    signature: str = ""
    files: Iterable[tuple[str, bytes]] = ()


def submit_from_page(*, key: ApiKey, sent: Submission, source_key: str, now: datetime) -> Accepted:
    """Store what a page sent.

    Whoever the page says it serves is an identity only if the project's server signed the id, and
    else no more than words beside the report. Files come in the same request and are stored first,
    so never call it inside a transaction. The same ``source_key`` again gives the first report.
    Raises InvalidInput, naming the field, as receive_report does.
    """
    if is_blank(clean_text(sent.text)):
        raise InvalidInput("Say in a few words what happened.", field="text")
    said = read_user(sent.user)
    user_id = said.get("id", "")
    signed = len(user_id) < MOST_SIGNED_ID and is_signed(
        key.project, user_id=user_id, signature=sent.signature
    )
    context = read_context(sent.context)
    if said:
        context["user"] = {**said, "signed": signed}
    files = [
        upload_attachment(name=name, data=data, actor=key, now=now, source_key=f"{source_key}:{n}")
        for n, (name, data) in enumerate(sent.files)
    ]
    link = new_link()
    report, is_new = receive_report(
        project_id=key.project_id,
        source=Source.WIDGET,
        text=sent.text,
        page_url=sent.page[:2000],
        user_agent=sent.browser,
        device=", ".join(filter(None, (context.get("viewport"), context.get("language")))),
        sender=Sender(
            email=sent.email,
            name=said.get("name", ""),
            signed_id=user_id if signed else "",
        ),
        signals=_signals(sent),
        attachment_ids=[file.pk for file in files],
        context=context,
        answers=sent.answers,
        form_version=sent.form_version,
        source_key=source_key,
        link=link,
        actor=key,
        now=now,
    )
    address = link.address if is_new else status_address(report_id=report.pk, now=now)
    return Accepted(report, is_new, address)


def read_object(text: str, *, name: str) -> dict[str, Any]:
    """Read a JSON object out of a form's field; raises InvalidInput for anything else."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidInput("This is not a JSON object.", field=name)
    return value


def _signals(sent: Submission) -> list[tuple[str, str]]:
    facts = [(SignalKind.RELEASE, sent.release), (SignalKind.TRACE, sent.trace)]
    return [(kind, text) for kind, given in facts if (text := clean_text(given).strip()[:300])]
