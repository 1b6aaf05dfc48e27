"""What a person decides about a report of their own: it is the same problem as a known ticket."""

from datetime import datetime

from django.db import transaction

from clients.models import User
from core.errors import NotAllowed
from tickets.actions.locks import lock_report
from tickets.actions.mails import tell_staff
from tickets.actions.triage import join, propose_triage
from tickets.models import Report, Ticket
from tickets.rules.states import ReportState


@transaction.atomic
def join_own_report(*, report_id: int, number: int, actor: User, now: datetime) -> Ticket:
    """Make a report one more report of a ticket because its own reporter says it is the same.

    Nobody has judged it then: staff read it by mail and on the ticket, and may take it out again.
    One that joined a ticket already stays there. Refuses as join_report does, and raises
    NotAllowed for what somebody else reported.
    """
    report = lock_report(report_id, actor=actor, action="report.join_own")
    if report.reporter is None or report.reporter.user_id != actor.pk:
        raise NotAllowed
    if report.ticket and report.state == ReportState.DUPLICATE:
        return report.ticket
    ticket = join_as_own(report, number, actor=actor, now=now)
    tell_staff(ticket=ticket, subject="One more person has it", text=report.text, now=now)
    return ticket


def join_as_own(report: Report, number: int, *, actor: User, now: datetime) -> Ticket:
    """Put a locked report of the actor's onto a ticket (in the caller's transaction).

    It is read by the rules first, so that an outage told like this still raises its alert.
    """
    if propose_triage(report_id=report.pk, now=now):
        report.refresh_from_db()
    return join(report, number, actor=actor, now=now, is_own=True)
