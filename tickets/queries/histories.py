"""What happened to reports as their clocks see it, read from the event rows, and what follows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from clients.models import ClientEvent, ClientEventKind, SlaTarget
from clients.queries import Calendars, known_calendars
from clients.rules.retainers import SERVED
from tickets.models import (
    Report,
    SlaClock,
    Source,
    Ticket,
    TicketEvent,
    TicketEventKind,
)
from tickets.rules.clocks import (
    PERCENT,
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
from tickets.rules.states import DeclineReason, TicketState
from tickets.rules.words import Severity

_K, _M = TicketEventKind, Moment
STEP_KINDS = {
    Step.ACTIVATED: _K.SLA_ACTIVATED,
    Step.PAUSED: _K.SLA_PAUSED,
    Step.RESUMED: _K.SLA_RESUMED,
    Step.WARNED_HALF: _K.SLA_WARNED,
    Step.WARNED_MOST: _K.SLA_WARNED,
    Step.BREACHED: _K.SLA_BREACHED,
    Step.FULFILLED: _K.SLA_FULFILLED,
}
SLA_KINDS = frozenset({_K.SLA_TERMS, *STEP_KINDS.values()})
_STEPS = {STEP_KINDS[step].value: step for step in Step if step not in PERCENT}
_WARNINGS = {percent: step for step, percent in PERCENT.items()}
# Where nothing else decides: of words, who wrote them, and of a declined report, why.
_MOMENTS: Mapping[str, tuple[Moment, ...]] = {
    _K.REPORT_ASKED: (_M.ANSWERED, _M.WAITING),
    _K.REPORT_ANSWERED: (_M.GOING_ON, _M.WRITTEN),
    _K.REPORT_ACCEPTED: (_M.GOING_ON,),
    _K.REPORT_RECONSIDERED: (_M.GOING_ON, _M.REOPENED),
    _K.REPORT_SPLIT: (_M.GOING_ON,),
    _K.TICKET_WAITING: (_M.WAITING,),
    _K.TICKET_RESUMED: (_M.GOING_ON,),
    _K.TICKET_PUT_BACK: (_M.GOING_ON,),
    _K.TICKET_STARTED: (_M.GOING_ON,),
    _K.TICKET_SHIPPED: (_M.DONE,),
    _K.TICKET_CLOSED: (_M.DONE,),
    _K.TICKET_REOPENED: (_M.REOPENED,),
    _K.FIX_DENIED: (_M.WRITTEN,),
}
_AS_FAR_AS: Mapping[str, tuple[Moment, ...]] = {
    TicketState.WAITING: (_M.WAITING,),
    TicketState.SHIPPED: (_M.DONE,),
}
_HEARD = (_M.ANSWERED, _M.DONE)
_RELEVANT = [
    *_MOMENTS, _K.REPORT_JOINED, _K.REPORT_DECLINED, _K.COMMENT_POSTED, _K.TICKET_MERGED,
    _K.TICKET_UNMERGED, *SLA_KINDS,
]  # fmt: skip
_LAST = 1 << 63

StepKey = tuple[Any, ...]


@dataclass(frozen=True)
class TermsFrom:
    """Which plan version's targets of which priority hold from an instant on; of none for None."""

    at: datetime
    plan_version: int | None
    priority: str


@dataclass
class Line:
    """A report with what its clocks are made of; its ticket and triage are loaded."""

    report: Report
    arrived_at: datetime
    happened: list[Happening] = field(default_factory=list)
    served: list[tuple[datetime, int | None]] = field(default_factory=list)
    terms: list[TermsFrom] = field(default_factory=list)
    given: Counter[StepKey] = field(default_factory=Counter)
    clocks: dict[str, SlaClock] = field(default_factory=dict)
    has_joined: bool = False

    @property
    def ticket(self) -> Ticket | None:
        """Give the ticket it came to: its own, also while that is part of another."""
        return self.report.home or self.report.ticket

    @property
    def has_resolution(self) -> bool:
        """Tell whether it is the report its ticket came of: resolving is promised once."""
        return self.ticket is not None and self.ticket.number == self.report.pk


# A line hears what is behind one event, by key, and before another.
Span = tuple[Line, int, int]


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
    _read_events(lines)
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
        Happening(_M.TERMS, each.at, targets.get((each.plan_version, each.priority)))
        for each in [*line.terms, *new]
    ]
    # The first terms are those of its arrival. Of the same instant, terms come before the rest.
    arrival = Happening(_M.ARRIVED, line.arrived_at, terms[0].terms)
    happenings = [arrival, *sorted([*terms[1:], *line.happened], key=lambda each: each.at)]
    clocks = run_clocks(happenings, now)
    seen: Counter[StepKey] = Counter()
    steps = []
    for step in clocks.steps:
        if step.clock == Clock.RESOLUTION and not line.has_resolution:
            continue
        key = _key(step.clock, step.step, step.round)
        seen[key] += 1
        if seen[key] > line.given[key]:
            steps.append(step)
    return Derived(line, clocks, new, steps, hours.versions)


def _key(clock: str, step: Step, round_: int) -> StepKey:
    """Give by what a step is known again: a verdict of a resolution is given once for all."""
    once = step in (*PERCENT, Step.BREACHED) and clock != Clock.NEXT_REPLY
    return (clock, step, 0 if once else round_)


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


