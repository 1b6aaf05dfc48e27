"""One list of tickets and of reports that have no ticket yet, newest number first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.safestring import SafeString

from clients.models import User
from tickets.models import Report, Ticket
from tickets.queries.forecasts import Prospect, prospects
from tickets.rules.plain_words import (
    REPORT_STANDINGS,
    TICKET_STANDINGS,
    Standing,
    standing_of_asked,
)
from tickets.rules.states import ReportState


@dataclass(frozen=True)
class Row:
    """What a list shows of a ticket or report."""

    number: int
    title: str
    url: str
    project: str
    standing: Standing
    received_at: datetime
    priority: str = ""
    prospect: Prospect | None = None
    # What a search found: the title with its words marked, and a piece of the text.
    marked_title: SafeString | None = None
    excerpt: SafeString | None = None

    def marked(self, title: SafeString, excerpt: SafeString) -> "Row":
        """Give the row as a search shows it."""
        return replace(self, marked_title=title, excerpt=excerpt)


def standing_of(report: Report, viewer: User) -> Standing:
    """Tell where a report stands; a question to somebody else is not one to the viewer.

    One that reached nobody, for want of an address, is asked of whoever reads it.
    """
    asked = report.reporter if report.state == ReportState.ASKED else None
    if asked and asked.user_id != viewer.pk and (asked.user_id or asked.email):
        return standing_of_asked(str(asked.user or asked))
    return REPORT_STANDINGS[report.state]


def rows_of(
    tickets: Iterable[Ticket], reports: Iterable[Report], viewer: User, now: datetime
) -> list[Row]:
    """Merge tickets and reports as the viewer sees them, newest number first."""
    tickets = list(tickets)
    expected = prospects(tickets, now)
    rows = [
        Row(
            number=ticket.number,
            title=ticket.title,
            url=reverse("ticket_detail", args=[ticket.number]),
            project=ticket.project.name,
            standing=_standing_of(ticket),
            received_at=ticket.received_at,
            priority=ticket.priority,
            prospect=expected.get(ticket.number),
        )
        for ticket in tickets
    ]
    rows += [
        Row(
            number=report.number,
            title=report.headline,
            url=reverse("report_detail", args=[report.number]),
            project=report.project.name,
            standing=standing_of(report, viewer),
            received_at=report.received_at,
        )
        for report in reports
    ]
    return sorted(rows, key=lambda row: row.number, reverse=True)


def _standing_of(ticket: Ticket) -> Standing:
    standing = TICKET_STANDINGS[ticket.state]
    whole = ticket.merged_into
    return replace(standing, label=f"Part of #{whole.number}") if whole else standing
