"""Answers of people without an account, by the link to their report."""

from datetime import datetime

from django.db import transaction

from core.queue import enqueue
from core.tokens import hash_token
from tickets.actions.conversation import reply_to_report
from tickets.actions.locks import hold_together
from tickets.actions.reach import count_reach
from tickets.models import Comment, Report, Reporter, StatusLink, Ticket
from tickets.queries.status_links import SAID_BY_LINK, find_status_link, is_over


@transaction.atomic
def answer_by_link(*, token: str, body: str, now: datetime, form_key: str = "") -> Comment:
    """Take what a reporter says on their report's page, as a member's reply is taken.

    The same ``form_key`` again gives what was said first. Raises StatusLink.DoesNotExist for a
    token that is unknown or over.
    """
    # Of two answers sent at once the second waits here, and finds the first.
    StatusLink.objects.select_for_update(no_key=True).get(token_hash=hash_token(token))
    link = find_status_link(token)
    if is_over(link, now=now):
        raise StatusLink.DoesNotExist
    hold_together(Report.objects.filter(pk=link.report_id))
    reporter = _reporter_of(link.report)
    key = SAID_BY_LINK.format(report=link.report_id) + form_key[:40]
    if form_key and (said := _said(reporter, key)):
        return said
    comment = reply_to_report(
        report_id=link.report_id, body=body, actor=reporter, now=now, source_key=key
    )
    if link.by_mail:
        confirm_address(reporter, now=now)
    if comment.ticket:
        count_reach(comment.ticket, now=now)
    return comment


def _reporter_of(report: Report) -> Reporter:
    """Give who reported; whoever left neither name nor address becomes somebody by answering."""
    if report.reporter:
        return report.reporter
    reporter = Reporter.objects.create(client_id=report.client_id)
    Report.objects.filter(pk=report.pk).update(reporter=reporter)
    return reporter


def _said(reporter: Reporter, key: str) -> Comment | None:
    return Comment.objects.filter(author_reporter=reporter, source_key=key).first()


def confirm_address(reporter: Reporter, *, now: datetime) -> None:
    """Keep that a mail reached its reporter: whoever holds its link read it.

    From then on they count on all their tickets. Those are counted by a task, one by one: a ticket
    is locked here already, and two at once could wait for each other.
    """
    unknown = Reporter.objects.filter(pk=reporter.pk, email_confirmed_at=None)
    if unknown.update(email_confirmed_at=now):
        enqueue("tickets.tasks.recount_reach", reporter_id=reporter.pk)
    reporter.refresh_from_db(fields=["email_confirmed_at"])


def recount_reach(*, reporter_id: int, now: datetime) -> None:
    """Count the people of a reporter's tickets again, those that hold unconfirmed ones."""
    stale = Ticket.objects.filter(
        pk__in=Report.objects.filter(reporter=reporter_id, ticket__isnull=False).values("ticket"),
        unsigned_reach__gt=0,
    )
    for pk in list(stale.values_list("pk", flat=True)):
        with transaction.atomic():
            count_reach(Ticket.objects.select_for_update(no_key=True).get(pk=pk), now=now)
