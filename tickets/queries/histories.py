"""The clocks of reports, as they follow from what happened."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from clients.models import ClientEvent, ClientEventKind, SlaTarget
from clients.queries import Calendars, known_calendars
from clients.rules.retainers import SERVED
from tickets.models import Report, SlaClock, Source
from tickets.queries.happenings import Line, StepKey, TermsFrom, read_events, step_key
from tickets.rules.clocks import (
    Clock,
    Clocks,
    ClockState,
    ClockStep,
    Happening,
    Moment,
    Step,
    Terms,
    run_clocks,
)
from tickets.rules.priority import priority_of
from tickets.rules.words import Severity


@dataclass
class Derived:
    """What a line's clocks are at an instant, and what of it no row says yet."""

    line: Line
    clocks: Clocks
    terms: list[TermsFrom]
    steps: list[ClockStep]
    calendar_versions: int

    def shown(self) -> list[tuple[Clock, ClockState]]:
        """Give the clocks that started; a resolution only of what became a ticket.

        A reply that nobody promises a time for has none yet: what was said of the last one stands.
        """
        return [
            (clock, state)
            for clock, state in self.clocks.clocks.items()
            if state.started_at and (clock != Clock.RESOLUTION or self.line.has_resolution)
        ]

    def write(self, row: SlaClock, state: ClockState) -> None:
        """Write into a row how its clock stands; a breach of the same start stays."""
        assert state.started_at is not None
        goes_on = row.started_at == state.started_at
        row.ticket_id = self.line.report.ticket_id
        row.started_at = state.started_at
        row.breached_at = state.breached_at or (row.breached_at if goes_on else None)
        row.fulfilled_at, row.next_step_at = None, None
        row.calendar_versions = self.calendar_versions
        if state.since is not None:
            row.state = SlaClock.State.RUNNING
            row.due_at, row.next_step_at = state.due_at(), state.next_step_at()
        elif state.fulfilled_at is None:
            row.state, row.due_at = SlaClock.State.PAUSED, None
        else:
            row.state, row.fulfilled_at = SlaClock.State.FULFILLED, state.fulfilled_at
            row.due_at = self._due_when_fulfilled(state)

    def _due_when_fulfilled(self, state: ClockState) -> datetime | None:
        fulfilled = (
            step.due_at
            for step in reversed(self.clocks.steps)
            if step.clock == state.clock and step.step == Step.FULFILLED
        )
        return next(fulfilled, None)


def derive(reports: Iterable[Report], now: datetime) -> list[Derived]:
    """Give the clocks of reports as they are now, from the event rows, in a handful of queries.

    Each report comes with its ticket and triage as they are. An import has clocks only once a
    person confirmed its severity: then it arrived.
    """
    lines = {
        report.pk: Line(report, arrived)
        for report in reports
        if (arrived := _arrival(report)) is not None
    }
    if not lines:
        return []
    read_events(lines)
    _read_retainers(lines)
    for clock in SlaClock.objects.filter(report__in=lines):
        lines[clock.report_id].clocks[clock.clock] = clock
    new = {pk: _new_terms(line, now) for pk, line in lines.items()}
    hours = known_calendars()
    targets = _targets(
        {each.plan_version for pk, line in lines.items() for each in [*line.terms, *new[pk]]},
        hours,
    )
    return [_derive(line, new[pk], targets, hours, now) for pk, line in lines.items()]


def _derive(
    line: Line,
    new: list[TermsFrom],
    targets: Mapping[tuple[int | None, str], Terms],
    hours: Calendars,
    now: datetime,
) -> Derived:
    terms = [
        Happening(Moment.TERMS, each.at, targets.get((each.plan_version, each.priority)))
        for each in [*line.terms, *new]
    ]
    # The first terms are those of its arrival. Of the same instant, terms come before the rest.
    arrival = Happening(Moment.ARRIVED, line.arrived_at, terms[0].terms)
    happenings = [arrival, *sorted([*terms[1:], *line.happened], key=lambda each: each.at)]
    clocks = run_clocks(happenings, now)
    seen: Counter[StepKey] = Counter()
    steps = []
    for step in clocks.steps:
        if step.clock == Clock.RESOLUTION and not line.has_resolution:
            continue
        key = step_key(step.clock, step.step, step.round)
        seen[key] += 1
        if seen[key] > line.given[key]:
            steps.append(step)
    return Derived(line, clocks, new, steps, hours.versions)


def _arrival(report: Report) -> datetime | None:
    if report.source != Source.IMPORT:
        return report.received_at
    ticket = report.home or report.ticket
    return ticket.severity_confirmed_at if ticket and ticket.number == report.pk else None


def _new_terms(line: Line, now: datetime) -> list[TermsFrom]:
    """Give the changes of plan and priority up to now that no row tells of.

    Plans change when their retainers' events say; a priority has changed just now.
    """
    found: list[TermsFrom] = []
    if line.terms:
        last = line.terms[-1]
    else:
        last = TermsFrom(line.arrived_at, _served_at(line, line.arrived_at), _first_priority(line))
        found.append(last)
    served = [(at, version) for at, version in line.served if at <= now]
    # Where a retainer's event was written late, what it says holds from the last terms on.
    moves = [each for each in served if each[0] > last.at] or [
        (last.at, version) for _, version in served[-1:]
    ]
    for at, version in moves:
        if version != last.plan_version:
            last = TermsFrom(at, version, last.priority)
            found.append(last)
    priority = _priority(line)
    if priority != last.priority:
        found.append(TermsFrom(max(now, last.at), last.plan_version, priority))
    return found


def _first_priority(line: Line) -> str:
    """Give what it was promised by on arrival, when nothing was proposed yet."""
    if line.report.source == Source.IMPORT:
        return _priority(line)
    return priority_of(Severity.S3, 0, p1_approved=False)


def _served_at(line: Line, at: datetime) -> int | None:
    return next((version for since, version in reversed(line.served) if since <= at), None)


def _priority(line: Line) -> str:
    if line.ticket is not None:
        return line.ticket.priority
    triage = getattr(line.report, "triage", None)
    severity = triage.severity if triage else Severity.S3
    return priority_of(Severity(severity), 0, p1_approved=False)


def _read_retainers(lines: Mapping[int, Line]) -> None:
    """Read since when which plan version is served, by the retainers' own events."""
    clients = {line.report.client_id for line in lines.values()}
    moves = ClientEvent.objects.filter(
        retainer__client__in=clients, kind=ClientEventKind.RETAINER_MOVED
    ).order_by("at", "pk")
    served: dict[int, list[tuple[datetime, int | None]]] = defaultdict(list)
    for client, at, to, version in moves.values_list(
        "client", "at", "data__to", "retainer__plan_version"
    ):
        assert client is not None
        served[client].append((at, version if to in SERVED else None))
    for line in lines.values():
        line.served = served[line.report.client_id]


def _targets(
    versions: Iterable[int | None], hours: Calendars
) -> dict[tuple[int | None, str], Terms]:
    wanted = [version for version in versions if version is not None]
    if not wanted:
        return {}
    return {
        (target.plan_version_id, target.priority): Terms(
            {
                Clock.FIRST_RESPONSE: target.first_response_minutes,
                Clock.NEXT_REPLY: target.next_reply_minutes,
                Clock.RESOLUTION: target.resolution_minutes,
            },
            hours.by_pk[target.calendar_id],
        )
        for target in SlaTarget.objects.filter(plan_version__in=wanted)
    }
