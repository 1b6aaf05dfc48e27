"""Answers of people without an account, by the link of their mail."""

from datetime import datetime

from django.db import transaction

from core.queue import enqueue
from tickets.actions.conversation import reply_to_report
from tickets.actions.triage import count_reach
from tickets.models import Comment, ReplyLink, Report, Reporter, Ticket
from tickets.queries.conversation import find_reply_link


@transaction.atomic
def answer_by_link(*, token: str, body: str, now: datetime) -> Comment:
    """Take a reporter's answer from the mailed link, as a member's reply is taken; it works once.

    Raises ReplyLink.DoesNotExist for a token that is unknown, used or expired.
    """
    link = find_reply_link(token, now=now)
    reporter = link.report.reporter
    # Of two answers sent at once the second waits here, and comes too late.
    if not ReplyLink.objects.filter(pk=link.pk, answered_at=None).update(answered_at=now):
        raise ReplyLink.DoesNotExist
    comment = reply_to_report(report_id=link.report_id, body=body, actor=reporter, now=now)
    assert reporter is not None
    confirm_address(reporter, now=now)
    if comment.ticket:
        count_reach(comment.ticket, now=now)
    return comment


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
