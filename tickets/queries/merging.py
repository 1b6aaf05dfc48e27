"""Tickets that are part of others: where they went, and what went along."""

from dataclasses import dataclass

from django.db.models import QuerySet

from tickets.models import Comment, Report, Ticket, TicketLink, TicketMerge, TimeEntry, Watcher
from tickets.queries.people import reach_of
from tickets.rules.states import JOINABLE, TicketState


@dataclass(frozen=True)
class Belongings:
    """How much goes along when a ticket is merged."""

    reports: int
    comments: int
    time_minutes: int
    links: int
    watchers: int


def survivor_of(ticket_id: int) -> int:
    """Give the key of the ticket that another one is part of by now: its own while it is none."""
    seen = {ticket_id}
    while (into := _merged_into(ticket_id)) is not None:
        assert into not in seen, "a ticket never becomes part of its own part"
        seen.add(into)
        ticket_id = into
    return ticket_id


def parts_of(ticket_id: int) -> list[int]:
    """List a ticket and everything that is part of it by now, directly or not, by keys."""
    found = level = [ticket_id]
    while level:
        level = list(Ticket.objects.filter(merged_into__in=level).values_list("pk", flat=True))
        found = found + level
    return found


def merges_into(ticket: Ticket) -> QuerySet[TicketMerge]:
    """List the merges that stand into a ticket and what is part of it, oldest first."""
    standing = TicketMerge.objects.filter(target__in=parts_of(ticket.pk), undone_at=None)
    return standing.select_related("source__project", "merged_by").order_by("merged_at", "pk")


def merge_partner(ticket: Ticket, number: int) -> Ticket | None:
    """Give another ticket of the same client that a ticket could be one with, by its number."""
    same = Ticket.objects.filter(client_id=ticket.client_id, number=number).exclude(pk=ticket.pk)
    return same.select_related("client", "project", "assignee", "release").first()


def survives(one: Ticket, other: Ticket) -> Ticket:
    """Give which of two tickets the other should become part of, if it may take it.

    That is the graver one, else the older. A fix that is live already keeps what comes late.
    """
    able = [
        each
        for each, gone in ((one, other), (other, one))
        if each.state in JOINABLE and gone.may_move(TicketState.MERGED)
    ]
    return min(
        able or [one, other], key=lambda each: (each.severity, each.received_at, each.number)
    )


def belongings_of(ticket: Ticket) -> Belongings:
    """Count what would go along if a ticket were merged."""
    entries = TimeEntry.objects.filter(ticket=ticket, voided_at=None)
    return Belongings(
        reports=Report.objects.filter(ticket=ticket).count(),
        comments=Comment.objects.filter(ticket=ticket).count(),
        time_minutes=sum(entries.values_list("minutes", flat=True)),
        links=TicketLink.objects.filter(ticket=ticket).count(),
        watchers=Watcher.objects.filter(ticket=ticket).count(),
    )


def reach_together(one: Ticket, other: Ticket) -> int:
    """Count the people two tickets affect together, each once."""
    return reach_of([one.pk, other.pk])[0]


def _merged_into(ticket_id: int) -> int | None:
    return Ticket.objects.values_list("merged_into", flat=True).get(pk=ticket_id)
