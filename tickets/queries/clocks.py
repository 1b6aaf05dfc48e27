"""Which clocks there are to keep, and how they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Func, IntegerField, Q, QuerySet

from clients.models import ClientEvent, ClientEventKind, Retainer, User
from clients.queries import CALENDAR_VERSIONS
from clients.rules.retainers import SERVED
from tickets.models import Report, ShareAccount, SlaClock, Ticket
from tickets.queries.histories import derive
from tickets.queries.people import ops_admins
from tickets.rules.clocks import PERCENT, Clock, Step
from tickets.rules.states import OPEN, ReportState

_JUST_NOW = timedelta(minutes=10)
LABELS = {
    Clock.FIRST_RESPONSE: "First response",
    Clock.NEXT_REPLY: "Next reply",
    Clock.RESOLUTION: "Resolution",
}
_MOST_SHOWN = 20
_VERSIONS = Func(template=CALENDAR_VERSIONS, output_field=IntegerField())
IS_STALE = Q(state=SlaClock.State.RUNNING, calendar_versions__lt=_VERSIONS)


@dataclass(frozen=True)
class Standing:
    """How one clock stands, in words; of another report than the ticket's own, with its number."""

    label: str
    clock: SlaClock
    joined: int | None = None

    @property
    def is_close(self) -> bool:
        """Tell whether nothing but its due time comes next: most of its time is used."""
        return self.clock.due_at is not None and self.clock.next_step_at == self.clock.due_at


@dataclass(frozen=True)
class Answer:
    """By when the client hears from us: for the first time, or after what they wrote last."""

    due_at: datetime
    is_first: bool


def clocks_of(about: Report | Ticket, now: datetime) -> list[Standing]:
    """List the clocks of a report, or of a ticket with those of its reports nobody answered.

    What was counted by older hours of a calendar is counted by the newest, and not written.
    """
    clocks = SlaClock.objects.annotate(is_stale=IS_STALE)
    if isinstance(about, Ticket):
        shown = Q(report=about.number) | ~Q(state=SlaClock.State.FULFILLED)
        clocks = clocks.filter(shown, ticket=about)
    else:
        clocks = clocks.filter(report=about)
    order = list(LABELS)
    found = sorted(clocks, key=lambda row: (row.report_id, order.index(Clock(row.clock))))
    own = about.number
    found.sort(key=lambda row: row.report_id != own)
    found = found[:_MOST_SHOWN]
    if any(row.is_stale for row in found):
        _count_anew(about, found, now)
    return [
        Standing(LABELS[Clock(row.clock)], row, None if row.report_id == own else row.report_id)
        for row in found
    ]


def answer_due(standings: Iterable[Standing]) -> Answer | None:
    """Give the next answer that a client waits for, as far as one is promised."""
    due = [
        Answer(each.clock.due_at, each.clock.clock == Clock.FIRST_RESPONSE)
        for each in standings
        if each.clock.clock != Clock.RESOLUTION
        and each.clock.state == SlaClock.State.RUNNING
        and each.clock.due_at is not None
    ]
    return min(due, key=lambda answer: answer.due_at, default=None)


def answer_to(report: Report, now: datetime) -> Answer | None:
    """Give the next answer to a report; before triage, as it was promised on arrival."""
    if report.state == ReportState.RECEIVED:
        due = None if report.first_response_at else report.respond_by_at
        return Answer(due, is_first=True) if due else None
    return answer_due(clocks_of(report, now))


def lines_of(ticket: Ticket) -> list[Report]:
    """Give the report a ticket came of and those that joined it and may wait for an answer."""
    own = Q(pk=ticket.number) | Q(first_response_at=None) | Q(pk__in=_open_clocks(ticket=ticket))
    lines = Report.objects.filter(own, ticket=ticket).select_related("triage", "home")
    found = list(lines.order_by("pk"))
    for report in found:
        report.ticket = ticket
    return found


def lines_to_keep(client_id: int) -> list[int]:
    """List the keys of a client's reports whose clocks run, or would if something were promised."""
    tickets = Ticket.objects.filter(client=client_id, state__in=OPEN)
    return list(
        Report.objects.filter(
            Q(state__in=[ReportState.PROPOSED, ReportState.ASKED])
            | Q(pk__in=tickets.values("number"))
            | Q(ticket__in=tickets, first_response_at=None)
            | Q(pk__in=_open_clocks(report__client=client_id)),
            client=client_id,
        )
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def clients_to_keep(now: datetime) -> list[int]:
    """List the clients who are served by other terms than their accounts say.

    And those whose retainer moved just now: it may have left its terms and come back to them.
    """
    moved = ClientEvent.objects.filter(
        retainer__isnull=False, kind=ClientEventKind.RETAINER_MOVED, at__gt=now - _JUST_NOW
    ).values_list("client", flat=True)
    served = dict(Retainer.objects.filter(state__in=SERVED).values_list("client", "plan_version"))
    kept = dict(ShareAccount.objects.values_list("client", "plan_version"))
    differ = {pk for pk in {*served, *kept} if served.get(pk) != kept.get(pk)}
    return sorted(differ.union(moved))


def due_lines(now: datetime) -> list[int]:
    """List the keys of the reports with a clock that took a step by time alone."""
    # Not page by page in the order of reports: that walks past all clocks that are not due.
    due = SlaClock.objects.filter(next_step_at__lt=now).values_list("report", flat=True)
    return sorted(set(due))


def lines_by_old_hours(*, most: int) -> list[int]:
    """List the keys of reports with a running clock that new hours of a calendar may change."""
    stale = SlaClock.objects.filter(IS_STALE).order_by("report")
    return list(stale.values_list("report", flat=True).distinct()[:most])


def to_warn(report: Report, percent: int, team: Iterable[User]) -> list[User]:
    """List who of the team hears that a clock runs out: who has the ticket, later the lead, too.

    Where nobody has it, the client's lead; where there is none, every ops admin.
    """
    having = report.ticket.assignee_id if report.ticket else None
    people = [person for person in team if person.pk == having]
    if not people or percent >= PERCENT[Step.WARNED_MOST]:
        lead = [person for person in team if person.pk == report.client.lead_id]
        people += lead or ops_admins()
    return list(dict.fromkeys(people))


def _count_anew(about: Report | Ticket, rows: Iterable[SlaClock], now: datetime) -> None:
    by_key = {(row.report_id, row.clock): row for row in rows}
    for each in derive(lines_of(about) if isinstance(about, Ticket) else [about], now):
        for clock, state in each.shown():
            row = by_key.get((each.line.report.pk, clock.value))
            if row is not None:
                each.write(row, state)


def _open_clocks(**of: Any) -> QuerySet[SlaClock, Any]:
    open_clocks = SlaClock.objects.exclude(state=SlaClock.State.FULFILLED).filter(**of)
    return open_clocks.values("report")
