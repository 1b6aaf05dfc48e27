"""What is given out of a person: JSON values and files, one after the other."""

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

from core.people import Part, Person
from tickets.gateways.files import open_file
from tickets.models import Attachment, Reporter
from tickets.queries.mail import mails_from
from tickets.queries.rights import comments_by, mails_to, reports_by

_COLUMNS = ("title", "text", "page_url", "user_agent", "device", "claimed_severity")


def export_identity(person: Person) -> Iterator[Part]:
    """Give by what a person is known."""
    rows = Reporter.objects.filter(pk__in=person.reporter_ids).select_related("user")
    yield (
        "person.json",
        [
            {
                "name": row.user.name if row.user else row.name,
                "email": row.user.email if row.user else row.email,
                "email_confirmed_at": _iso(row.email_confirmed_at),
                "signed_id": row.signed_id,
            }
            for row in rows
        ],
    )


def export_reports(person: Person) -> Iterator[Part]:
    """Give each report with all that came with it."""
    reports = reports_by(person).select_related("project", "details")
    for report in reports.prefetch_related("signals", "attachments").iterator(chunk_size=200):
        details = getattr(report, "details", None)
        facts = {name: getattr(report, name) for name in _COLUMNS}
        yield (
            f"reports/{report.number}.json",
            {
                "number": report.number,
                "project": report.project.name,
                "source": report.source,
                "received_at": _iso(report.received_at),
                **facts,
                "signals": [[signal.kind, signal.value] for signal in report.signals.all()],
                "context": details.context if details else {},
                "answers": details.answers.get("given", {}) if details else {},
            },
        )
        yield from _files(f"reports/{report.number}", report.attachments.all())


def export_comments(person: Person) -> Iterator[Part]:
    """Give each thing said, with its files."""
    said = comments_by(person).select_related("ticket", "report").prefetch_related("attachments")
    for comment in said.iterator(chunk_size=200):
        about = comment.ticket or comment.report
        assert about is not None
        yield (
            f"comments/{comment.pk}.json",
            {
                "about": about.number,
                "said_at": _iso(comment.created_at),
                "body": comment.body,
            },
        )
        yield from _files(f"comments/{comment.pk}", comment.attachments.all())


def export_mails_in(person: Person) -> Iterator[Part]:
    """Give each mail that came in from them, as it came."""
    for mail in mails_from(person).exclude(raw=b"").order_by("pk").iterator(chunk_size=20):
        yield f"mails-in/{mail.pk}.eml", BytesIO(bytes(mail.raw))


def export_mails(person: Person) -> Iterator[Part]:
    """Give each mail to them; links that act for them are placeholders in it."""
    for mail in mails_to(person).order_by("pk").iterator():
        yield (
            f"mails/{mail.pk}.json",
            {
                "to": mail.recipient,
                "subject": mail.subject,
                "text": mail.whole_text,
                "sent_at": _iso(mail.sent_at),
            },
        )


def _files(folder: str, attachments: Any) -> Iterator[Part]:
    found: list[Attachment] = list(attachments)
    for file in found:
        try:
            stored = open_file(file.path)
        except FileNotFoundError:
            continue
        with stored:
            yield f"{folder}/{file.pk}-{file.name}", stored


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
