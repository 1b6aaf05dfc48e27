"""What is said: public replies and internal notes."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from clients.actions.events import record as record_ours
from clients.models import ApiKey, ClientEventKind, User
from clients.queries import house_role
from clients.rules.roles import require
from core.errors import InvalidInput, KeyReused
from core.text import clean_text, is_blank
from core.validation import unless_taken
from tickets.actions.attachments import tie_attachments
from tickets.actions.clocks import keep_clocks
from tickets.actions.documents import document_comment
from tickets.actions.events import record
from tickets.actions.locks import (
    hold_together,
    lock_merged,
    lock_report,
    lock_survivor,
    lock_unanswered,
    save_ticket,
)
from tickets.actions.mails import mail_comment, tell_staff
from tickets.actions.promises import resume_promise
from tickets.actions.shares import join_queue
from tickets.models import (
    Comment,
    Macro,
    Report,
    Reporter,
    Ticket,
    TicketEventKind,
    TicketMerge,
    Triage,
)
from tickets.queries.access import Actor
from tickets.rules.states import ReportState, TicketState

MOST_BODY = 20_000
_PUBLIC, _INTERNAL = Comment.Visibility.PUBLIC, Comment.Visibility.INTERNAL


@transaction.atomic
def reply_to_ticket(
    *,
    ticket_id: int,
    body: str,
    actor: Actor,
    now: datetime,
    attachment_ids: Iterable[int] = (),
    source_key: str = "",
) -> Comment:
    """Say something that everybody on the ticket sees.

    A reply of staff is the first response and is mailed to every reporter; a client's reply to a
    ticket that waits for them puts it back to work, and whoever has it hears of it.
    """
    unanswered = lock_unanswered(ticket_id) if _is_staff(actor) else []
    ticket = lock_survivor(ticket_id, actor=actor, action="ticket.reply")
    files = sorted(set(attachment_ids))
    if known := _known(actor, source_key, body, files, ticket):
        return known
    comment = _post(Comment(ticket=ticket, visibility=_PUBLIC), body, actor, now, files, source_key)
    record(ticket, TicketEventKind.COMMENT_POSTED, actor=actor, at=now, comment=comment)
    if comment.by_staff:
        Report.objects.filter(pk__in=unanswered).update(first_response_at=now)
        mail_comment(comment=comment, now=now, subject="An answer")
    else:
        tell_staff(ticket=ticket, subject="The client answered", text=comment.body, now=now)
    if not comment.by_staff and ticket.state == TicketState.WAITING:
        resume(ticket, actor=actor, now=now)
    else:
        keep_clocks(ticket=ticket, now=now)
    return comment


@transaction.atomic
def note_on_ticket(
    *,
    ticket_id: int,
    body: str,
    actor: User,
    now: datetime,
    attachment_ids: Iterable[int] = (),
) -> Comment:
    """Write a note that only staff ever see."""
    ticket = lock_survivor(ticket_id, actor=actor, action="ticket.note")
    comment = _post(
        Comment(ticket=ticket, visibility=_INTERNAL), body, actor, now, attachment_ids, ""
    )
    record(ticket, TicketEventKind.NOTE_POSTED, actor=actor, at=now, comment=comment)
    return comment


@transaction.atomic
def reply_to_report(
    *,
    report_id: int,
    body: str,
    actor: Actor,
    now: datetime,
    attachment_ids: Iterable[int] = (),
    source_key: str = "",
) -> Comment:
    """Add to a report that has no ticket yet; a client's answer brings it back into triage.

    So does their reply to a report that was declined. On a report with a ticket this is a reply to
    the ticket.
    """
    files = sorted(set(attachment_ids))
    hold_together(Report.objects.filter(pk=report_id))
    report = Report.objects.get(pk=report_id)
    if report.ticket_id is None:
        report = lock_report(report_id, actor=actor, action="ticket.reply")
    # One that has a ticket need not be locked: taken back into triage at this very moment, what is
    # said of it still arrives on the ticket it was read on.
    if report.ticket_id:
        return reply_to_ticket(
            # Who may speak of it is asked of the ticket it came to, wherever that is by now.
            ticket_id=report.home_id or report.ticket_id,
            body=body,
            actor=actor,
            now=now,
            attachment_ids=files,
            source_key=source_key,
        )
    if known := _known(actor, source_key, body, files, report):
        return known
    comment = post_on_report(
        report=report,
        body=body,
        actor=actor,
        now=now,
        attachment_ids=files,
        source_key=source_key,
    )
    kind = TicketEventKind.COMMENT_POSTED
    if comment.by_staff:
        mail_comment(comment=comment, now=now, subject="An answer")
    elif report.state in (ReportState.ASKED, ReportState.DECLINED):
        kind = (
            TicketEventKind.REPORT_ANSWERED
            if report.state == ReportState.ASKED
            else TicketEventKind.REPORT_RECONSIDERED
        )
        put_back_into_triage(report)
    record(report, kind, actor=actor, at=now, comment=comment)
    keep_clocks(report=report, now=now)
    return comment


@transaction.atomic
def save_macro(
    *,
    name: str,
    body: str,
    actor: User | None,
    now: datetime,
    macro_id: int | None = None,
    is_active: bool = True,
) -> Macro:
    """Keep a saved reply under a name.

    Raises InvalidInput if either is empty, the text too long or the name taken.
    """
    require(house_role(actor), "macro.manage")
    macro = Macro.objects.get(pk=macro_id) if macro_id else Macro()
    macro.name, macro.body = clean_text(name).strip()[:80], clean_text(body).strip()
    macro.is_active = is_active
    if is_blank(macro.name) or is_blank(macro.body):
        raise InvalidInput("A macro needs a name and a text.", field="name")
    if len(macro.body) > MOST_BODY:
        raise InvalidInput(f"At most {MOST_BODY:,} characters, please.", field="body")
    with unless_taken(
        "tickets_macro_name_key", message="There is a macro of this name.", field="name"
    ):
        macro.save()
    record_ours(ClientEventKind.MACRO_SAVED, actor=actor, at=now, data={"macro": macro.pk})
    return macro


def post_on_report(
    *,
    report: Report,
    body: str,
    actor: Actor,
    now: datetime,
    attachment_ids: Iterable[int] = (),
    source_key: str = "",
) -> Comment:
    """Put a public comment on a locked report (in the caller's transaction)."""
    comment = _post(
        Comment(report=report, visibility=_PUBLIC), body, actor, now, attachment_ids, source_key
    )
    if comment.by_staff and report.first_response_at is None:
        report.first_response_at = now
        report.save(update_fields=["first_response_at"])
    return comment


@transaction.atomic
def keep_note(*, report_id: int, body: str, now: datetime) -> Comment:
    """Keep a note of our own, which only staff see, on a report or on the ticket it came to."""
    hold_together(Report.objects.filter(pk=report_id))
    report = Report.objects.select_for_update(no_key=True).get(pk=report_id)
    about: Report | Ticket = report
    if report.ticket_id:
        about = lock_merged(report.ticket_id)
        comment = Comment(ticket=about)
    else:
        comment = Comment(report=report)
    comment.visibility, comment.by_staff = _INTERNAL, True
    comment.body, comment.created_at = clean_text(body).strip(), now
    comment.save()
    document_comment(comment)
    record(about, TicketEventKind.NOTE_POSTED, actor=None, at=now, comment=comment)
    return comment


def put_back_into_triage(report: Report, *fields: str) -> None:
    """Have a locked report judged again (in the caller's transaction), and save further fields.

    What was decided before no longer counts as a decision.
    """
    report.check_move(ReportState.PROPOSED)
    report.state, report.decline_reason = ReportState.PROPOSED, ""
    report.save(update_fields=["state", "decline_reason", *fields])
    Triage.objects.filter(report=report).update(
        decided_kind="",
        decided_severity="",
        decided_title="",
        decided_estimate_minutes=None,
        decided_by=None,
        decided_at=None,
    )


def resume(ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """Put a locked, waiting ticket back to work: with its assignee, else into the queue."""
    ticket.state = TicketState.IN_PROGRESS if ticket.assignee_id else TicketState.QUEUED
    save_ticket(ticket, "state")
    record(ticket, TicketEventKind.TICKET_RESUMED, actor=actor, at=now)
    keep_clocks(ticket=ticket, now=now)
    if ticket.state == TicketState.QUEUED:
        join_queue(ticket, now=now)
    resume_promise(ticket, now=now)


def _post(
    comment: Comment,
    body: str,
    actor: Actor,
    now: datetime,
    attachment_ids: Iterable[int],
    source_key: str,
) -> Comment:
    text = clean_text(body).strip()
    ids = sorted(set(attachment_ids))
    if is_blank(text) and not ids:
        raise InvalidInput("Write something first.", field="body")
    if len(text) > MOST_BODY:
        raise InvalidInput(f"At most {MOST_BODY:,} characters, please.", field="body")
    comment.body, comment.created_at = text, now
    comment.author_user = actor if isinstance(actor, User) else None
    comment.author_reporter = actor if isinstance(actor, Reporter) else None
    comment.author_key = actor if isinstance(actor, ApiKey) else None
    comment.by_staff = _is_staff(actor)
    if source_key:
        comment.source_key, comment.source_hash = source_key, _digest(body, ids)
    comment.save()
    document_comment(comment)
    tie_attachments(ids, comment=comment, actor=actor)
    return comment


def _known(
    actor: Actor, source_key: str, body: str, files: list[int], about: Report | Ticket
) -> Comment | None:
    if not source_key or not isinstance(actor, ApiKey):
        return None
    earlier = Comment.objects.filter(author_key=actor, source_key=source_key)
    known = earlier.select_related("report").first()
    if known is None:
        return None
    # What was said on a report belongs to the ticket it became.
    ticket_id = known.report.ticket_id if known.report else known.ticket_id
    is_here = about.pk == (known.report_id if isinstance(about, Report) else ticket_id)
    # Sent to a part, it arrived where that was then.
    was_there = TicketMerge.objects.filter(source__in=_heard_on(about), target=ticket_id)
    if not (is_here or was_there.exists()) or known.source_hash != _digest(body, files):
        raise KeyReused("This key was used before, with another content.")
    return known


def _heard_on(about: Report | Ticket) -> list[int]:
    ticket = about.home or about.ticket if isinstance(about, Report) else about
    return [ticket.pk] if ticket else []


def _is_staff(actor: Actor) -> bool:
    return isinstance(actor, User) and actor.staff_role is not None


def _digest(body: str, files: list[int]) -> str:
    content = f"{clean_text(body).strip()}\0{files}"
    return hashlib.sha256(content.encode()).hexdigest()
