"""Somebody of the staff before the queue: what they may take, and what taking it would break."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)  # fmt: skip
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from clients.models import CalendarVersion, ClientEvent, ClientEventKind, User
from clients.queries import CALENDAR_MARK, known_calendars, staff
from core.calendars import MINUTE, Calendar, micros
from core.statements import Given, Written
from tickets.models import Engineer, QueuePlan, Ticket
from tickets.queries.crew import LEAST_LEFT_MINUTES
from tickets.queries.hands import late_in_hand
from tickets.queries.promises import Breach, Plan, breaches_of, plan_of
from tickets.rules.queue.lanes import Waiting
from tickets.rules.queue.promising import Trial
from tickets.rules.queue.spare import fits
from tickets.rules.queue.taking import take_first
from tickets.rules.states import BEGUN, TicketState

_K = ClientEventKind
BEGUN_CAP = 100
# What was to spare counts for the hours and the people it was simulated with; a minute is more than
# changing them takes.
_BEFORE = OuterRef("simulated_at") - timedelta(minutes=1)
_NEWER_HOURS = CalendarVersion.objects.filter(version__gt=1, published_at__gte=_BEFORE)
_NEWER_PEOPLE = ClientEvent.objects.filter(
    kind__in=[_K.STAFF_CHANGED, _K.USER_DEACTIVATED, _K.USER_REACTIVATED],
    client=None,
    at__gte=_BEFORE,
)


@dataclass(frozen=True)
class Taker:
    """Somebody of the staff before the queue: what they may take, and how the queue stands."""

    user: int
    wip_limit: int
    in_progress: int
    projects: frozenset[int]
    skills: frozenset[int]
    house: Calendar
    plan: QueuePlan | None
    begun: Mapping[str, int]  # tickets of all in each state after the queue, up to BEGUN_CAP

    @property
    def full_hands(self) -> str:
        """Say that they have as much in progress as they may; empty if they have not."""
        if self.in_progress < self.wip_limit:
            return ""
        tickets = "ticket" if self.in_progress == 1 else "tickets"
        return (
            f"You have {self.in_progress} {tickets} in progress; finish one or put one back first."
        )

    def may_take(self) -> Q:
        """Give the condition on tickets: nobody else's, of their projects and skills."""
        colleagues = staff().exclude(pk=self.user).values("pk")
        found = Q(assignee=None) | ~Q(assignee__in=colleagues)
        if self.projects:
            found &= Q(project__in=self.projects)
        return found & (Q(skill=None) | Q(skill__in=self.skills))


