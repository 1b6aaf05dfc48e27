"""Which tickets may be about the same problem as a report, the likeliest first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Q

from clients.models import User
from tickets.models import Report, Ticket
from tickets.queries.access import tickets_for
from tickets.rules.states import LIVE, OPEN

SHIPPED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A ticket that may be about the same problem, and why; scores only compare with each other."""

    ticket: Ticket
    score: float
    reason: str


def suggest_tickets(
    who: User,
    *,
    client_id: int,
    now: datetime,
    report: Report | None = None,
    title: str = "",
    text: str = "",
    page: str = "",
    project_id: int | None = None,
    most: int = 5,
) -> list[Suggestion]:
    """List the client's tickets that may be about the same problem, the likeliest first.

    Of a report, or of what somebody types (``page`` is an address as people give it). Only open
    tickets and those shipped in the last ``SHIPPED_DAYS``, as far as the person may see them; a
    report's own ticket is none. Nothing is given that has nothing in common.
    """
    title = title or (report.headline if report else text[:120])
    recent = Q(state__in=OPEN) | Q(
        state__in=LIVE, shipped_at__gte=now - timedelta(days=SHIPPED_DAYS)
    )
    found = (
        tickets_for(who)
        .filter(recent, client_id=client_id)
        .annotate(similarity=TrigramSimilarity("title", title))
        .filter(similarity__gt=0.2)
        .order_by("-similarity")
    )
    if report and report.ticket_id:
        found = found.exclude(pk=report.ticket_id)
    return [
        Suggestion(ticket, getattr(ticket, "similarity", 0.0), "similar title")
        for ticket in found[:most]
    ]
