"""Blanking what people said. Rows and events stay, and with them that something was said."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from core import claims
from core.queue import enqueue
from tickets.actions.documents import document_comment, document_report, document_ticket
from tickets.actions.similarity import index_report
from tickets.gateways import files
from tickets.models import (
    Attachment,
    Comment,
    DoomedFile,
    InboundMail,
    Report,
    ReportDetails,
    SignalKind,
    Ticket,
    Triage,
)

# What a program says of itself; a page or a trace leads to somebody.
_IMPERSONAL = (
    SignalKind.RELEASE, SignalKind.FINGERPRINT, SignalKind.COMPONENT, SignalKind.ADVISORY,
)  # fmt: skip
_LEASE = timedelta(minutes=5)
_BATCH = 50


@transaction.atomic
def erase_report(*, report_id: int, now: datetime) -> bool:
    """Blank all that a report says, and what was made from it; gives whether it said anything.

    So are the mails of its thread, which quote it. A ticket named in the reporter's words gets a
    name of none. Its number, state and times stay.
    """
    report = Report.objects.select_for_update(no_key=True).get(pk=report_id)
    if report.erased_at:
        return False
    if report.ticket_id:
        Ticket.objects.select_for_update(no_key=True).get(pk=report.ticket_id)
    _erase_names(report)
    report.title = report.text = report.page_url = report.user_agent = report.device = ""
    report.erased_at = now
    report.save(update_fields=["title", "text", "page_url", "user_agent", "device", "erased_at"])
    ReportDetails.objects.filter(report=report).delete()
    report.signals.exclude(kind__in=_IMPERSONAL).delete()
    drop_files(report.attachments.all(), now=now)
    blank_mails(InboundMail.objects.filter(report=report))
    index_report(report_id=report.pk)
    if report.ticket_id:
        document_ticket(report.ticket_id)
    else:
        document_report(report.pk)
    return True


@transaction.atomic
def erase_comment(*, comment_id: int, now: datetime) -> None:
    """Blank what somebody said on a ticket or report, and the mail it came as; drop its files."""
    comment = Comment.objects.select_for_update(no_key=True).get(pk=comment_id)
    Comment.objects.filter(pk=comment.pk).update(body="")
    drop_files(comment.attachments.all(), now=now)
    blank_mails(InboundMail.objects.filter(comment=comment))
    document_comment(comment)


def blank_mails(mails: QuerySet[InboundMail]) -> int:
    """Blank mails that came in, and whom they came from; gives how many said anything.

    That they came stays, and what of. One that waited for approval is dismissed: there is nothing
    to approve. One that is still read must not be among them.
    """
    left = mails.exclude(raw=b"")
    left.filter(state=InboundMail.State.HELD).update(
        state=InboundMail.State.SET_ASIDE, why=InboundMail.Why.DISMISSED
    )
    return left.update(raw=b"", subject="", sender="", recipient="", last_error="")


def drop_files(attachments: Iterable[Attachment], *, now: datetime) -> None:
    """Drop rows of files, in the caller's transaction; the files go once it is committed."""
    doomed = [DoomedFile(path=each.path, due_at=now) for each in attachments]
    DoomedFile.objects.bulk_create(doomed, ignore_conflicts=True)
    Attachment.objects.filter(path__in=[each.path for each in doomed]).delete()
    if doomed:
        enqueue("tickets.tasks.delete_doomed_files")


def delete_doomed_files(*, now: datetime) -> int:
    """Delete the files whose rows are gone; gives how many. One that is gone already is none."""
    due = claims.claim(DoomedFile.objects.all(), now=now, lease=_LEASE, limit=_BATCH)
    for doomed in due:
        try:
            files.delete_file(doomed.path)
        except OSError as error:
            claims.back_off(doomed, now=now, error=str(error))
        else:
            DoomedFile.objects.filter(pk=doomed.pk, lease_token=doomed.lease_token).delete()
    return len(due)


def _erase_names(report: Report) -> None:
    """Blank what triage made of the words, also as the name of the ticket that came of them."""
    triage = Triage.objects.filter(report=report).first()
    words = {report.title, report.headline, triage.title if triage else ""}
    if triage:
        triage.title, triage.reasons = "", []
        triage.decided_title = "" if triage.decided_title in words else triage.decided_title
        triage.save(update_fields=["title", "reasons", "decided_title"])
    for ticket in Ticket.objects.filter(number=report.pk, title__in=words):
        Ticket.objects.filter(pk=ticket.pk).update(title=f"{ticket.get_kind_display()} (erased)")
    Ticket.objects.filter(number=report.pk, public_title__in=words - {""}).update(public_title="")
