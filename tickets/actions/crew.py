"""Who works how: engineers' terms, their absences, and the skills that work may need."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from clients.actions.events import record as record_ours
from clients.models import Calendar, ClientEventKind, Project, User
from clients.queries import house_role, staff
from clients.rules.roles import require
from core.errors import InvalidInput, MoveRefused
from core.text import one_line
from core.validation import check_fields, unless_taken
from tickets.actions.events import record
from tickets.actions.locks import forget_spare, lock_ticket, save_ticket
from tickets.models import Absence, Engineer, Skill, Ticket, TicketEventKind

MOST_IN_PROGRESS = 20
LONGEST_ABSENCE = timedelta(days=366)
FURTHEST_ABSENCE = timedelta(days=2 * 366)
MOST_COMING = 60


@transaction.atomic
def change_engineer(
    *,
    engineer_id: int,
    calendar_id: int | None,
    wip_limit: int,
    project_ids: Iterable[int],
    skill_ids: Iterable[int],
    actor: User | None,
    now: datetime,
) -> Engineer:
    """Say by which calendar somebody of the staff works, on how much at once, and on what.

    Without a calendar it is the house's; without projects every project. What needs a skill is
    left to those who have it.
    """
    require(house_role(actor), "engineer.change")
    person = _lock_staff(engineer_id)
    terms = _terms(calendar_id, wip_limit, set(project_ids), set(skill_ids))
    engineer, is_new = Engineer.objects.get_or_create(user=person)
    before = {} if is_new else _terms_of(engineer)
    changed = {
        field: [before.get(field), value]
        for field, value in terms.items()
        if before.get(field) != value
    }
    if not changed:
        return engineer
    engineer.calendar_id, engineer.wip_limit = calendar_id, wip_limit
    engineer.save(update_fields=["calendar", "wip_limit"])
    engineer.projects.set(terms["projects"])
    engineer.skills.set(terms["skills"])
    record_ours(ClientEventKind.ENGINEER_CHANGED, actor=actor, at=now, user=person, data=changed)
    forget_spare()
    return engineer


@transaction.atomic
def reset_engineer(*, engineer_id: int, actor: User | None, now: datetime) -> None:
    """Drop somebody's own terms: an engineer works by the house's, an ops admin on nothing.

    Raises MoveRefused if there are none.
    """
    require(house_role(actor), "engineer.change")
    person = _lock_person(engineer_id)
    engineer = Engineer.objects.filter(user=person).first()
    if person is None or engineer is None:
        raise MoveRefused("They have no terms of their own.")
    engineer.delete()
    record_ours(
        ClientEventKind.ENGINEER_CHANGED, actor=actor, at=now, user=person, data={"reset": True}
    )
    forget_spare()


@transaction.atomic
def add_absence(
    *,
    engineer_id: int,
    starts_at: datetime,
    ends_at: datetime,
    reason: str = "",
    actor: User | None,
    now: datetime,
) -> Absence:
    """Note that somebody will not work. Engineers enter their own, ops admins everybody's.

    It may have begun. Raises InvalidInput for one that is over, ends before it starts, is longer
    than a year, or overlaps another.
    """
    _require_over(engineer_id, actor)
    person = _lock_staff(engineer_id)
    _check_span(starts_at, ends_at, now)
    coming = Absence.objects.filter(engineer=person, ends_at__gt=now)
    other = coming.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).first()
    if other:
        first, last = localtime(other.starts_at), localtime(other.ends_at)
        raise InvalidInput(
            f"{person} is away from {first:%-d %b %H:%M} to {last:%-d %b %H:%M} already.",
            field="starts_at",
        )
    if coming.count() >= MOST_COMING:
        raise InvalidInput(
            f"At most {MOST_COMING} coming absences each, please.", field="starts_at"
        )
    absence = Absence(
        engineer=person, starts_at=starts_at, ends_at=ends_at, reason=one_line(reason)
    )
    check_fields(absence)
    absence.save()
    _record_absence(ClientEventKind.ABSENCE_ADDED, absence, actor, now)
    forget_spare()
    return absence


@transaction.atomic
def remove_absence(*, absence_id: int, actor: User | None, now: datetime) -> Absence:
    """Take back a coming absence, or end a running one now; gives it as it was.

    What was to spare stays: more hands make nothing late.
    Raises MoveRefused for one that is over.
    """
    absence = Absence.objects.select_for_update().get(pk=absence_id)
    _require_over(absence.engineer_id, actor)
    if absence.ends_at <= now:
        raise MoveRefused("This absence is over.")
    _record_absence(ClientEventKind.ABSENCE_REMOVED, absence, actor, now)
    if absence.starts_at >= now:
        Absence.objects.filter(pk=absence.pk).delete()
    else:
        Absence.objects.filter(pk=absence.pk).update(ends_at=now)
    return absence


@transaction.atomic
def create_skill(*, name: str, actor: User | None, now: datetime) -> Skill:
    """Name something not every engineer can do. Raises InvalidInput for a name that is taken."""
    require(house_role(actor), "engineer.change")
    skill = Skill(name=one_line(name))
    check_fields(skill)
    taken = "There is such a skill already."
    if Skill.objects.filter(name__iexact=skill.name).exists():
        raise InvalidInput(taken, field="name")
    with unless_taken("tickets_skill_name_key", message=taken, field="name"):
        skill.save()
    record_ours(ClientEventKind.SKILL_ADDED, actor=actor, at=now, data={"skill": skill.pk})
    return skill


@transaction.atomic
def set_ticket_skill(*, ticket_id: int, skill_id: int | None, actor: User, now: datetime) -> Ticket:
    """Say which skill a ticket needs, or that anybody may do it."""
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    if skill_id is not None and not Skill.objects.filter(pk=skill_id).exists():
        raise InvalidInput("Choose one of the skills.", field="skill")
    if ticket.skill_id == skill_id:
        return ticket
    before, ticket.skill_id = ticket.skill_id, skill_id
    save_ticket(ticket, "skill")
    record(
        ticket, TicketEventKind.TICKET_EDITED, actor=actor, at=now,
        data={"skill": [before, skill_id]},
    )  # fmt: skip
    return ticket


def _require_over(engineer_id: int, actor: User | None) -> None:
    own = actor is not None and actor.pk == engineer_id
    require(house_role(actor), "absence.enter" if own else "absence.manage")


def _lock_person(user_id: int) -> User | None:
    """Lock a person: what is entered about one is entered one after the other."""
    return User.objects.select_for_update(no_key=True).filter(pk=user_id).first()


def _lock_staff(user_id: int) -> User:
    """Lock a person of the staff."""
    person = _lock_person(user_id)
    if person is None or not staff().filter(pk=user_id).exists():
        raise InvalidInput("Choose somebody of the staff.", field="engineer")
    return person


def _terms(
    calendar_id: int | None, wip_limit: int, projects: set[int], skills: set[int]
) -> dict[str, Any]:
    if calendar_id is not None and not Calendar.objects.filter(pk=calendar_id).exists():
        raise InvalidInput("Choose one of the calendars.", field="calendar")
    if not 1 <= wip_limit <= MOST_IN_PROGRESS:
        raise InvalidInput(f"Between 1 and {MOST_IN_PROGRESS} tickets at once.", field="wip_limit")
    if Project.objects.filter(pk__in=projects).count() != len(projects):
        raise InvalidInput("One of these apps does not exist.", field="projects")
    if Skill.objects.filter(pk__in=skills).count() != len(skills):
        raise InvalidInput("One of these skills does not exist.", field="skills")
    return {
        "calendar": calendar_id,
        "wip_limit": wip_limit,
        "projects": sorted(projects),
        "skills": sorted(skills),
    }


def _terms_of(engineer: Engineer) -> dict[str, Any]:
    return {
        "calendar": engineer.calendar_id,
        "wip_limit": engineer.wip_limit,
        "projects": sorted(engineer.projects.values_list("pk", flat=True)),
        "skills": sorted(engineer.skills.values_list("pk", flat=True)),
    }


def _check_span(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= starts_at:
        raise InvalidInput("An absence ends after it starts.", field="ends_at")
    if ends_at <= now:
        raise InvalidInput("This time is over already.", field="ends_at")
    if ends_at - starts_at > LONGEST_ABSENCE:
        raise InvalidInput("An absence is at most a year long.", field="ends_at")
    if starts_at > now + FURTHEST_ABSENCE:
        raise InvalidInput("Enter it when it is less than two years away.", field="starts_at")


def _record_absence(
    kind: ClientEventKind, absence: Absence, actor: User | None, now: datetime
) -> None:
    span = {"from": absence.starts_at.isoformat(), "to": absence.ends_at.isoformat()}
    record_ours(kind, actor=actor, at=now, user=absence.engineer, data=span)
