"""Who works, when, on what: the engineers as the forward simulation sees them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)  # fmt: skip
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Greatest

from clients.models import User
from clients.queries import known_calendars
from clients.queries.calendars import CALENDAR_MARK, Calendars
from clients.rules.roles import ENGINEERS
from core.calendars import MINUTE, Calendar, instant, micros
from core.statements import Given, Micros, Written
from tickets.models import Absence, Engineer, Skill, Ticket, TimeEntry
from tickets.rules.queue.forward import Worker
from tickets.rules.queue.shifts import Shifts, Span
from tickets.rules.states import TicketState

WEEKS_AHEAD = 26
LEAST_LEFT_MINUTES = 15
_DAY = 1440 * MINUTE


@dataclass(frozen=True)
class Crew:
    """The engineers at an instant."""

    workers: tuple[Worker, ...]
    # Open minutes of all of them in a mean week of those ahead.
    weekly_minutes: int
    calendars: Calendars
    _groups: Mapping[tuple[int, int], int]
    _projects: frozenset[int]

    @property
    def house(self) -> Calendar:
        """What the house works by."""
        return self.calendars.house

    def group_of(self, project_id: int, skill_id: int | None) -> int:
        """Give the group of a ticket: tickets of one group may be taken by the same engineers."""
        project = project_id if project_id in self._projects else 0
        return self._groups.get((project, skill_id or 0), 0)

    def worker_of(self, user_pk: int) -> Worker | None:
        """Give an engineer."""
        return next((worker for worker in self.workers if worker.engineer == user_pk), None)


def engineers() -> QuerySet[User]:
    """List who takes tickets: active engineers, and staff with terms of their own."""
    return User.objects.filter(
        Q(groups__name=ENGINEERS) | Q(engineer__isnull=False), is_staff=True, is_active=True
    ).distinct()


def crew(now: datetime, *, without_absence: int | None = None) -> Crew:
    """Give who works in the coming weeks, if wished as if one absence were not."""
    rows = [
        dict(zip(_TERMS, row, strict=True))
        for row in _ENGINEERS.rows(now=now, without=without_absence or 0)
    ]
    groups, projects, mine = _grouped(rows)
    known = known_calendars(rows[0]["mark"] if rows else "")
    workers = tuple(_worker(row, mine[row["pk"]], known, now) for row in rows)
    return Crew(workers, _weekly(workers, micros(now)), known, groups, projects)


def _engineers() -> "QuerySet[User, Any]":
    """Give each engineer's terms, absences and work in hand, in one statement."""
    of_engineer = {"user": OuterRef("pk")}
    coming = Absence.objects.filter(ends_at__gt=Given("now", DateTimeField()))
    coming = coming.exclude(pk=Given("without", BigIntegerField()))
    away = coming.filter(engineer=OuterRef("pk")).order_by("starts_at", "pk")
    projects = Engineer.projects.through.objects.filter(engineer__user=OuterRef("pk"))
    skills = Engineer.skills.through.objects.filter(engineer__user=OuterRef("pk"))
    return (
        engineers()
        .order_by("pk")
        .annotate(
            calendar=Subquery(Engineer.objects.filter(**of_engineer).values("calendar")),
            away_from=ArraySubquery(away.values(at=Micros("starts_at"))),
            away_to=ArraySubquery(away.values(at=Micros("ends_at"))),
            projects=ArraySubquery(projects.values("project")),
            skills=ArraySubquery(skills.values("skill")),
            known_skills=ArraySubquery(Skill.objects.values("pk")),
            left_minutes=_left_minutes(),
            mark=RawSQL(CALENDAR_MARK, [], output_field=CharField()),  # noqa: S611 - a constant
        )
        .values_list(*_TERMS)
    )


_TERMS = (
    "pk", "calendar", "away_from", "away_to", "projects", "skills", "known_skills", "left_minutes",
    "mark",
)  # fmt: skip
_ENGINEERS = Written(_engineers)


def minutes_left() -> Greatest:
    """Annotate a ticket with what is left of its estimate: less what is logged, never nothing."""
    logged = (
        TimeEntry.objects.filter(ticket=OuterRef("pk"), voided_at=None)
        .order_by()
        .values("ticket")
        .annotate(total=Sum("minutes"))
        .values("total")
    )
    return Greatest(LEAST_LEFT_MINUTES, F("estimate_minutes") - Coalesce(Subquery(logged), 0))


def _left_minutes() -> Coalesce:
    """Give the minutes left of what an engineer has in hand."""
    in_hand = (
        Ticket.objects.filter(assignee=OuterRef("pk"), state=TicketState.IN_PROGRESS)
        .annotate(left=minutes_left())
        .values("assignee")
        .annotate(total=Sum("left"))
        .values("total")
    )
    return Coalesce(Cast(Subquery(in_hand), BigIntegerField()), 0)


def _worker(
    row: dict[str, Any], groups: frozenset[int] | None, known: Calendars, now: datetime
) -> Worker:
    calendar = known.by_pk[row["calendar"]] if row["calendar"] else known.house
    away = tuple(zip(row["away_from"], row["away_to"], strict=True))
    at = micros(now)
    # Counted from a whole day, so that a calendar's spans are cut once a day and not at each call.
    shifts = _shifts(calendar, at - at % _DAY, away)
    free_at = shifts.finish(at, row["left_minutes"] * MINUTE) if row["left_minutes"] else at
    end = at + 7 * WEEKS_AHEAD * _DAY
    return Worker(row["pk"], shifts, max(at, free_at if free_at is not None else end), groups)


@lru_cache(maxsize=256)
def _shifts(calendar: Calendar, start: int, away: tuple[Span, ...]) -> Shifts:
    since = instant(start)
    return Shifts.of(calendar.spans(since, since + timedelta(weeks=WEEKS_AHEAD, days=1)), away)


def _grouped(
    rows: Iterable[dict[str, Any]],
) -> tuple[dict[tuple[int, int], int], frozenset[int], dict[int, frozenset[int] | None]]:
    """Number the groups, by (project, skill), and give those of each engineer.

    0 stands for a project nobody is limited to, and for no skill. Whose ``projects`` are none may
    take every project; a ticket that asks for a skill only who has it.
    """
    rows = list(rows)
    projects = frozenset(project for row in rows for project in row["projects"])
    skills = {skill for row in rows for skill in row["known_skills"]}
    groups: dict[tuple[int, int], int] = {}
    numbers: dict[frozenset[int], int] = {frozenset(row["pk"] for row in rows): 0}
    for project in {0, *projects}:
        for skill in {0, *skills}:
            able = frozenset(
                row["pk"]
                for row in rows
                if (not row["projects"] or project in row["projects"])
                and (not skill or skill in row["skills"])
            )
            groups[project, skill] = numbers.setdefault(able, len(numbers))
    return groups, projects, {row["pk"]: _of(row["pk"], numbers) for row in rows}


def _of(engineer: int, numbers: Mapping[frozenset[int], int]) -> frozenset[int] | None:
    mine = frozenset(number for able, number in numbers.items() if engineer in able)
    return None if len(mine) == len(numbers) else mine


def _weekly(workers: Iterable[Worker], at: int) -> int:
    end = at + 7 * WEEKS_AHEAD * _DAY
    open_time = sum(worker.shifts.worked(end) - worker.shifts.worked(at) for worker in workers)
    return open_time // (WEEKS_AHEAD * MINUTE)
