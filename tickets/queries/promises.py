"""What is promised: the simulation's jobs, what a change would break, and honest forecasts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)  # fmt: skip
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from clients.models import Client, ClientEvent, ClientEventKind, SlaTarget
from clients.queries import house_calendar
from clients.rules.retainers import SERVED
from core.calendars import MINUTE, Calendar, instant, micros
from core.statements import Micros, Written
from tickets.models import SlaClock, Ticket, TicketEvent, TicketEventKind
from tickets.queries.clocks import IS_STALE
from tickets.queries.crew import LEAST_LEFT_MINUTES, Crew, crew, minutes_left
from tickets.queries.owed import BEGINS_WAITING, UNBEGUN, later
from tickets.queries.stops import is_served
from tickets.rules.clocks import Clock
from tickets.rules.queue.forward import ORDER, Job
from tickets.rules.queue.promising import NEVER, Trial, least_spare, try_out
from tickets.rules.queue.tokens import Bucket
from tickets.rules.states import TicketState
from tickets.rules.words import Priority

_K = TicketEventKind


@dataclass(frozen=True)
class Plan:
    """All promised work nobody has begun, in order, and who is there to do it."""

    crew: Crew
    jobs: list[Job]

    def trial(self, *changed: Job, without: Iterable[int] = ()) -> Trial:
        """Simulate it with some jobs new or changed, and without some tickets."""
        return try_out(self.jobs, self.crew.workers, *changed, without=without)

    def after(self, trial: Trial) -> "Plan":
        """Give the plan with what a trial changed."""
        return Plan(self.crew, list(trial.jobs))

    def spare_minutes(self, trial: Trial) -> float:
        """Give by how many open minutes every promise could slip."""
        return least_spare(trial, self.crew.workers) / MINUTE

    def job_of(self, ticket: Ticket, due_at: datetime) -> Job:
        """Give the job a ticket would be with a due time."""
        known = next((job for job in self.jobs if job.ticket == ticket.number), None)
        left = max(LEAST_LEFT_MINUTES, ticket.estimate_minutes)
        return Job(
            ticket=ticket.number,
            due=micros(due_at),
            work=known.work if known else left * MINUTE,
            p1=ticket.priority == Priority.P1,
            group=self.crew.group_of(ticket.project_id, ticket.skill_id),
            only=self._only(ticket),
        )

    def _only(self, ticket: Ticket) -> int:
        """Give whose a ticket is: nobody else takes it while they are of the staff."""
        assignee = ticket.assignee
        return assignee.pk if assignee and assignee.is_staff and assignee.is_active else 0


@dataclass(frozen=True)
class Breach:
    """A promise that would be broken: when it would be done, and the house's open minutes it is
    late by. Without ``done_at`` nobody could do it within the known shifts.
    """

    number: int
    due_at: datetime
    done_at: datetime | None
    minutes: int


def plan_of(now: datetime) -> Plan:
    """Load the plan of an instant."""
    people = crew(now)
    return Plan(people, committed_jobs(people, now))


def committed_jobs(people: Crew, now: datetime) -> list[Job]:
    """Give the promised work nobody has begun, in order; what stands still as if it went on now.

    A P1 nobody promised goes before the others all the same: it is there, and never late.
    """
    calendars, groups, in_order = people.calendars, dict[tuple[int, int], int](), True
    jobs = []
    for number, due, work, p1, project, skill, only, stopped, begin, calendar in _UNBEGUN.rows():
        if stopped is not None and due != NEVER:
            in_order = False
            moves_by = calendars.by_pk[calendar] if calendar else calendars.house
            # What it stood still before it was promised or moved is in it.
            due = micros(later(moves_by, instant(due), instant(max(stopped, begin)), now))
        group = groups.get((project, skill))
        if group is None:
            group = groups[project, skill] = people.group_of(project, skill)
        jobs.append(Job(number, due, work, p1, group, only))
    return jobs if in_order else sorted(jobs, key=ORDER)


def consequences(ticket: Ticket, due_at: datetime, now: datetime) -> list[Breach]:
    """Give which promises would be broken if a ticket were due at another time, itself too."""
    return breaches_of(trial_of(ticket, plan_of(now), due_at))


def trial_of(ticket: Ticket, plan: Plan, due_at: datetime) -> Trial:
    """Simulate a due time; of work in hand only its engineer's time counts."""
    job = plan.job_of(ticket, due_at)
    if ticket.state in UNBEGUN:
        return plan.trial(job)
    worker = plan.crew.worker_of(ticket.assignee_id or 0)
    trial = plan.trial()
    end = worker.free_at if worker and ticket.state == TicketState.IN_PROGRESS else None
    return trial.with_own(job, end) if end else trial


def breaches_of(trial: Trial) -> list[Breach]:
    """Give what a trial would break, in due order."""
    house = house_calendar()
    return [breach_of(job.ticket, job.due, trial.ends[job.ticket], house) for job in trial.late]


