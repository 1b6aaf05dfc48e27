"""One problem, one ticket: merging, and taking it back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from clients.models import User
from clients.queries import staff
from clients.rules.roles import require
from core.errors import InvalidInput, MoveRefused
from core.queue import enqueue
from tickets.actions.clocks import keep_clocks
from tickets.actions.conversation import put_back_into_triage
from tickets.actions.documents import document_report, document_ticket
from tickets.actions.due_times import (
    forget_late_promise,
    hold_promises,
    keep_own_promise,
    move_by_stops,
    take_soonest,
)
from tickets.actions.events import record
from tickets.actions.joining import tell_joined
from tickets.actions.locks import forget_spare, lock_report, move_alone, save_ticket
from tickets.actions.mails import tell_watchers_of_fix
from tickets.actions.outbreak_links import carry_outbreak, part_outbreak
from tickets.actions.promises import promise, resume_promise
from tickets.actions.reach import count_reach
from tickets.actions.shares import join_queue
from tickets.actions.sightings import move_sightings, recount_sightings
from tickets.actions.tickets import change_terms
from tickets.models import (
    Comment,
    FixCheck,
    HeldPromise,
    Outbreak,
    Report,
    SlaClock,
    Ticket,
    TicketEventKind,
    TicketLink,
    TicketMerge,
    TimeEntry,
    Timer,
    Watcher,
)
from tickets.queries.access import role_on
from tickets.queries.merging import parts_of, survivor_of
from tickets.rules.states import JOINABLE, ReportState, TicketState

_K = TicketEventKind
# What hangs on a ticket itself. Files, reply links and alerts hang on reports and comments.
_HOMED: tuple[Any, ...] = (Report, Comment, TimeEntry, TicketLink, Timer, Watcher, HeldPromise)
_BY_SOMEBODY = (TicketState.IN_PROGRESS, TicketState.IN_REVIEW)


class MergedAlready(MoveRefused):
    """The ticket is part of another one by now."""


@transaction.atomic
def merge_tickets(
    *, source_id: int, number: int, actor: User, now: datetime, raises: bool = False
) -> TicketMerge:
    """Make an open ticket part of another of the same client, which lives on.

    Reports with their people and files, comments, time, running clocks, links and watchers go
    along; each keeps the ticket it was written on as its home. Whoever reported the source and
    waits for an answer is told by mail. The survivor takes over the sooner promise of the two, and
    with ``raises`` the graver severity, while it is open.

    Raises MergedAlready for a source that is part of another, InvalidInput for a number that is not
    the client's, and MoveRefused unless the source is open and the survivor open or shipped.
    """
    _lock_outbreak(source_id)
    move_alone(Ticket.objects.filter(pk=source_id))
    reports = _lock_reports(Report.objects.filter(ticket=source_id))
    unanswered = [report.pk for report in reports if report.first_response_at is None]
    source, target = _lock_pair(source_id, number, actor)
    source.check_move(TicketState.MERGED)
    merge = TicketMerge.objects.create(
        source=source,
        target=target,
        merged_at=now,
        merged_by=actor,
        state_before=source.state,
    )
    hold_promises(source, target, now=now)
    source.state, source.merged_into = TicketState.MERGED, target
    save_ticket(source, "state", "merged_into")
    for model in _HOMED:
        rows = model.objects.filter(ticket=source)
        rows.update(home=Coalesce("home", "ticket"), ticket=target)
    SlaClock.objects.filter(ticket=source).update(ticket=target)
    move_sightings(source, target)
    carry_outbreak(source, target, actor=actor, now=now)
    told = {"state": target.state}
    record(source, _K.TICKET_MERGED, actor=actor, at=now, merge=merge, data=told)
    record(target, _K.TICKET_MERGED_IN, actor=actor, at=now, merge=merge)
    Report.objects.filter(pk__in=unanswered).update(first_response_at=now)
    for report in Report.objects.filter(pk__in=unanswered).order_by("pk"):
        tell_joined(report, target, now)
    if target.state == TicketState.SHIPPED:
        shipped = target.events.filter(kind=_K.TICKET_SHIPPED).latest("pk")
        enqueue("tickets.tasks.ask_reporters", event_id=shipped.pk)
        tell_watchers_of_fix(ticket=target, now=now, came_with=source)
    else:
        take_soonest(target, now=now, reason="merged")
        if raises and source.severity < target.severity:
            change_terms(target, {"severity": source.severity}, actor=actor, now=now)
    # What it needs no time for any more leaves more to spare; that is found within a minute.
    forget_spare()
    _settle(target, source, now=now)
    return merge


@transaction.atomic
def unmerge_ticket(
    *, source_id: int, actor: User, now: datetime, merge_id: int | None = None
) -> Ticket:
    """Take a ticket out of the one it was merged into: it is again what it was.

    Everything that was written on it, and on what was merged into it before, comes back; what was
    written on the survivor since stays there. Doing it at once with a merge of the survivor is
    safe. Raises MoveRefused for a ticket that is part of no other, or by another merge by now than
    the one that is meant.
    """
    move_alone(Ticket.objects.filter(pk=source_id))
    _lock_reports(Report.objects.filter(home__in=parts_of(source_id)))
    source, holder = _lock_chain(source_id, actor)
    merge = TicketMerge.objects.filter(source=source, undone_at=None).first()
    if merge is None or holder is None:
        raise MoveRefused(f"#{source.number} is not part of another ticket.")
    if merge_id not in (None, merge.pk):
        raise MoveRefused(f"#{source.number} was merged anew meanwhile. Look at it again.")
    merge.undone_at, merge.undone_by = now, actor
    merge.save(update_fields=["undone_at", "undone_by"])
    source.merged_into = None
    _take_up(source, _state_of(merge, holder))
    held = holder.held_promises.exists()
    if held and holder.due_at:
        move_by_stops([holder], now, lasting=True)
    parts = parts_of(source.pk)
    for model in _HOMED:
        rows = model.objects.filter(home__in=parts)
        rows.update(ticket=source, home=NullIf(F("home"), Value(source.pk)))
    SlaClock.objects.filter(report__ticket=source).update(ticket=source)
    recount_sightings(source)
    recount_sightings(holder)
    part_outbreak(source, holder, now=now)
    withdraw_questions(holder)
    told = {"state": source.state}
    record(source, _K.TICKET_UNMERGED, actor=actor, at=now, merge=merge, data=told)
    record(holder, _K.TICKET_UNMERGED_FROM, actor=actor, at=now, merge=merge)
    keep_own_promise(source, now=now, reason="along")
    if held and holder.is_open:
        keep_own_promise(holder, now=now, reason="unmerged")
        promise(holder, now=now)
    forget_spare()
    _settle(holder, source, now=now)
    if source.state == TicketState.QUEUED:
        join_queue(source, now=now)
    forget_late_promise(source, now=now)
    resume_promise(source, now=now)
    return source


@transaction.atomic
def split_report(*, report_id: int, actor: User, now: datetime) -> Report:
    """Take a report that joined a ticket back into triage: the undo of joining.

    Raises MoveRefused for one that did not, or that its ticket opened with.
    """
    move_alone(Report.objects.filter(pk=report_id))
    report = lock_report(report_id, actor=actor, action="report.triage")
    if report.state != ReportState.DUPLICATE or report.ticket_id is None:
        raise MoveRefused(f"#{report.number} joined no ticket.")
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=report.ticket_id)
    report.ticket = report.home = None
    put_back_into_triage(report, "ticket", "home")
    record(report, _K.REPORT_SPLIT, actor=actor, at=now, ticket=ticket)
    recount_sightings(ticket)
    withdraw_questions(ticket)
    count_reach(ticket, now=now)
    document_ticket(ticket.pk)
    document_report(report.pk)
    keep_clocks(report=report, now=now)
    return report


def _settle(holder: Ticket, source: Ticket, *, now: datetime) -> None:
    """Bring what follows from two tickets' rows up to date: people, words, clocks."""
    for ticket in (source, holder):
        if ticket.state != TicketState.MERGED:
            count_reach(ticket, now=now)
        document_ticket(ticket.pk)
    # The survivor's reports are the source's, too, while it is part of it.
    keep_clocks(ticket=holder, now=now)
    if source.state != TicketState.MERGED:
        keep_clocks(ticket=source, now=now)


