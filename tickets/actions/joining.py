"""A report that tells of a problem known already joins its ticket."""

from datetime import datetime

from django.db import transaction

from clients.models import User
from core.errors import InvalidInput, MoveRefused, NotAllowed
from core.queue import enqueue
from tickets.actions.alerts import acknowledge_alert_of
from tickets.actions.clocks import keep_clocks
from tickets.actions.events import record
from tickets.actions.locks import lock_merged, lock_report, move_alone
from tickets.actions.mails import mail_report, tell_staff
from tickets.actions.triage import decide, propose_triage, put_on
from tickets.models import Report, Ticket, TicketEventKind
from tickets.rules.states import JOINABLE, ReportState, TicketState


@transaction.atomic
def join_report(*, report_id: int, number: int, actor: User, now: datetime) -> Ticket:
    """Make a report one more report of a ticket of the same client; reach grows with its person.

    The reporter hears so by mail, which is their first response; it quotes nobody else's words. Who
    joins a shipped ticket is asked whether the fix works for them, as everybody before was. Raises
    InvalidInput for an unknown number, and MoveRefused for a ticket that is done.
    """
    move_alone(Report.objects.filter(pk=report_id))
    report = lock_report(report_id, actor=actor, action="report.triage")
    ticket = join(report, number, actor=actor, now=now)
    decide(report.triage, ticket.kind, ticket.severity, actor, now)
    acknowledge_alert_of(report=report, actor=actor, now=now)
    return ticket


@transaction.atomic
def join_own_report(*, report_id: int, number: int, actor: User, now: datetime) -> Ticket:
    """Make a report one more report of a ticket because its own reporter says it is the same.

    Nobody has judged it then: staff read it by mail and on the ticket, and may take it out again.
    One that joined a ticket already stays there. Refuses as join_report does, and raises
    NotAllowed for what somebody else reported, and MoveRefused for what staff took out again.
    """
    move_alone(Report.objects.filter(pk=report_id))
    report = lock_report(report_id, actor=actor, action="report.join_own")
    if report.reporter is None or report.reporter.user_id != actor.pk:
        raise NotAllowed
    if report.ticket and report.state == ReportState.DUPLICATE:
        return report.ticket
    if report.events.filter(kind=TicketEventKind.REPORT_SPLIT).exists():
        raise MoveRefused("Our engineers found it to be something else.")
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


def join(
    report: Report, number: int, *, actor: User, now: datetime, is_own: bool = False
) -> Ticket:
    """Put a locked report onto a ticket of its client (in the caller's transaction).

    Refuses as join_report does. ``is_own`` says that its reporter decided so, who knows at once.
    """
    report.check_move(ReportState.DUPLICATE)
    named = Ticket.objects.filter(client_id=report.client_id, number=number).first()
    if named is None:
        raise InvalidInput(f"This client has no ticket #{number}.", field="number")
    ticket = lock_merged(named.pk)
    if ticket.state not in JOINABLE:
        raise MoveRefused(
            f"#{ticket.number} is {ticket.get_state_display().lower()}. Reopen it first.",
            field="number",
        )
    put_on(report, ticket, ReportState.DUPLICATE, now)
    data = {"is_own": True} if is_own else {}
    record(report, TicketEventKind.REPORT_JOINED, actor=actor, at=now, data=data, ticket=ticket)
    if report.first_response_at is None:
        report.first_response_at = now
        report.save(update_fields=["first_response_at"])
        if not is_own:
            tell_joined(report, ticket, now)
    if ticket.state == TicketState.SHIPPED:
        shipped = ticket.events.filter(kind=TicketEventKind.TICKET_SHIPPED).latest("pk")
        enqueue("tickets.tasks.ask_reporters", event_id=shipped.pk)
    keep_clocks(report=report, now=now)
    return ticket


def tell_joined(report: Report, ticket: Ticket, now: datetime) -> None:
    """Mail the person of a report that its problem is known, quoting nobody else's words."""
    hope = "We will write to you again when it is fixed."
    if ticket.state == TicketState.SHIPPED:
        hope = "A fix is live; another mail asks whether it works for you."
    mail_report(
        report=report,
        body=f"Thank you. We know of this problem already, as #{ticket.number}, and have counted "
        f"you in. {hope}",
        now=now,
        subject="We know of it already",
    )
