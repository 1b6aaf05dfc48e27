"""Engineers: by which hours they work, on what, and when they are away."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import get_current_timezone

from clients.console import Console, console_page, show, whole, whole_or_none
from clients.models import Project, User
from clients.pages import number_in
from clients.queries import projects_for, staff
from clients.rules.times import read_moment
from core.errors import InvalidInput, Refused
from core.text import clean_text
from tickets import actions
from tickets.admin.spans import Strip, read_span, said_of, strip_of
from tickets.models import Absence, Engineer, Skill
from tickets.queries.absences import breaches, coming_absences, get_absence
from tickets.queries.crew import engineers
from tickets.queries.engineers import Hours, all_hours

STRIP_WORDS = [
    ("works", "works"), ("part", "away in part"), ("away", "away"), ("off", "day off or holiday"),
]  # fmt: skip
MOST_ABSENCES = 200
# Beyond this an app is added by its short name without being offered.
MOST_OFFERED = 200
_REMOVED = "removed_absence"


@dataclass(frozen=True)
class Person:
    """A row of the page."""

    user: User
    terms: Engineer
    is_own: bool  # has terms of their own
    hours: Hours
    projects: list[Project]
    skills: list[Skill]
    absences: list[tuple[Absence, str]]  # with when that is, in words
    strip: Strip
    is_away: bool


@console_page("ticket.work")
def engineers_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Show who works how and when; take changes and absences, each of which can be undone."""
    context: dict[str, Any] = {"typed": {}, "refusal": None, "failed": ""}
    if request.method == "POST":
        do = request.POST.get("do", "")
        try:
            return redirect(_MOVES[do](request, console) if do in _MOVES else _link())
        except Refused as refusal:
            context |= {"typed": request.POST.dict(), "refusal": refusal, "failed": do}
    hours = all_hours(console.now)
    people = _people(console, hours)
    skills = list(Skill.objects.all())
    known = {skill.pk for person in people for skill in person.skills}
    context |= {
        "title": "Engineers",
        "people": people,
        "strip_words": STRIP_WORDS,
        "skills": skills,
        "unknown_skills": [skill for skill in skills if skill.pk not in known],
        "staff": list(staff().order_by("name", "pk")),
        "may_change": console.may("engineer.change"),
        "may_manage": console.may("absence.manage"),
        "removed": request.session.pop(_REMOVED, None),
        **_breaches(request, console),
    }
    if console.may("engineer.change"):
        context |= _editor(request, console, hours, context["failed"] == "change")
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/engineers.html", context, status=status)


def _people(console: Console, hours: Mapping[int | None, Hours]) -> list[Person]:
    users = engineers().select_related("engineer").order_by("name", "pk")
    rows = list(users.prefetch_related("engineer__projects__client", "engineer__skills"))
    away: dict[int, list[Absence]] = {row.pk: [] for row in rows}
    for absence in coming_absences(console.now).filter(engineer__in=away)[:MOST_ABSENCES]:
        away[absence.engineer_id].append(absence)
    zone = get_current_timezone()
    found = []
    for row in rows:
        is_own = hasattr(row, "engineer")
        terms = row.engineer if is_own else Engineer(user=row)
        own = hours[terms.calendar_id]
        found.append(
            Person(
                user=row,
                terms=terms,
                is_own=is_own,
                hours=own,
                projects=list(terms.projects.all()) if is_own else [],
                skills=list(terms.skills.all()) if is_own else [],
                absences=[(each, said_of(each, console.now, zone)) for each in away[row.pk]],
                strip=strip_of(own.calendar, away[row.pk], console.now, zone),
                is_away=any(each.starts_at <= console.now for each in away[row.pk]),
            )
        )
    return found


def _breaches(request: HttpRequest, console: Console) -> dict[str, Any]:
    """Give what would not be kept, and by which absence that was just entered."""
    number = number_in(request.GET.get("absence", ""))
    added = get_absence(number, console.now) if number else None
    return {
        "added": added,
        "added_said": _said(added, console) if added else "",
        "breaches": breaches(console.now, by_absence=added.pk if added else None),
    }