def _lock_pair(source_id: int, number: int, actor: User) -> tuple[Ticket, Ticket]:
    """Lock both tickets, the older row first whichever it is, and check that they may be one."""
    source = Ticket.objects.get(pk=source_id)
    same = Ticket.objects.filter(client_id=source.client_id, number=number).first()
    if same is None:
        raise InvalidInput(f"This client has no ticket #{number}.", field="number")
    if same.pk == source.pk:
        raise InvalidInput("That is the ticket itself.", field="number")
    locked = _lock([source.pk, same.pk], actor)
    source, target = locked[source.pk], locked[same.pk]
    for ticket in (source, target):
        if ticket.merged_into:
            into = ticket.merged_into.number
            raise MergedAlready(f"#{ticket.number} is part of #{into} already.", field="number")
    if target.state not in JOINABLE:
        is_now = target.get_state_display().lower()
        raise MoveRefused(f"#{number} is {is_now}. Reopen it first.", field="number")
    return source, target


def _lock_chain(source_id: int, actor: User) -> tuple[Ticket, Ticket | None]:
    """Lock a ticket and the one that holds its rows, if that is another."""
    holder_id = survivor_of(source_id)
    locked = _lock({source_id, holder_id}, actor)
    return locked[source_id], locked[holder_id] if holder_id != source_id else None


