from datetime import datetime
from typing import Any

from django.db.models import F, Func, OuterRef, QuerySet, Subquery, TextField

from clients.rules.roles import require
from core.errors import MoveRefused, StaleVersion
from tickets.actions.documents import document_move
from tickets.models import QueuePlan, Report, Ticket, TicketEvent, TicketEventKind
from tickets.queries.access import Actor, role_on
from tickets.queries.merging import survivor_of
from tickets.queries.people import ships_to_ask
from tickets.rules.states import TicketState

_THE_ONE = 1
# Added to a client's key, so that no other advisory lock is taken for it.
_TOGETHER = 7_340_000_000_000
# What the forward simulation reads of a ticket that is in one of these states.
_PLANNED = {"state", "assignee", "estimate_minutes", "skill", "due_at", "p1_approved_at"}
# What a search finds a ticket by, beside its words.
_FOUND_BY = {"state", "severity", "priority", "kind", "assignee"}
_PLANNED_IN = [TicketState.QUEUED, TicketState.IN_PROGRESS, TicketState.WAITING]
# These leave the ticket's own row as it was.
_BESIDE_THE_ROW = [
    TicketEventKind.COMMENT_POSTED, TicketEventKind.NOTE_POSTED, TicketEventKind.LINK_ADDED,
    TicketEventKind.TIME_LOGGED, TicketEventKind.TIME_VOIDED,
    TicketEventKind.OUTBREAK_JOINED, TicketEventKind.OUTBREAK_LEFT,
    TicketEventKind.TICKET_WATCHED, TicketEventKind.TICKET_UNWATCHED,
    *(kind for kind in TicketEventKind if kind.startswith("sla.")),
]  # fmt: skip


def lock_ticket(ticket_id: int, *, actor: Actor, action: str, version: int | None = None) -> Ticket:
    """Lock a ticket's row and check that the actor may do the action.

    Raises NotAllowed, StaleVersion if the row is no longer at the version the actor had read, or
    MoveRefused for one that is part of another: nothing moves it but taking it out again.
    Rows that point at a locked one can still be written.

    Locks are taken in this order: an outbreak, what keeps a client's reports on their tickets
    (hold_together, move_alone), reports, tickets, the plan.
    """
    hold_together(Ticket.objects.filter(pk=ticket_id))
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=ticket_id)
    require(role_on(actor, ticket), action)
    if ticket.merged_into:
        raise MoveRefused(f"#{ticket.number} is part of #{ticket.merged_into.number}: see there.")
    if version is not None and version != ticket.version:
        changes = ticket.events.exclude(kind__in=_BESIDE_THE_ROW)
        last = changes.select_related("actor_user").order_by("-at", "-pk").first()
        who = str(last.actor_user) if last and last.actor_user else "ShipOps"
        what = last.get_kind_display() if last else "changed it"
        raise StaleVersion(
            f"#{ticket.number} changed while you were writing: {who} {what}. "
            "Nothing of yours was saved; look at it again and repeat your change."
        )
    return ticket


def lock_survivor(ticket_id: int, *, actor: Actor, action: str) -> Ticket:
    """Lock the ticket that another is part of by now, or itself: what is said to one arrives there.

    Whether the actor may do the action is asked of the one they named, which is what they know.
    Nothing is merged or taken apart until the transaction ends.
    """
    require(role_on(actor, Ticket.objects.get(pk=ticket_id)), action)
    hold_together(Ticket.objects.filter(pk=ticket_id))
    return lock_merged(ticket_id)


def lock_merged(ticket_id: int) -> Ticket:
    """Lock what a ticket is part of; whoever calls it holds its client's reports where they are."""
    return Ticket.objects.select_for_update(no_key=True).get(pk=survivor_of(ticket_id))


def hold_together(rows: QuerySet[Any]) -> None:
    """Keep the reports of a report's or ticket's client where they are until the transaction ends.

    Whoever locks a ticket starts with it: a report that moved while its lock was waited for would
    be locked behind its new ticket, and two who lock in different order wait for ever.
    """
    _lock_together("pg_advisory_xact_lock_shared", rows)


def move_alone(rows: QuerySet[Any]) -> None:
    """Let nobody else move reports of a report's or ticket's client, or rely on where they are."""
    _lock_together("pg_advisory_xact_lock", rows)


def _lock_together(function: str, rows: QuerySet[Any]) -> None:
    locking = Func(F("client_id") + _TOGETHER, function=function, output_field=TextField())
    list(rows.values_list(locking))


def lock_report(report_id: int, *, actor: Actor, action: str) -> Report:
    """Lock a report's row and check that the actor may do the action."""
    report = Report.objects.select_for_update(no_key=True).get(pk=report_id)
    require(role_on(actor, report), action)
    return report


def save_ticket(ticket: Ticket, *fields: str, keeps_spare: bool = False) -> None:
    """Save the named fields of a locked ticket and move its version on.

    What was to spare is dropped with what the simulation reads, unless whoever calls keeps it
    right. What is done or in review takes no time: that makes nothing late.
    """
    ticket.version += 1
    ticket.save(update_fields=[*fields, "version"])
    if not _FOUND_BY.isdisjoint(fields):
        document_move(ticket.pk)
    if not keeps_spare and ticket.state in _PLANNED_IN and not _PLANNED.isdisjoint(fields):
        forget_spare()


def lock_unanswered(ticket_id: int) -> list[int]:
    """Lock the reports nobody answered yet of a ticket, before it; gives their keys.

    Every action of staff that replies starts with it: two that lock in different order lock up.
    """
    hold_together(Ticket.objects.filter(pk=ticket_id))
    ticket_id = survivor_of(ticket_id)
    unanswered = Report.objects.filter(ticket_id=ticket_id, first_response_at=None).order_by("pk")
    return list(unanswered.select_for_update(no_key=True).values_list("pk", flat=True))


def lock_ships(*, since: datetime, after: int, most: int) -> dict[int, int]:
    """Lock the next shipped tickets whose reporters are still to be asked, behind a ticket's key.

    Gives the event of each ticket's shipping. Tickets that somebody else holds are passed over.
    """
    shipping = TicketEvent.objects.filter(
        ticket=OuterRef("pk"), kind=TicketEventKind.TICKET_SHIPPED, at=OuterRef("shipped_at")
    ).order_by("-pk")
    waiting = (
        ships_to_ask(since=since)
        .filter(pk__gt=after)
        .annotate(shipping=Subquery(shipping.values("pk")[:1]))
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
    )
    return dict(waiting.values_list("pk", "shipping")[:most])


def lock_plan() -> QueuePlan:
    """Lock the one row that decisions about the order of work take one after the other.

    Reports are locked before it, and the caller's ticket; whoever holds it waits for no other
    ticket. Inside a transaction only.
    """
    rows = QueuePlan.objects.select_for_update(no_key=True)
    plan = rows.filter(pk=_THE_ONE).first()
    if plan is None:
        QueuePlan.objects.get_or_create(pk=_THE_ONE)
        plan = rows.get(pk=_THE_ONE)
    return plan


def forget_spare() -> None:
    """Drop what the last simulation found to spare: it had other work, or other people for it.

    Whoever calls it holds the plan from here on, so that nobody keeps a simulation of before.
    """
    QueuePlan.objects.update(spare_minutes=0, simulated_at=None)