def _editor(
    request: HttpRequest, console: Console, hours: Mapping[int | None, Hours], is_typed: bool
) -> dict[str, Any]:
    """Give the form of the person that is to be changed, as stored or as it was typed."""
    given = request.POST.get("engineer") if is_typed else request.GET.get("edit")
    number = number_in(given or "")
    person = staff().filter(pk=number).first() if number else None
    if person is None:
        return {"edited": None}
    terms = Engineer.objects.filter(user=person).first()
    chosen = list(terms.projects.select_related("client")) if terms else []
    skills = set(terms.skills.values_list("pk", flat=True)) if terms else set()
    calendar, limit = (terms or Engineer()).calendar_id, str((terms or Engineer()).wip_limit)
    kept = {project.pk for project in chosen}
    if is_typed:
        calendar, limit = (
            number_in(request.POST.get("calendar", "")),
            request.POST.get("wip_limit", ""),
        )
        kept, skills = _numbers(request.POST, "project"), _numbers(request.POST, "skill")
    offered = projects_for(console.user).exclude(pk__in=[project.pk for project in chosen])
    return {
        "edited": person,
        "has_terms": terms is not None,
        "calendars": [each for pk, each in hours.items() if pk],
        "house": hours[None],
        "form_calendar": calendar,
        "form_limit": limit,
        "form_projects": [(project, project.pk in kept) for project in chosen],
        "form_skills": skills,
        "offered": list(offered.order_by("client__name", "name")[:MOST_OFFERED]),
    }


def _numbers(data: QueryDict, field: str) -> set[int]:
    return {number for text in data.getlist(field) if (number := number_in(text)) is not None}


def _absent(request: HttpRequest, console: Console) -> str:
    data = request.POST
    starts_at, ends_at = read_span(data, get_current_timezone())
    absence = actions.add_absence(
        engineer_id=whole(data, "engineer") if data.get("engineer") else console.user.pk,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=data.get("reason", ""),
        actor=console.user,
        now=console.now,
    )
    return _link(absence=absence.pk)


def _remove(request: HttpRequest, console: Console) -> str:
    absence = actions.remove_absence(
        absence_id=whole(request.POST, "absence"), actor=console.user, now=console.now
    )
    request.session[_REMOVED] = {
        "engineer": absence.engineer_id,
        "name": str(absence.engineer),
        "starts_at": max(absence.starts_at, console.now).isoformat(),
        "ends_at": absence.ends_at.isoformat(),
        "said": _said(absence, console),
        "reason": absence.reason,
    }
    return _link()


def _restore(request: HttpRequest, console: Console) -> str:
    """Enter an absence again that was taken back a moment ago."""
    data = request.POST
    absence = actions.add_absence(
        engineer_id=whole(data, "engineer"),
        starts_at=read_moment(data.get("starts_at", ""), UTC, field="starts_at"),
        ends_at=read_moment(data.get("ends_at", ""), UTC, field="ends_at"),
        reason=data.get("reason", ""),
        actor=console.user,
        now=console.now,
    )
    return _link(absence=absence.pk)


def _change(request: HttpRequest, console: Console) -> str:
    data = request.POST
    engineer = actions.change_engineer(
        engineer_id=whole(data, "engineer"),
        calendar_id=whole_or_none(data, "calendar"),
        wip_limit=whole(data, "wip_limit"),
        project_ids=_numbers(data, "project") | set(_named(data.get("more", ""))),
        skill_ids=_numbers(data, "skill"),
        actor=console.user,
        now=console.now,
    )
    messages.success(request, f"Saved how {engineer.user} works.")
    return _link()


def _named(text: str) -> Iterable[int]:
    """Read short names of apps, with commas or spaces between them."""
    for name in text.replace(",", " ").split()[:MOST_OFFERED]:
        project = Project.objects.filter(slug=clean_text(name), archived_at=None).first()
        if project is None:
            raise InvalidInput(f"There is no app “{name[:60]}”.", field="more")
        yield project.pk


def _reset(request: HttpRequest, console: Console) -> str:
    actions.reset_engineer(
        engineer_id=whole(request.POST, "engineer"), actor=console.user, now=console.now
    )
    messages.success(request, "They have no terms of their own any more.")
    return _link()


def _skill(request: HttpRequest, console: Console) -> str:
    skill = actions.create_skill(
        name=request.POST.get("name", ""), actor=console.user, now=console.now
    )
    messages.success(request, f"{skill} is a skill now. Say who has it.")
    return _link()


def _said(absence: Absence, console: Console) -> str:
    return said_of(absence, console.now, get_current_timezone())


def _link(**query: int) -> str:
    return f"{reverse('admin:tickets_engineers')}{'?' + urlencode(query) if query else ''}"


_MOVES: dict[str, Callable[[HttpRequest, Console], str]] = {
    "absent": _absent,
    "change": _change,
    "remove": _remove,
    "reset": _reset,
    "restore": _restore,
    "skill": _skill,
}
