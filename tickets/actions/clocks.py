"""SLA clocks: each step becomes an event row, once, and warnings reach somebody in time."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from clients.models import User
from clients.queries import staff, terms_of
from core.actions import queue_mail
from core.text import one_line
from tickets.actions.locks import lock_plan
from tickets.actions.shares import account_of
from tickets.models import Report, SlaClock, Ticket, TicketEvent, TicketEventKind
from tickets.queries.clocks import LABELS, lines_of, lines_to_keep, to_warn
from tickets.queries.happenings import STEP_KINDS
from tickets.queries.histories import Derived, derive
from tickets.rules.clocks import PERCENT, Clock, ClockStep

KEEP_BATCH = 50
MOST_NAMED = 10
_STANDING = (
    "ticket_id", "state", "started_at", "due_at", "next_step_at", "breached_at", "fulfilled_at",
    "calendar_versions",
)  # fmt: skip


@dataclass(frozen=True)
class Warned:
    """A warning somebody is to be told of."""

    report: Report
    step: ClockStep
    people: list[User]


def keep_clocks(
    *, now: datetime, report: Report | None = None, ticket: Ticket | None = None
) -> None:
    """Bring the clocks of a locked report, or of a locked ticket and its reports, up to date.

    In the caller's transaction, after its event row and before anything that asks for a target.
    What happened is read from the event rows; steps no row tells of are appended, and none is
    changed: a verdict once given stands. Doing it again changes nothing.
    """
    assert (report is None) != (ticket is None)
    reports = lines_of(ticket) if ticket else [report] if report else []
    _tell(_keep(reports, now), now)


@transaction.atomic
def sweep_clocks(*, report_ids: Iterable[int], now: datetime) -> int:
    """Note what time alone brought to the clocks of reports; gives how many were kept.

    Those that somebody else holds at this moment are passed over, and left to the next run.
    """
    wanted = Report.objects.filter(pk__in=list(report_ids)).order_by("pk")
    lines = wanted.select_related("triage", "client", "home")
    reports = list(lines.select_for_update(skip_locked=True, no_key=True, of=("self",)))
    held = Ticket.objects.filter(pk__in=[report.ticket_id for report in reports]).order_by("pk")
    tickets = {
        ticket.pk: ticket for ticket in held.select_for_update(skip_locked=True, no_key=True)
    }
    free = [each for each in reports if each.ticket_id is None or each.ticket_id in tickets]
    for report in free:
        if report.ticket_id:
            report.ticket = tickets[report.ticket_id]
    _tell(_keep(free, now), now)
    return len(free)


def keep_client(*, client_id: int, now: datetime) -> None:
    """Bring the clocks of a client up to date whose terms changed: its retainer moved.

    Clocks count from the instants at which it did. In batches; if one is cut short, or somebody
    holds a ticket, the client's account still tells of other terms and the next run goes on.
    """
    terms = terms_of(client_id)
    # Listed once: what a report was taken for is found by looking at all a client ever sent. What
    # comes later is kept by what brings it.
    lines = lines_to_keep(client_id)
    kept = sum(
        sweep_clocks(report_ids=lines[place : place + KEEP_BATCH], now=now)
        for place in range(0, len(lines), KEEP_BATCH)
    )
    if kept == len(lines):
        _note_terms(client_id, terms.plan_version_id if terms else None, now)


@transaction.atomic
def _note_terms(client_id: int, plan_version_id: int | None, now: datetime) -> None:
    lock_plan()
    account = account_of(client_id, now)
    account.plan_version_id = plan_version_id
    account.save(update_fields=["plan_version"])


def _keep(reports: Iterable[Report], now: datetime) -> list[Warned]:
    found = derive(reports, now)
    warnings = _warnings(found)
    told = {(each.report.pk, each.step): [who.pk for who in each.people] for each in warnings}
    events: list[TicketEvent] = []
    for each in found:
        line = each.line.report.pk
        events += [_event(each, TicketEventKind.SLA_TERMS, terms.at, {
            "plan_version": terms.plan_version, "priority": terms.priority,
        }) for terms in each.terms]  # fmt: skip
        events += [
            _event(each, STEP_KINDS[step.step], step.at, _data(step, told.get((line, step), [])))
            for step in each.steps
        ]
    TicketEvent.objects.bulk_create(events)
    SlaClock.objects.bulk_create(
        [clock for each in found for clock in _changed(each)],
        update_conflicts=True,
        unique_fields=["report", "clock"],
        update_fields=_STANDING,
    )
    return warnings


def _event(each: Derived, kind: TicketEventKind, at: datetime, data: dict[str, Any]) -> TicketEvent:
    report = each.line.report
    return TicketEvent(
        kind=kind, at=at, client_id=report.client_id, report=report, ticket=report.ticket, data=data
    )


def _data(step: ClockStep, told: list[int]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "clock": step.clock.value,
        "round": step.round,
        "due_at": step.due_at.isoformat() if step.due_at else None,
    }
    if step.step in PERCENT:
        said |= {"percent": PERCENT[step.step], "told": told}
    return said


def _changed(each: Derived) -> list[SlaClock]:
    """Give the clocks that stand otherwise than their rows say."""
    found = []
    for clock, state in each.shown():
        row = each.line.clocks.get(clock) or SlaClock(report=each.line.report, clock=clock.value)
        before = [getattr(row, name) for name in _STANDING] if row.pk else None
        each.write(row, state)
        if before != [getattr(row, name) for name in _STANDING]:
            found.append(row)
    return found


def _warnings(found: Iterable[Derived]) -> list[Warned]:
    """Give the warnings worth telling: of each clock that still runs, the last of those just due.

    Of a resolution only where it is promised.
    """
    due: list[tuple[Report, ClockStep]] = []
    for each in found:
        ticket = each.line.report.ticket
        is_promised = ticket is not None and ticket.due_at is not None
        for clock, state in each.shown():
            steps = [step for step in each.steps if step.clock == clock and step.step in PERCENT]
            if steps and state.since is not None and (clock != Clock.RESOLUTION or is_promised):
                due.append((each.line.report, steps[-1]))
    if not due:
        return []
    team = list(staff())
    return [Warned(report, step, to_warn(report, PERCENT[step.step], team)) for report, step in due]


def _tell(warnings: Iterable[Warned], now: datetime) -> None:
    """Mail each person once, whatever there is to warn of."""
    by_person: dict[User, list[Warned]] = defaultdict(list)
    for warned in warnings:
        for person in warned.people:
            by_person[person].append(warned)
    for person, mine in by_person.items():
        zone = ZoneInfo(person.time_zone)
        lines = [_line(each, zone) for each in mine[:MOST_NAMED]]
        if len(mine) > MOST_NAMED:
            lines.append(f"And {len(mine) - MOST_NAMED} more.")
        queue_mail(
            to=person.email,
            subject=_subject(mine),
            notice="\n\n".join(lines),
            now=now,
            reference=f"ticket:{_number(mine[0])}" if len(mine) == 1 else "",
        )


def _subject(mine: list[Warned]) -> str:
    if len(mine) > 1:
        return f"{len(mine)} answers or fixes are due soon"
    step = mine[0].step
    return f"[#{_number(mine[0])}] {LABELS[step.clock]}: {PERCENT[step.step]} % of the time is used"


def _line(warned: Warned, zone: ZoneInfo) -> str:
    report, step = warned.report, warned.step
    room = "tickets" if report.ticket else "triage"
    title = report.ticket.title if report.ticket else report.headline
    due = f", due {step.due_at.astimezone(zone):%a %-d %b, %H:%M %Z}" if step.due_at else ""
    return (
        f"#{_number(warned)} {one_line(title)} ({report.client.name})\n"
        f"{LABELS[step.clock]}: {PERCENT[step.step]} % of the time is used{due}\n"
        f"{settings.SITE_URL}{settings.CONSOLE_PREFIX}{room}/{_number(warned)}/"
    )


def _number(warned: Warned) -> int:
    return warned.report.ticket.number if warned.report.ticket else warned.report.pk
