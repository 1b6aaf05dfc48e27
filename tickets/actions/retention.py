"""Blanking what people said, so long after the end of its work as their project keeps it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from clients.models import Project
from core.actions import blank_messages
from tickets.actions.erasing import blank_mails, erase_comment, erase_report
from tickets.actions.rights import forget_reporter
from tickets.models import Comment, InboundMail, Report, TicketEvent
from tickets.queries.rights import references_of
from tickets.rules.states import DONE, ReportState


def expire_reports(*, now: datetime, most: int) -> int:
    """Blank up to ``most`` reports whose time is over; gives how many.

    A report's time runs from the last thing that happened to it or its ticket, once no work is
    left: declined, or its ticket shipped, verified or closed. What staff wrote stays.
    """
    done = 0
    for project in Project.objects.filter(retention_days__isnull=False).order_by("pk"):
        assert project.retention_days is not None
        cutoff = now - timedelta(days=project.retention_days)
        expired = _expired(project.pk, cutoff).values_list("pk", flat=True)
        for pk in list(expired[: most - done]):
            _expire(pk, now)
            done += 1
        if done >= most:
            break
    return done


def expire_mails(*, now: datetime, most: int) -> int:
    """Blank up to ``most`` mails that nothing came of and whose time is over; gives how many.

    Their time is INBOUND_MAIL_KEEP_DAYS from when they came, or what their project keeps, if less.
    """
    done = 0
    for mails in _expired_mails(now):
        found = mails.exclude(raw=b"").order_by("pk").values_list("pk", flat=True)
        done += blank_mails(InboundMail.objects.filter(pk__in=list(found[: most - done])))
        if done >= most:
            break
    return done


def _expired_mails(now: datetime) -> Iterator[QuerySet[InboundMail]]:
    nothing = InboundMail.objects.filter(
        state__in=[InboundMail.State.SET_ASIDE, InboundMail.State.FAILED]
    )
    most = settings.INBOUND_MAIL_KEEP_DAYS
    yield nothing.filter(received_at__lt=now - timedelta(days=most))
    for project in Project.objects.filter(retention_days__lt=most).order_by("pk"):
        assert project.retention_days is not None
        cutoff = now - timedelta(days=project.retention_days)
        yield nothing.filter(project=project, received_at__lt=cutoff)


def _expired(project_id: int, cutoff: datetime) -> QuerySet[Report]:
    ended = Q(ticket=None, state=ReportState.DECLINED) | Q(ticket__state__in=DONE)
    recent = TicketEvent.objects.filter(at__gte=cutoff)
    return Report.objects.filter(
        ended,
        ~Exists(recent.filter(report=OuterRef("pk"))),
        ~Exists(recent.filter(ticket=OuterRef("ticket"))),
        project_id=project_id,
        erased_at=None,
        received_at__lt=cutoff,
    ).order_by("pk")


def _expire(report_id: int, now: datetime) -> None:
    """Blank one report, last of all what finds it again if this stops in the middle."""
    report = Report.objects.get(pk=report_id)
    about = Q(report=report)
    if report.ticket_id:
        about |= Q(ticket=report.ticket_id)
    said = Comment.objects.filter(about, by_staff=False)
    left = said.exclude(body="") | said.filter(attachments__isnull=False)
    for pk in list(left.distinct().values_list("pk", flat=True)):
        erase_comment(comment_id=pk, now=now)
    reports = Report.objects.filter(pk=report.pk)
    blank_messages(recipients=[], references=references_of(reports), numbers=[report.pk])
    with transaction.atomic():
        erase_report(report_id=report.pk, now=now)
        if report.reporter_id:
            forget_reporter(report.reporter_id)
