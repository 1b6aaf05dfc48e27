"""The mails that carry what is said, and the link by which somebody without an account follows."""

from datetime import datetime

from django.conf import settings

from clients.models import User
from core.actions import queue_mail
from core.gateways.mail import THREAD
from core.text import one_line
from tickets.actions.status_links import mailed_address
from tickets.models import Comment, Report, Reporter, Ticket
from tickets.queries.mail import last_mail_of, own_domain
from tickets.queries.merging import parts_of
from tickets.queries.people import (
    hearers_of,
    mail_reporter,
    mail_reporters,
    mail_watchers,
    own_report,
)


def tell_staff(*, ticket: Ticket, subject: str, text: str, now: datetime) -> None:
    """Mail whoever has a ticket, else whoever answers for its client."""
    link = f"{settings.SITE_URL}{settings.CONSOLE_PREFIX}tickets/{ticket.number}/"
    for person in hearers_of(ticket):
        queue_mail(
            to=person.email,
            subject=f"[#{ticket.number}] {subject}",
            text=text,
            notice=f"{one_line(ticket.title)}\n{link}",
            now=now,
            reference=f"ticket:{ticket.number}",
        )


def mail_comment(*, comment: Comment, now: datetime, subject: str) -> None:
    """Mail what staff said to all who reported or watch the ticket, or to the report's reporter.

    Who has no account gets a link of their own.
    """
    if comment.ticket:
        reporters = mail_reporters(comment.ticket.pk)
        for reporter in reporters:
            own = own_report(comment.ticket.pk, reporter.pk)
            _mail(reporter, own, comment.body, subject, now, comment=comment)
        for person in mail_watchers(comment.ticket, but=reporters):
            _mail_watcher(person, comment.ticket, subject, now, text=comment.body)
    elif comment.report and (asked := mail_reporter(comment.report)):
        _mail(asked, comment.report, comment.body, subject, now, comment=comment)


def mail_report(*, report: Report, body: str, now: datetime, subject: str) -> None:
    """Tell the reporter of one report something that nobody said and that asks for no answer."""
    if reporter := mail_reporter(report):
        _mail(reporter, report, body, subject, now)


def tell_watchers_of_fix(*, ticket: Ticket, now: datetime, came_with: Ticket | None = None) -> None:
    """Mail who watches a ticket that its fix is live; its reporters are asked whether it works.

    Of those who came with what is part of it now, who had not watched it themselves.
    """
    people = mail_watchers(ticket, but=mail_reporters(ticket.pk))
    if came_with:
        parts = parts_of(came_with.pk)
        told = set(ticket.watchers.exclude(home__in=parts).values_list("user", flat=True))
        people = [person for person in people if person.pk not in told]
    for person in people:
        _mail_watcher(person, ticket, "A fix is live", now, hint="Say there whether it works: ")


def _mail_watcher(
    person: User, ticket: Ticket, subject: str, now: datetime, *, text: str = "", hint: str = ""
) -> None:
    queue_mail(
        to=person.email,
        subject=f"[#{ticket.number}] {subject}",
        text=text,
        notice=f"You watch: {one_line(ticket.title)}\n\n{hint or 'Read on and answer: '}"
        f"{settings.SITE_URL}/portal/tickets/{ticket.number}/",
        now=now,
        reference=f"ticket:{ticket.number}",
    )


def _mail(
    reporter: Reporter,
    report: Report,
    body: str,
    subject: str,
    now: datetime,
    *,
    comment: Comment | None = None,
) -> None:
    """Mail words about a report, which is named in the reporter's own: #17 alone tells nothing."""
    ticket = comment.ticket if comment else None
    number = ticket.number if ticket else report.number
    notice = f"You reported: {one_line(report.headline)}"
    if reporter.user:
        page = f"portal/{'tickets' if ticket else 'reports'}/{number}/"
        notice += f"\n\nRead on and answer: {settings.SITE_URL}/{page}"
    else:
        notice += f"\n\nFollow it and answer here: {mailed_address(report, now=now)}"
    queue_mail(
        to=reporter.user.email if reporter.user else reporter.email,
        subject=f"[#{number}] {subject}",
        text=body,
        notice=notice,
        now=now,
        reference=f"ticket:{number}",
        headers=_thread_headers(report),
    )


def _thread_headers(report: Report) -> dict[str, str]:
    """Give what joins a mail to its thread: of the report's mails, and where an answer goes."""
    root = f"<report-{report.pk}@{own_domain()}>"
    headers = {
        "List-Id": f"{one_line(report.project.name)[:60]} <{report.project.slug}.{own_domain()}>",
        "References": root,
        THREAD: str(report.pk),
    }
    if came := last_mail_of(report):
        headers |= {"In-Reply-To": came.message_id, "References": f"{root} {came.message_id}"}
    return headers
