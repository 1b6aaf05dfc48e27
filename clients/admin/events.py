"""Event rows in words, and their pages."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import localtime

from clients.models import ClientEvent, ClientEventKind

EVENTS_A_PAGE = 50
_K = ClientEventKind
_LABELS = {"past_due": "past due"}
_WORK = {
    "calendar": "the calendar", "wip_limit": "how much at once", "projects": "the apps",
    "skills": "the skills",
}  # fmt: skip
_STAFF = {"engineer": "an engineer", "ops_admin": "an ops admin"}


def history_page(request: HttpRequest, events: QuerySet[ClientEvent]) -> dict[str, Any]:
    """Give the page of a history that is asked for, its events with their words."""
    page = Paginator(events, EVENTS_A_PAGE).get_page(request.GET.get("page"))
    return {"pages": page, "events": [(event, describe(event)) for event in page]}


def describe(event: ClientEvent) -> str:
    """Say what happened, after the actor's name."""
    data = event.data
    person = str(event.user) if event.user else "somebody"
    project = str(event.project) if event.project else "a project"
    match event.kind:
        case _K.CLIENT_CREATED:
            return "opened the account"
        case _K.CLIENT_CHANGED:
            return f"changed {_listed(data)}"
        case _K.LEAD_SET:
            return f"made {event.user or 'nobody'} the lead"
        case _K.MEMBER_INVITED:
            return f"invited somebody as {data.get('role', '')}"
        case _K.INVITATION_REVOKED:
            return "took back an invitation"
        case _K.MEMBER_JOINED:
            return f"joined as {data.get('role', '')}"
        case _K.MEMBER_ROLE_CHANGED:
            return f"made {person} {data.get('to', '')} (was {data.get('from', '')})"
        case _K.MEMBER_REMOVED:
            return f"removed {person}"
        case _K.PROJECT_CHANGED:
            return f"changed {_listed(data)} of {project}"
        case _K.PROJECT_CREATED | _K.PROJECT_ARCHIVED:
            verb = "added" if event.kind == _K.PROJECT_CREATED else "archived"
            return f"{verb} {project}"
        case _K.RELEASE_RECORDED:
            return f"deployed {event.release} of {project}"
        case _K.KEY_CREATED | _K.KEY_REVOKED:
            verb = "made" if event.kind == _K.KEY_CREATED else "revoked"
            return f"{verb} an API key of {project}"
        case _K.KEY_CHANGED:
            return f"changed {_listed(data)} of a browser key of {project}"
        case _K.IDENTITY_ROTATED:
            return f"replaced the signing secret of {project}"
        case _K.RETAINER_CREATED:
            return f"drafted a retainer on {event.plan_version}"
        case _K.RETAINER_MOVED:
            before, after = str(data.get("from", "")), str(data.get("to", ""))
            return f"moved the retainer: {_word(before)} → {_word(after)}"
    return _describe_house(event, person)


def _describe_house(event: ClientEvent, person: str) -> str:
    data = event.data
    match event.kind:
        case _K.PLAN_NAMED:
            return f"added the plan {event.plan}"
        case _K.PLAN_PUBLISHED:
            return f"published {event.plan_version}"
        case _K.STAFF_CHANGED if data.get("role"):
            return f"made {person} {_STAFF.get(data['role'], data['role'])}"
        case _K.STAFF_CHANGED:
            return f"ended the staff access of {person}"
        case _K.USER_DEACTIVATED:
            return f"deactivated the account of {person}"
        case _K.USER_REACTIVATED:
            return f"reactivated the account of {person}"
        case _K.SHIFT_ADDED:
            return f"put {person} on call {_span(data)}"
        case _K.SHIFT_ENDED:
            return f"ended the on-call shift of {person} {_span(data)}"
        case _K.CALENDAR_PUBLISHED:
            return f"published {event.calendar} v{data.get('version', '')}"
        case _K.ENGINEER_CHANGED if data.get("reset"):
            return f"dropped the own terms of work of {person}"
        case _K.ENGINEER_CHANGED:
            parts = [words for field, words in _WORK.items() if field in data]
            return f"changed how {person} works: {', '.join(parts)}"
        case _K.SKILL_ADDED:
            return "added a skill"
        case _K.ABSENCE_ADDED:
            return f"noted that {person} is away {_span(data)}"
        case _K.ABSENCE_REMOVED:
            return f"took back that {person} is away {_span(data)}"
        case _K.MACRO_SAVED:
            return f"wrote saved reply no. {data.get('macro', '')}"
    return event.get_kind_display().lower()


def _span(data: dict[str, str]) -> str:
    first, last = (localtime(datetime.fromisoformat(data[end])) for end in ("from", "to"))
    return f"from {first:%-d %b %H:%M} to {last:%-d %b %H:%M}"


def _word(code: str) -> str:
    return _LABELS.get(code, code)


def _listed(data: dict[str, list[str]]) -> str:
    return ", ".join(field.replace("_", " ") for field in data.get("fields", [])) or "nothing"
