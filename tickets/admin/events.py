"""Event rows in the words of the workbench's timeline."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime

from tickets.models import Source, TicketEvent, TicketEventKind
from tickets.queries.clocks import LABELS
from tickets.rules.clocks import Clock
from tickets.rules.words import Kind

_K = TicketEventKind
_REFUSALS = {
    "no_token": "the client's plan has no token free",
    "no_plan": "the client is on no plan that is served",
    "own_due": "it would be late itself",
}
_MOVES = {
    "target": "its target is sooner",
    "stopped": "it stood still",
    "merged": "what was merged into it was promised sooner",
    "unmerged": "what was promised sooner is a ticket of its own again",
    "along": "so was what it was part of",
}
_FIELDS = {"severity": "severity", "kind": "kind", "estimate_minutes": "estimate"}


def describe(event: TicketEvent, names: Mapping[int, str]) -> str:
    """Say what happened, after the actor's name; ``names`` are those of the staff, by id."""
    data: dict[str, Any] = event.data
    match event.kind:
        case _K.REPORT_RECEIVED:
            source = dict(Source.choices).get(data.get("source", ""), "")
            return f"reported this as #{event.report_id} ({source})"
        case _K.REPORT_PROPOSED:
            return f"proposed {data.get('severity', '')}, {_kind(data.get('kind'))}"
        case _K.REPORT_JOINED if data.get("is_own"):
            return f"joined with #{event.report_id} by themselves: the same problem"
        case _K.REPORT_JOINED:
            return f"joined report #{event.report_id}: the same problem"
        case _K.REPORT_ACCEPTED:
            return f"accepted report #{event.report_id}"
        case _K.REPORT_SPLIT:
            return f"took report #{event.report_id} back into triage"
        case _K.TICKET_MERGED_IN | _K.TICKET_UNMERGED_FROM if event.merge:
            part = event.merge.source.number
            is_in = event.kind == _K.TICKET_MERGED_IN
            return f"merged #{part} into this" if is_in else f"took #{part} out of this again"
        case _K.TICKET_MERGED | _K.TICKET_UNMERGED if event.merge:
            whole = event.merge.target.number
            is_in = event.kind == _K.TICKET_MERGED
            return f"merged it into #{whole}" if is_in else f"took it out of #{whole} again"
        case _K.TICKET_OPENED:
            return f"opened the ticket as {data.get('severity', '')}, {data.get('priority', '')}"
        case _K.TICKET_EDITED:
            return _edited(data)
        case _K.TITLE_PUBLISHED:
            return "told the public of it" if data.get("is_public") else "took it from the public"
        case _K.SEVERITY_CONFIRMED:
            return f"confirmed the severity: {data.get('severity', '')}"
        case _K.REACH_CHANGED:
            return f"counts {data.get('reach', '')} people affected now"
        case _K.COMMITTED:
            return f"promised it by {_moment(data.get('due_at'))}"
        case _K.NOT_PROMISED:
            return f"put it into the backlog: {_refusal(data)}"
        case _K.DUE_MOVED:
            return _due_moved(data)
        case _K.SLA_WARNED:
            told = "" if data.get("told") else ", and told nobody"
            return f"saw {data.get('percent')} % of the time for {_clock(event)} used{told}"
        case _K.SLA_BREACHED:
            return f"saw the time for {_clock(event)} run out"
        case _K.TICKET_ASSIGNED:
            person = data.get("assignee")
            return f"assigned it to {names.get(person, 'somebody') if person else 'nobody'}"
        case _K.TIME_LOGGED | _K.TIME_VOIDED:
            note = event.time_entry.note if event.time_entry else ""
            verb = "logged" if event.kind == _K.TIME_LOGGED else "voided"
            return f"{verb} {data.get('minutes', '')} min{f': {note}' if note else ''}"
        case _K.LINK_ADDED:
            return f"linked {event.link.url if event.link else 'a pull request'}"
    return event.get_kind_display()


def _clock(event: TicketEvent) -> str:
    clock = event.data.get("clock")
    name = LABELS[Clock(clock)].lower() if clock in list(Clock) else "something"
    joined = event.ticket and event.ticket.number != event.report_id
    return f"the {name} to #{event.report_id}" if joined else f"the {name}"


def _refusal(data: Mapping[str, Any]) -> str:
    if data.get("reason") == "breaks":
        return f"#{data.get('number')} would be late"
    return _REFUSALS.get(data.get("reason", ""), "no promise was possible")


def _due_moved(data: Mapping[str, Any]) -> str:
    said = f"moved its due time from {_moment(data.get('from'))} to {_moment(data.get('to'))}"
    breaches = ", ".join(f"#{number}" for number, _ in data.get("breaches", []))
    if breaches:
        return f"{said}, which makes {breaches} late"
    why = _MOVES.get(data.get("reason", ""))
    return f"{said}: {why}" if why else said


def _moment(iso: str | None) -> str:
    """Say an instant in the reader's zone."""
    return f"{localtime(datetime.fromisoformat(iso)):%a %-d %b, %H:%M}" if iso else ""


def _kind(code: object) -> str:
    return Kind(code).label.lower() if code in Kind.values else ""


def _word(field: str, value: object) -> str:
    return _kind(value) if field == "kind" else str(value)


def _edited(data: Mapping[str, Any]) -> str:
    parts = [
        f"{word} {_word(field, data[field][0])} → {_word(field, data[field][1])}"
        for field, word in _FIELDS.items()
        if isinstance(data.get(field), list)
    ]
    if data.get("title"):
        parts.append("the title")
    if data.get("skill"):
        parts.append("the skill it needs")
    return f"changed {', '.join(parts)}"