def _lock_reports(reports: QuerySet[Report]) -> list[Report]:
    """Lock the reports that move, before any ticket: whoever splits one off locks it first, too."""
    return list(reports.select_for_update(no_key=True).order_by("pk"))


def _lock(ids: Iterable[int], actor: User) -> dict[int, Ticket]:
    # A row that was waited for is read anew, but not what is joined to it: nothing is.
    rows = Ticket.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    found = {ticket.pk: ticket for ticket in rows}
    for ticket in found.values():
        require(role_on(actor, ticket), "ticket.merge")
    return found


def withdraw_questions(ticket: Ticket) -> None:
    """Ask nobody any more whether the fix works who reported nothing of what a locked ticket is."""
    asked = ticket.fix_checks.filter(state=FixCheck.State.ASKED)
    gone = asked.exclude(reporter__in=Report.objects.filter(ticket=ticket).values("reporter"))
    gone.update(state=FixCheck.State.SUPERSEDED)


def _state_of(merge: TicketMerge, holder: Ticket) -> TicketState:
    """Give the state a part goes back to: whom it waited for may have written meanwhile."""
    state = TicketState(merge.state_before)
    if state != TicketState.WAITING:
        return state
    here = Q(ticket=holder) & (Q(home=None) | Q(home__in=parts_of(merge.target_id)))
    said = Comment.objects.filter(here, by_staff=False, created_at__gte=merge.merged_at)
    if not said.exists():
        return state
    return TicketState.IN_PROGRESS if merge.source.assignee_id else TicketState.QUEUED


def _lock_outbreak(source_id: int) -> None:
    """Lock the outbreak of a ticket before it, as whoever links tickets to one does."""
    ours = Outbreak.objects.filter(tickets=source_id)
    ours.select_for_update(no_key=True, of=("self",)).first()


def _take_up(source: Ticket, state: TicketState) -> None:
    """Put a ticket where it was; work of somebody who has left goes back into the queue."""
    if state in _BY_SOMEBODY and not staff().filter(pk=source.assignee_id or 0).exists():
        state, source.assignee = TicketState.QUEUED, None
    source.check_move(state)
    source.state = state
    save_ticket(source, "state", "merged_into", "assignee")
