"""From report to ticket: what the rules propose and what people decide."""

from datetime import datetime

from django.db import transaction

from clients.models import User
from core.errors import InvalidInput, MoveRefused
from core.text import clean_text, is_blank
from tickets.actions.alerts import acknowledge_alert_of, raise_alert
from tickets.actions.clocks import keep_clocks
from tickets.actions.conversation import post_on_report, put_back_into_triage
from tickets.actions.documents import document_report, document_ticket
from tickets.actions.events import record
from tickets.actions.locks import (
    forget_spare,
    lock_report,
)
from tickets.actions.mails import mail_comment
from tickets.actions.promises import promise
from tickets.actions.reach import count_reach
from tickets.actions.reports import respond_by
from tickets.actions.shares import join_queue, set_priority
from tickets.actions.sightings import keep_sightings
from tickets.models import Report, Source, Ticket, TicketEventKind, Triage
from tickets.rules.states import DeclineReason, ReportState
from tickets.rules.triage import ReportText, propose
from tickets.rules.words import Kind, Priority, Severity


@transaction.atomic
def propose_triage(*, report_id: int, now: datetime) -> Triage | None:
    """Propose kind, severity, title and estimate of a report that just arrived.

    Doing it again changes nothing and gives None. A proposed S1 raises an alert, unless it is an
    import: that is old news. The promised first response moves to the proposed severity's target
    if that is sooner; a promise is never weakened.
    """
    report = lock_report(report_id, actor=None, action="report.triage")
    if report.state != ReportState.RECEIVED:
        return None
    proposal = propose(
        ReportText(report.text, report.title, report.page_url, report.claimed_severity)
    )
    triage = Triage.objects.create(
        report=report,
        kind=proposal.kind,
        severity=proposal.severity,
        title=proposal.title,
        estimate_minutes=proposal.estimate_minutes,
        reasons=list(proposal.reasons),
        rules_version=proposal.version,
        proposed_at=now,
    )
    report.state = ReportState.PROPOSED
    _promise_sooner(report, proposal.severity)
    report.save(update_fields=["state", "respond_by_at"])
    record(
        report,
        TicketEventKind.REPORT_PROPOSED,
        actor=None,
        at=now,
        data={"kind": proposal.kind, "severity": proposal.severity},
    )
    if proposal.severity == Severity.S1 and report.source != Source.IMPORT:
        raise_alert(report=report, now=now)
    keep_clocks(report=report, now=now)
    document_report(report.pk)
    return triage


@transaction.atomic
def accept_report(
    *,
    report_id: int,
    actor: User | None,
    now: datetime,
    kind: str = "",
    severity: str = "",
    title: str = "",
    estimate_minutes: int | None = None,
) -> Ticket:
    """Open a ticket for a report; whatever is not given stays as proposed.

    A person's acceptance confirms the severity. Without an actor (an import) it stays proposed
    until somebody confirms it. Raises MoveRefused unless the report waits in triage, InvalidInput
    for an unknown kind or severity, an empty title or an estimate outside 5 minutes to 200 hours.
    """
    report = lock_report(report_id, actor=actor, action="report.triage")
    report.check_move(ReportState.ACCEPTED)
    triage = report.triage
    terms = check_terms(
        kind=kind or triage.kind,
        severity=severity or triage.severity,
        title=title or triage.title or report.headline,
        estimate_minutes=triage.estimate_minutes if estimate_minutes is None else estimate_minutes,
    )
    ticket = _open_ticket(report, terms, actor=actor, now=now)
    decide(triage, ticket.kind, ticket.severity, actor, now, opened=ticket)
    acknowledge_alert_of(report=report, actor=actor, now=now)
    if ticket.severity == Severity.S1 and triage.severity != Severity.S1:
        raise_alert(report=report, now=now)
    join_queue(ticket, now=now)
    if ticket.priority == Priority.P1:
        # It goes before all others even where it is promised nothing yet.
        forget_spare()
    keep_clocks(ticket=ticket, now=now)
    promise(ticket, now=now)
    return ticket


@transaction.atomic
def decline_report(
    *, report_id: int, reason: str, message: str, actor: User, now: datetime
) -> Report:
    """Say why no ticket comes of a report; the reporter hears it unless it is spam.

    Raises InvalidInput without a known reason, or without words for a real reporter.
    """
    report = lock_report(report_id, actor=actor, action="report.triage")
    report.check_move(ReportState.DECLINED)
    if reason not in DeclineReason.values:
        raise InvalidInput("Choose a reason.", field="reason")
    is_spam = reason == DeclineReason.SPAM
    if not is_spam and is_blank(message):
        raise InvalidInput("Tell the reporter why, in a sentence.", field="message")

    report.state, report.decline_reason = ReportState.DECLINED, reason
    report.save(update_fields=["state", "decline_reason"])
    triage = report.triage
    decide(triage, Kind.SPAM if is_spam else triage.kind, triage.severity, actor, now)
    record(report, TicketEventKind.REPORT_DECLINED, actor=actor, at=now, data={"reason": reason})
    acknowledge_alert_of(report=report, actor=actor, now=now)
    if not is_spam:
        comment = post_on_report(report=report, body=message, actor=actor, now=now)
        mail_comment(comment=comment, now=now, subject="Your report")
    keep_clocks(report=report, now=now)
    return report