def _read_events(lines: Mapping[int, Line]) -> None:
    """Read what happened, in the order it was written: under one lock, so none comes between.

    A row whose clock was behind counts from the one before it. While its ticket is part of another,
    a report hears of that one what it heard of its own.
    """
    hears: dict[int, list[Span]] = defaultdict(list)
    for line in lines.values():
        if line.ticket:
            hears[line.ticket.pk].append((line, 0, _LAST))
    about = Q(report__in=lines) | Q(ticket__in=hears, report=None)
    rows = {row["pk"]: row for row in _events(about)}
    parts = _parts(rows, hears)
    while parts:
        found = {row["pk"]: row for row in _events(Q(ticket__in=parts, report=None))}
        rows |= found
        for ticket, spans in parts.items():
            hears[ticket] += spans
        parts = _parts(found, parts)
    for pk, row in sorted(rows.items()):
        spans = [(lines[row["report"]], 0, _LAST)] if row["report"] in lines else []
        for line, start, end in spans or hears.get(row["ticket"], []):
            if start < pk < end:
                _read_row(line, row)


def _events(about: Q) -> "QuerySet[TicketEvent, Any]":
    rows = TicketEvent.objects.filter(about, kind__in=_RELEVANT).order_by("pk")
    return rows.values(
        "pk", "kind", "at", "report", "ticket", "comment", "comment__by_staff", "data",
        "merge__target",
    )  # fmt: skip


def _parts(
    rows: Mapping[int, Mapping[str, Any]], hears: Mapping[int, list[Span]]
) -> dict[int, list[Span]]:
    """Give which tickets are heard because what is heard was part of them, and from when to when.

    By the keys of the events that begin and end it.
    """
    begun: dict[int, tuple[int, int]] = {}
    times: list[tuple[int, int, int, int]] = []
    for pk, row in sorted(rows.items()):
        if row["kind"] == _K.TICKET_MERGED:
            begun[row["ticket"]] = (row["merge__target"], pk)
        elif row["kind"] == _K.TICKET_UNMERGED and row["ticket"] in begun:
            times.append((row["ticket"], *begun.pop(row["ticket"]), pk))
    times += [(ticket, *since, _LAST) for ticket, since in begun.items()]
    found = defaultdict(list)
    for ticket, target, start, end in times:
        for line, first, last in hears.get(ticket, []):
            if max(start, first) < min(end, last):
                found[target].append((line, max(start, first), min(end, last)))
    return found


def _read_row(line: Line, row: Mapping[str, Any]) -> None:
    if row["kind"] in SLA_KINDS:
        _read_step(line, row)
    else:
        _read_happening(line, row)


def _read_step(line: Line, row: Mapping[str, Any]) -> None:
    data = row["data"]
    if row["kind"] == _K.SLA_TERMS:
        line.terms.append(TermsFrom(row["at"], data["plan_version"], data["priority"]))
    else:
        step = _STEPS.get(row["kind"]) or _WARNINGS[data["percent"]]
        line.given[_key(data["clock"], step, data["round"])] += 1


def _read_happening(line: Line, row: Mapping[str, Any]) -> None:
    moments = _moments(line, row)
    if row["report"] is None and line.ticket and row["ticket"] != line.ticket.pk:
        # What the client writes there is to be answered there.
        moments = tuple(each for each in moments if each != _M.WRITTEN)
    if row["report"] is None and not line.has_resolution:
        # Of another's ticket it hears what we say and do from its joining on.
        moments = tuple(each for each in moments if line.has_joined and each in _HEARD)
    line.has_joined |= row["kind"] == _K.REPORT_JOINED
    at = max(row["at"], line.happened[-1].at if line.happened else line.arrived_at)
    line.happened += [Happening(moment, at) for moment in moments]


def _moments(line: Line, row: Mapping[str, Any]) -> tuple[Moment, ...]:
    match row["kind"]:
        case _K.COMMENT_POSTED:
            return (_M.ANSWERED,) if row["comment__by_staff"] else (_M.GOING_ON, _M.WRITTEN)
        case _K.REPORT_DECLINED:
            # Nobody is told: it stands still, until somebody thinks otherwise.
            is_spam = row["data"]["reason"] == DeclineReason.SPAM
            return (_M.WAITING,) if is_spam else (_M.ANSWERED, _M.DONE)
        case _K.REPORT_RECONSIDERED if row["comment"]:
            return (*_MOMENTS[_K.REPORT_RECONSIDERED], _M.WRITTEN)
        case _K.REPORT_JOINED:
            # They hear so only if nobody answered them before.
            return (_M.GOING_ON, *_told(line))
        case _K.TICKET_MERGED:
            # From then on it is as far as the ticket it is part of.
            return (_M.GOING_ON, *_told(line), *_AS_FAR_AS.get(row["data"]["state"], ()))
        case _K.TICKET_UNMERGED:
            return (_M.GOING_ON, _M.REOPENED, *_AS_FAR_AS.get(row["data"]["state"], ()))
    return _MOMENTS[row["kind"]]


def _told(line: Line) -> tuple[Moment, ...]:
    answered = any(each.moment == _M.ANSWERED for each in line.happened)
    return () if answered else (_M.ANSWERED,)


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
