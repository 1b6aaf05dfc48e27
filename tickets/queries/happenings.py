"""What happened to reports as their clocks hear it, read from the event rows."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from tickets.models import Report, SlaClock, Ticket, TicketEvent, TicketEventKind
from tickets.rules.clocks import PERCENT, Clock, Happening, Moment, Step
from tickets.rules.states import DeclineReason, TicketState

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


def read_events(lines: Mapping[int, Line]) -> None:
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
        line.given[step_key(data["clock"], step, data["round"])] += 1


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


def step_key(clock: str, step: Step, round_: int) -> StepKey:
    """Give by what a step is known again: a verdict of a resolution is given once for all."""
    once = step in (*PERCENT, Step.BREACHED) and clock != Clock.NEXT_REPLY
    return (clock, step, 0 if once else round_)