@dataclass
class Trials:
    """What taking a ticket out of due order does to the promises, as far as somebody asks."""

    taker: Taker
    now: datetime
    tried: set[int] = field(default_factory=set)
    _plan: Plan | None = None
    _spare: dict[int, tuple[float, datetime | None]] = field(default_factory=dict)

    def keep(self, ticket: Waiting) -> bool:
        """Tell whether every promise stands if it is taken first."""
        self.tried.add(ticket.ticket)
        if self._fits(ticket):
            return True
        return not self.of(ticket.ticket, ticket.work // MINUTE).late

    def of(self, number: int, minutes: int) -> Trial:
        """Simulate all promises with a ticket of so many minutes taken first."""
        work = _in_hand(minutes) * MINUTE
        plan = self._plan = self._plan or plan_of(self.now)
        workers = plan.crew.workers
        if plan.crew.worker_of(self.taker.user) is None:
            # Their time is in nobody's plan: it only becomes shorter by the ticket.
            return plan.trial(without=[number])
        trial = take_first(plan.jobs, workers, self.taker.user, number, work, micros(self.now))
        self._spare[number] = plan.spare_minutes(trial), self.now
        return trial

    def breaches(self, number: int, minutes: int) -> list[Breach]:
        """Give the promises that break if a ticket is taken out of order: those that wait, and
        those in the taker's own hands, which it is done before.
        """
        found = breaches_of(self.of(number, minutes))
        assert self._plan is not None
        work = _in_hand(minutes) * MINUTE
        return found + late_in_hand(self._plan.crew, self.now, user=self.taker.user, before=work)

    def spare_after(self, ticket: Waiting) -> tuple[float, datetime | None]:
        """Give what is to spare once it is taken out of due order, and since when."""
        if ticket.ticket in self._spare:
            return self._spare[ticket.ticket]
        plan = self.taker.plan
        if plan is None:
            return 0, None
        return max(0.0, plan.spare_minutes - _in_hand(ticket.work // MINUTE)), plan.simulated_at

    def _fits(self, ticket: Waiting) -> bool:
        """Tell whether it fits into what is to spare, all time since then taken as lost.

        That says nothing of its own promise where somebody has other work to finish first.
        """
        plan = self.taker.plan
        if plan is None or plan.simulated_at is None:
            return False
        if ticket.due is not None and self.taker.in_progress:
            return False
        passed = (self.now - plan.simulated_at) / timedelta(minutes=1)
        return fits(_in_hand(ticket.work // MINUTE), plan.spare_minutes, passed)


def _in_hand(minutes: int) -> int:
    """Give the minutes that a ticket takes of somebody's time once they have it."""
    return max(LEAST_LEFT_MINUTES, minutes)


def taker_of(user: User) -> Taker:
    """Give what somebody may take, by the usual terms if they have none of their own.

    One statement gives everything that the queue's pages and actions begin with.
    """
    ((*found,),) = _TAKER.rows(user=user.pk)
    row = dict(zip(_asked(), found, strict=True))
    plan = QueuePlan(spare_minutes=row["spare"] or 0, simulated_at=row["simulated_at"])
    return Taker(
        user=user.pk,
        wip_limit=row["limit"],
        in_progress=row["hand"],
        projects=frozenset(row["of_projects"]),
        skills=frozenset(row["of_skills"]),
        house=known_calendars(row["mark"]).house,
        plan=None if row["spare"] is None else plan,
        begun={state.value: len(row[state.value]) for state in BEGUN},
    )


@cache
def _asked() -> dict[str, Any]:
    return {**_of_terms(), **_of_queue()}


def _query() -> "QuerySet[User, Any]":
    me = User.objects.filter(pk=Given("user", BigIntegerField())).order_by()
    return me.annotate(**_asked()).values_list(*_asked())


_TAKER = Written(_query)


def _of_terms() -> dict[str, Any]:
    """Give what is asked of a person: terms of work, and how much they have in progress."""
    terms = Engineer.objects.filter(user=OuterRef("pk"))
    own = {"engineer__user": OuterRef("pk")}
    hand = Ticket.objects.filter(assignee=OuterRef("pk"), state=TicketState.IN_PROGRESS).order_by()
    count = hand.values("assignee").annotate(count=Count("pk")).values("count")
    return {
        "limit": Coalesce(Subquery(terms.values("wip_limit")), Engineer().wip_limit),
        "hand": Coalesce(Subquery(count), 0),
        "of_projects": ArraySubquery(
            Engineer.projects.through.objects.filter(**own).values("project")
        ),
        "of_skills": ArraySubquery(Engineer.skills.through.objects.filter(**own).values("skill")),
    }


def _of_queue() -> dict[str, Any]:
    """Give what is asked of the queue: hours, what is to spare, and what is begun."""
    current = QueuePlan.objects.exclude(Exists(_NEWER_HOURS)).exclude(Exists(_NEWER_PEOPLE))
    return {
        "mark": RawSQL(CALENDAR_MARK, [], output_field=CharField()),  # noqa: S611 - a constant
        "spare": Subquery(QueuePlan.objects.values("spare_minutes")[:1]),
        "simulated_at": Subquery(current.values("simulated_at")[:1]),
        **{state.value: _some_of(state) for state in BEGUN},
    }


def _some_of(state: TicketState) -> ArraySubquery:
    return ArraySubquery(Ticket.objects.filter(state=state).order_by().values("pk")[:BEGUN_CAP])
