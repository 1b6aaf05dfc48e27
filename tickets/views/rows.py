"""One list of tickets and of reports that have no ticket yet, newest number first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from tickets.models import Report, Ticket
from tickets.rules.plain_words import REPORT_STANDINGS, TICKET_STANDINGS, Standing


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


def rows_of(tickets: Iterable[Ticket], reports: Iterable[Report]) -> list[Row]:
    """Merge tickets and reports, newest number first."""
    rows = [
        Row(
            number=ticket.number,
            title=ticket.title,
            url=reverse("ticket_detail", args=[ticket.number]),
            project=ticket.project.name,
            standing=TICKET_STANDINGS[ticket.state],
            received_at=ticket.received_at,
            priority=ticket.priority,
        )
        for ticket in tickets
    ]
    rows += [
        Row(
            number=report.number,
            title=report.headline,
            url=reverse("report_detail", args=[report.number]),
            project=report.project.name,
            standing=REPORT_STANDINGS[report.state],
            received_at=report.received_at,
        )
        for report in reports
    ]
    return sorted(rows, key=lambda row: row.number, reverse=True)
