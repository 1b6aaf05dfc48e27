"""The moves of a ticket, from the queue to a fix that works."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from clients.actions import record_release
from clients.models import User
from clients.queries import staff
from core.errors import InvalidInput, MoveRefused
from core.queue import enqueue
from core.text import clean_text, is_blank
from tickets.actions.alerts import raise_alert
from tickets.actions.clocks import keep_clocks
from tickets.actions.conversation import note_on_ticket, reply_to_ticket
from tickets.actions.conversation import resume as resume_ticket
from tickets.actions.documents import document_ticket
from tickets.actions.due_times import forget_late_promise
from tickets.actions.events import record
from tickets.actions.locks import lock_ticket, lock_unanswered, save_ticket
from tickets.actions.mails import tell_watchers_of_fix
from tickets.actions.promises import promise, resume_promise
from tickets.actions.shares import join_queue, set_priority
from tickets.actions.triage import check_terms, decide_opening
from tickets.models import FixCheck, Report, Ticket, TicketEventKind, TicketLink
from tickets.queries.absences import is_away
from tickets.rules.states import TicketState
from tickets.rules.words import Severity

_K = TicketEventKind


@transaction.atomic
def assign_ticket(*, ticket_id: int, assignee_id: int | None, actor: User, now: datetime) -> Ticket:
    """Give a ticket to a colleague, or to nobody while it waits in the queue."""
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    if not ticket.is_open:
        raise MoveRefused(f"#{ticket.number} is done.")
    assignee = staff().filter(pk=assignee_id).first() if assignee_id else None
    if assignee_id and assignee is None:
        raise InvalidInput("Choose somebody of the staff.", field="assignee")
    if assignee is None and ticket.state in (TicketState.IN_PROGRESS, TicketState.IN_REVIEW):
        raise MoveRefused("Put it back into the queue to leave it to nobody.", field="assignee")
    if ticket.assignee_id != assignee_id:
        ticket.assignee = assignee
        save_ticket(ticket, "assignee")
        record(ticket, _K.TICKET_ASSIGNED, actor=actor, at=now, data={"assignee": assignee_id})
    return ticket


@transaction.atomic
def put_back(*, ticket_id: int, actor: User, now: datetime) -> Ticket:
    """Put a ticket back into the queue, free for anybody."""
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    if ticket.state not in (TicketState.IN_PROGRESS, TicketState.WAITING):
        raise MoveRefused(f"#{ticket.number} is {ticket.get_state_display().lower()}.")
    ticket.check_move(TicketState.QUEUED)
    ticket.state, ticket.assignee = TicketState.QUEUED, None
    save_ticket(ticket, "state", "assignee")
    record(ticket, _K.TICKET_PUT_BACK, actor=actor, at=now)
    keep_clocks(ticket=ticket, now=now)
    join_queue(ticket, now=now)
    resume_promise(ticket, now=now)
    return ticket


@transaction.atomic
def wait_for_client(*, ticket_id: int, question: str, actor: User, now: datetime) -> Ticket:
    """Ask the client something and wait; their answer brings the ticket back."""
    lock_unanswered(ticket_id)
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    ticket.check_move(TicketState.WAITING)
    reply_to_ticket(ticket_id=ticket.pk, body=question, actor=actor, now=now)
    ticket.state = TicketState.WAITING
    save_ticket(ticket, "state")
    record(ticket, _K.TICKET_WAITING, actor=actor, at=now)
    keep_clocks(ticket=ticket, now=now)
    return ticket


@transaction.atomic
def resume_waiting(*, ticket_id: int, actor: User, now: datetime) -> Ticket:
    """Go on without an answer."""
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    if ticket.state != TicketState.WAITING:
        raise MoveRefused(f"#{ticket.number} does not wait for the client.")
    resume_ticket(ticket, actor=actor, now=now)
    return ticket


@transaction.atomic
def send_to_review(
    *, ticket_id: int, actor: User, now: datetime, pull_request_url: str = ""
) -> Ticket:
    """Ask for review of the fix, with its pull request if there is one."""
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    ticket.check_move(TicketState.IN_REVIEW)
    if pull_request_url.strip():
        link_pull_request(ticket_id=ticket.pk, url=pull_request_url, actor=actor, now=now)
    ticket.state = TicketState.IN_REVIEW
    save_ticket(ticket, "state")
    record(ticket, _K.TICKET_IN_REVIEW, actor=actor, at=now)
    return ticket


@transaction.atomic
def return_from_review(*, ticket_id: int, actor: User, now: datetime) -> Ticket:
    """Take a ticket from review back to work."""
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    if ticket.state != TicketState.IN_REVIEW:
        raise MoveRefused(f"#{ticket.number} is not in review.")
    ticket.check_move(TicketState.IN_PROGRESS)
    ticket.state = TicketState.IN_PROGRESS
    save_ticket(ticket, "state")
    record(ticket, _K.TICKET_RESUMED, actor=actor, at=now)
    return ticket


@transaction.atomic
def ship_ticket(*, ticket_id: int, actor: User, release: str, now: datetime) -> Ticket:
    """Mark the fix as live and ask every reporter whether it works for them.

    ``release`` is the version it went out with; an unknown one is recorded, none is allowed.
    The question answers reports nobody had answered yet. Raises MoveRefused unless the ticket is in
    review.
    """
    unanswered = lock_unanswered(ticket_id)
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    ticket.check_move(TicketState.SHIPPED)
    ticket.release = None
    if release.strip():
        ticket.release, _ = record_release(
            project_id=ticket.project_id, version=release, actor=actor, now=now
        )
    ticket.state, ticket.shipped_at = TicketState.SHIPPED, now
    save_ticket(ticket, "state", "shipped_at", "release")
    Report.objects.filter(pk__in=unanswered).update(first_response_at=now)
    event = record(
        ticket,
        _K.TICKET_SHIPPED,
        actor=actor,
        at=now,
        data={"release": ticket.release_id} if ticket.release_id else {},
    )
    keep_clocks(ticket=ticket, now=now)
    tell_watchers_of_fix(ticket=ticket, now=now)
    enqueue("tickets.tasks.ask_reporters", event_id=event.pk)
    enqueue("tickets.tasks.offer_promises", client_id=ticket.client_id)
    return ticket


@transaction.atomic
def reopen_ticket(*, ticket_id: int, reason: str, actor: User, now: datetime) -> Ticket:
    """Put a finished ticket back into the queue. Raises InvalidInput without a reason."""
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    if is_blank(reason):
        raise InvalidInput("Say why it is reopened.", field="reason")
    reopen(ticket, now=now)
    record(ticket, _K.TICKET_REOPENED, actor=actor, at=now)
    keep_clocks(ticket=ticket, now=now)
    note_on_ticket(ticket_id=ticket.pk, body=reason, actor=actor, now=now)
    join_queue(ticket, now=now)
    resume_promise(ticket, now=now)
    return ticket


@transaction.atomic
def close_ticket(*, ticket_id: int, message: str, actor: User, now: datetime) -> Ticket:
    """Close a ticket without a fix; every reporter hears why."""
    lock_unanswered(ticket_id)
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    ticket.check_move(TicketState.CLOSED)
    reply_to_ticket(ticket_id=ticket.pk, body=message, actor=actor, now=now)
    ticket.state = TicketState.CLOSED
    save_ticket(ticket, "state")
    record(ticket, _K.TICKET_CLOSED, actor=actor, at=now)
    keep_clocks(ticket=ticket, now=now)
    return ticket


@transaction.atomic
def edit_ticket(
    *,
    ticket_id: int,
    version: int,
    kind: str,
    severity: str,
    title: str,
    estimate_minutes: int,
    actor: User,
    now: datetime,
) -> Ticket:
    """Change what a ticket says of itself; a person who saves it confirms the severity.

    Raises StaleVersion if somebody changed the ticket since ``version``, and InvalidInput as
    ``check_terms`` does.
    """
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work", version=version)
    terms = check_terms(
        kind=kind, severity=severity, title=title, estimate_minutes=estimate_minutes
    )
    change_terms(ticket, terms, actor=actor, now=now)
    return ticket


def change_terms(
    ticket: Ticket, terms: Mapping[str, str | int], *, actor: User, now: datetime
) -> None:
    """Change what a locked ticket says of itself, by checked terms, and confirm its severity."""
    changed = _changes(ticket, terms)
    is_s1_now = changed.get("severity", [""])[-1] == Severity.S1
    confirms = ticket.severity_confirmed_at is None
    if not (changed or confirms):
        return
    before = ticket.priority
    for field, value in terms.items():
        setattr(ticket, field, value)
    if confirms:
        ticket.severity_confirmed_at = now
    set_priority(ticket)
    save_ticket(ticket, *terms, "severity_confirmed_at", "priority", "rank")
    if changed:
        record(ticket, _K.TICKET_EDITED, actor=actor, at=now, data=changed)
    if "title" in changed:
        document_ticket(ticket.pk)
    if confirms:
        confirmed = {"severity": ticket.severity}
        record(ticket, _K.SEVERITY_CONFIRMED, actor=actor, at=now, data=confirmed)
        decide_opening(ticket, actor=actor, now=now)
    if is_s1_now and ticket.is_open and (report := ticket.reports.order_by("pk").first()):
        raise_alert(report=report, now=now)
    if confirms or ticket.priority != before or "estimate_minutes" in changed:
        keep_clocks(ticket=ticket, now=now)
        promise(ticket, now=now)


@transaction.atomic
def approve_p1(*, ticket_id: int, actor: User, now: datetime) -> Ticket:
    """Raise a ticket to P1 because of how many people it reaches.

    Raises MoveRefused unless its reach makes it one.
    """
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    if not ticket.awaits_p1_approval:
        raise MoveRefused(f"The reach of #{ticket.number} does not make it P1.")
    ticket.p1_approved_at = now
    set_priority(ticket)
    save_ticket(ticket, "p1_approved_at", "priority", "rank")
    record(ticket, _K.P1_APPROVED, actor=actor, at=now, data={"reach": ticket.reach})
    keep_clocks(ticket=ticket, now=now)
    promise(ticket, now=now)
    return ticket


@transaction.atomic
def link_pull_request(*, ticket_id: int, url: str, actor: User, now: datetime) -> TicketLink:
    """Link a pull request; the same one twice is one link. Raises InvalidInput for no address."""
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    address = clean_text(url).strip()
    try:
        URLValidator(schemes=["http", "https"])(address)
    except ValidationError:
        raise InvalidInput("Give the address of the pull request.", field="url") from None
    if len(address) > 500:
        raise InvalidInput("At most 500 characters, please.", field="url")
    # What was merged may have brought the same link along, which goes back with it.
    if known := TicketLink.objects.filter(ticket=ticket, url=address).first():
        return known
    link = TicketLink.objects.create(ticket=ticket, url=address, added_by=actor, added_at=now)
    record(ticket, _K.LINK_ADDED, actor=actor, at=now, link=link)
    return link


def reopen(ticket: Ticket, *, now: datetime) -> None:
    """Put a locked, finished ticket back into the queue; open questions about its fix lapse.

    It stays with who had it, who knows it best, unless they are away: then it is anybody's.
    """
    if ticket.is_open:
        raise MoveRefused(f"#{ticket.number} is still open.")
    ticket.check_move(TicketState.QUEUED)
    ticket.state, ticket.shipped_at = TicketState.QUEUED, None
    ticket.reopened_count += 1
    if ticket.assignee_id and is_away(ticket.assignee_id, now):
        ticket.assignee = None
    set_priority(ticket)
    save_ticket(ticket, "state", "shipped_at", "reopened_count", "assignee", "priority", "rank")
    ticket.fix_checks.filter(state=FixCheck.State.ASKED).update(state=FixCheck.State.SUPERSEDED)
    forget_late_promise(ticket, now=now)


def _changes(ticket: Ticket, terms: Mapping[str, str | int]) -> dict[str, Any]:
    """Give what an event may keep of the changed terms: of a title only that it changed."""
    return {
        field: True if field == "title" else [getattr(ticket, field), value]
        for field, value in terms.items()
        if getattr(ticket, field) != value
    }