def breach_of(number: int, due: int, end: int | None, house: Calendar) -> Breach:
    """Give how late a promise would be, from the instants of the simulation."""
    due_at, done_at = instant(due), None if end is None else instant(end)
    minutes = house.minutes_between(due_at, done_at) if done_at else 0
    return Breach(number, due_at, done_at, minutes)


def target_of(ticket: Ticket) -> datetime | None:
    """Give by when a ticket should be resolved by its client's plan, promised or not."""
    clocks = SlaClock.objects.filter(report=ticket.number, clock=Clock.RESOLUTION)
    return clocks.values_list("due_at", flat=True).first()


def offerable(now: datetime) -> QuerySet[Ticket]:
    """List what waits in the queue without a promise though its target lies ahead, best first.

    Not what was counted by older hours of a calendar: a sweep counts it anew within minutes.
    """
    target = SlaClock.objects.filter(
        ~IS_STALE, report=OuterRef("number"), clock=Clock.RESOLUTION, due_at__gt=now
    )
    return (
        Ticket.objects.filter(Exists(target), state=TicketState.QUEUED, due_at=None)
        .exclude(severity_confirmed_at=None)
        .order_by("-rank", "number")
    )


def clients_with_backlog(now: datetime) -> list[int]:
    """List the clients who have something that could be promised now, least served first.

    That is a P1, or anything while a token is free.
    """
    waiting = offerable(now).order_by()
    p1 = waiting.filter(client=OuterRef("pk"), priority=Priority.P1)
    account, version = "share_account__", "retainers__plan_version__"
    rows = (
        Client.objects.filter(pk__in=waiting.values("client"), retainers__state__in=SERVED)
        .annotate(has_p1=Exists(p1))
        .order_by(F("share_account__virtual_minutes").asc(nulls_first=True), "pk")
        .values_list(
            "pk", "has_p1", f"{account}tokens", f"{account}tokens_at", f"{version}slots",
            f"{version}tokens_per_slot", f"{version}most_tokens_per_slot",
        )
    )  # fmt: skip
    at = micros(now)
    return [
        pk
        for pk, has_p1, tokens, tokens_at, *terms in rows
        # Who has no account yet gets a full one.
        if has_p1
        or tokens_at is None
        or Bucket.of(tokens, micros(tokens_at), *terms).level(at) >= 1
    ]


def _unbegun() -> "QuerySet[Ticket, Any]":
    """List the unbegun work that takes time before others, by jobs' terms.

    Of what stands still with since when, the later of when it was promised and last moved, and the
    calendar it moves by (none for the house's). Instants are whole numbers: to make
    datetimes of thousands would cost more than to simulate them.
    """
    waits = TicketEvent.objects.filter(BEGINS_WAITING, ticket=OuterRef("pk"))
    moves = TicketEvent.objects.filter(ticket=OuterRef("pk"), kind=_K.DUE_MOVED)
    moved = Subquery(moves.order_by("-at").values("at")[:1])
    ends = ClientEvent.objects.filter(
        client=OuterRef("client"), kind=ClientEventKind.RETAINER_MOVED, data__from__in=SERVED
    ).exclude(data__to__in=SERVED)
    targets = SlaTarget.objects.filter(
        plan_version__retainers__client=OuterRef("client"),
        plan_version__retainers__state__in=SERVED,
        priority=OuterRef("priority"),
    )
    waiting, stopped = Q(state=TicketState.WAITING), Q(is_served=False)
    is_p1 = Q(priority=Priority.P1)
    return (
        Ticket.objects.filter(Q(due_at__isnull=False) | is_p1, state__in=UNBEGUN)
        .alias(
            is_served=is_served(),
            waits_since=Case(When(waiting, then=Subquery(waits.order_by("-at").values("at")[:1]))),
            ended_at=Case(When(stopped, then=Subquery(ends.order_by("-at").values("at")[:1]))),
        )
        .annotate(
            due=Coalesce(Micros("due_at"), NEVER),
            work=Cast(minutes_left(), BigIntegerField()) * MINUTE,
            p1=Case(When(is_p1, then=True), default=False),
            only=Case(
                When(assignee__is_staff=True, assignee__is_active=True, then="assignee"), default=0
            ),
            stopped=Micros(Least("waits_since", "ended_at")),
            begin=Micros(Case(When(waiting | stopped, then=Greatest("committed_at", moved)))),
            calendar=Case(When(waiting | stopped, then=Subquery(targets.values("calendar")[:1]))),
        )
        .values_list(
            "number", "due", "work", "p1", "project_id", "skill_id", "only", "stopped", "begin",
            "calendar",
        )
        .order_by("-p1", "due", "number")
    )  # fmt: skip


_UNBEGUN = Written(_unbegun)