@transaction.atomic
def reconsider_report(*, report_id: int, actor: User, now: datetime) -> Report:
    """Take a declined report back into triage: the undo of declining."""
    report = lock_report(report_id, actor=actor, action="report.triage")
    if report.state != ReportState.DECLINED:
        raise MoveRefused(f"#{report.number} was not declined.")
    put_back_into_triage(report)
    record(report, TicketEventKind.REPORT_RECONSIDERED, actor=actor, at=now)
    keep_clocks(report=report, now=now)
    return report


@transaction.atomic
def ask_reporter(*, report_id: int, question: str, actor: User, now: datetime) -> Report:
    """Ask the reporter for what is missing; the report waits until an answer comes.

    Raises MoveRefused where nobody could answer, and InvalidInput for an empty question.
    """
    report = lock_report(report_id, actor=actor, action="report.triage")
    report.check_move(ReportState.ASKED)
    if report.reporter is None:
        raise MoveRefused(f"Nobody is known who could answer for #{report.number}.")
    report.state = ReportState.ASKED
    report.save(update_fields=["state"])
    comment = post_on_report(report=report, body=question, actor=actor, now=now)
    record(report, TicketEventKind.REPORT_ASKED, actor=actor, at=now, comment=comment)
    acknowledge_alert_of(report=report, actor=actor, now=now)
    mail_comment(comment=comment, now=now, subject="A question about your report")
    keep_clocks(report=report, now=now)
    return report


def check_terms(
    *, kind: str, severity: str, title: str, estimate_minutes: int
) -> dict[str, str | int]:
    """Check what a ticket is made of; raises InvalidInput, naming the field."""
    clean = " ".join(clean_text(title).split())[:200]
    if kind not in Kind.values:
        raise InvalidInput("Choose a kind.", field="kind")
    if severity not in Severity.values:
        raise InvalidInput("Choose a severity.", field="severity")
    if is_blank(clean):
        raise InvalidInput("A ticket needs a title.", field="title")
    if not 5 <= estimate_minutes <= 12_000:
        raise InvalidInput("Between 5 minutes and 200 hours.", field="estimate_minutes")
    return {
        "kind": kind,
        "severity": severity,
        "title": clean,
        "estimate_minutes": estimate_minutes,
    }


def decide_opening(ticket: Ticket, *, actor: User, now: datetime) -> None:
    """Keep a person's first judgement of a ticket that opened without one (an import)."""
    opening = Triage.objects.filter(report_id=ticket.number, decided_at=None).first()
    if opening:
        decide(opening, ticket.kind, ticket.severity, actor, now, opened=ticket)


def put_on(report: Report, ticket: Ticket, state: ReportState, now: datetime) -> None:
    """Put a locked report onto a locked ticket, which counts its person and takes its words."""
    report.ticket, report.state = ticket, state
    _promise_sooner(report, Severity(ticket.severity))
    report.save(update_fields=["ticket", "state", "respond_by_at"])
    count_reach(ticket, now=now)
    keep_sightings(report, ticket, now=now)
    document_ticket(ticket.pk)


def decide(
    triage: Triage,
    kind: str,
    severity: str,
    actor: User | None,
    now: datetime,
    opened: Ticket | None = None,
) -> None:
    """Keep what a person decided beside what was proposed; without an actor nobody did.

    In the caller's transaction. Title and estimate are decided only where a ticket opens.
    """
    if actor is None:
        return
    triage.decided_kind, triage.decided_severity = kind, severity
    triage.decided_title = opened.title if opened else ""
    triage.decided_estimate_minutes = opened.estimate_minutes if opened else None
    triage.decided_by, triage.decided_at = actor, now
    triage.save(
        update_fields=[
            "decided_kind", "decided_severity", "decided_title", "decided_estimate_minutes",
            "decided_by", "decided_at",
        ]
    )  # fmt: skip


def _open_ticket(
    report: Report, terms: dict[str, str | int], *, actor: User | None, now: datetime
) -> Ticket:
    """Open the ticket of a locked report, as its first."""
    ticket = Ticket(
        number=report.number,
        client_id=report.client_id,
        project_id=report.project_id,
        severity_confirmed_at=now if actor else None,
        received_at=min(report.received_at, now),
        opened_at=now,
        **terms,
    )
    set_priority(ticket)
    ticket.save()
    put_on(report, ticket, ReportState.ACCEPTED, now)
    opened = {"priority": ticket.priority, "severity": ticket.severity}
    record(report, TicketEventKind.REPORT_ACCEPTED, actor=actor, at=now, ticket=ticket)
    record(ticket, TicketEventKind.TICKET_OPENED, actor=actor, at=now, data=opened)
    return ticket


def _promise_sooner(report: Report, severity: Severity) -> None:
    if report.source == Source.IMPORT:
        return
    sooner = respond_by(report.client_id, severity, report.received_at)
    if sooner and (report.respond_by_at is None or sooner < report.respond_by_at):
        report.respond_by_at = sooner
