"""How full the coming weeks are, and which promises would not be kept as people work now."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Avg, Count, DecimalField, F, Sum
from django.db.models.functions import Coalesce

from clients.models import Retainer, User
from clients.queries import house_calendar
from clients.rules.retainers import SERVED
from core.calendars import MINUTE, instant, micros
from tickets.models import Engineer, Ticket
from tickets.queries.crew import Crew, crew
from tickets.queries.hands import late_in_hand
from tickets.queries.promises import Breach, committed_jobs
from tickets.queries.shares import this_week
from tickets.rules.queue.forward import Job, Worker, forecast
from tickets.rules.queue.promising import NEVER
from tickets.rules.states import TicketState

WEEKS = 8
# Beyond so many open tickets the page counts the first ones, and says so.
MOST_OPEN = 50_000
# How many of the newest tickets the mean estimate is taken from.
NEWEST = 500
# A week with more of its time promised has no room for what nobody foresees.
FULL = 0.85


@dataclass(frozen=True)
class Week:
    """A week from Monday on, the present one from now on. Minutes of all engineers together."""

    begins_at: datetime
    ends_at: datetime
    monday: date
    capacity: int
    # What is in hand, and what is promised and would be finished in the week.
    in_hand: int
    finishing: int
    # What is promised for a time of the week, what was due before now in the first one.
    due: int

    @property
    def planned(self) -> int:
        """Minutes of committed work that the week's hours go to."""
        return self.in_hand + self.finishing

    @property
    def most(self) -> int:
        """The greater one of what is done in the week by the plan and what is due in it."""
        return max(self.planned, self.due)

    @property
    def percent(self) -> int | None:
        """Committed work in hundredths of the week's hours; None without any hours."""
        return round(100 * self.planned / self.capacity) if self.capacity else None

    @property
    def due_percent(self) -> int | None:
        """What is due in the week in hundredths of its hours."""
        return round(100 * self.due / self.capacity) if self.capacity else None

    @property
    def is_full(self) -> bool:
        """Tell whether too much of the week is promised, by the plan or by what is due."""
        return self.most > FULL * self.capacity


@dataclass(frozen=True)
class Sold:
    """What the running retainers let clients have promised in a week, against what can be done."""

    slots: int
    tickets: float  # slots x tokens a slot gets back, of all of them
    mean_minutes: float  # of the newest tickets' estimates
    counted: int
    capacity: int  # a mean week's minutes

    @property
    def minutes(self) -> float:
        """Minutes that so many tickets take."""
        return self.tickets * self.mean_minutes

    @property
    def is_too_much(self) -> bool:
        """Tell whether more is sold than the engineers can do."""
        return self.minutes > self.capacity


@dataclass(frozen=True)
class Hand:
    """An engineer's work in hand."""

    engineer: User
    limit: int
    in_progress: int
    waiting: int
    in_review: int
    left_minutes: int  # of their own working time, from now until they are free
    free_at: datetime


@dataclass(frozen=True)
class Load:
    """The coming weeks, and what stands beside them."""

    weeks: list[Week]
    later_minutes: int  # promised, and finished after these weeks
    never_minutes: int  # promised, and nobody could do it within half a year
    committed: int
    backlog: int
    backlog_minutes: int
    hands: list[Hand]
    late_in_hand: list[Breach]  # promised, and whoever has it is done with it too late
    sold: Sold
    zone: str
    is_capped: bool


def load(now: datetime) -> Load:
    """Give the load of the coming weeks."""
    people = crew(now)
    jobs = committed_jobs(people, now)[:MOST_OPEN]
    edges, zone = _edges(now)
    weeks, later, never = _weeks(people.workers, jobs, edges, now)
    backlog = Ticket.objects.filter(state=TicketState.QUEUED, due_at=None).order_by()[:MOST_OPEN]
    waiting = Ticket.objects.filter(pk__in=backlog.values("pk")).aggregate(
        count=Count("pk"), minutes=Coalesce(Sum("estimate_minutes"), 0)
    )
    return Load(
        weeks=weeks,
        later_minutes=later,
        never_minutes=never,
        committed=sum(job.due < NEVER for job in jobs),
        backlog=waiting["count"],
        backlog_minutes=waiting["minutes"],
        hands=_hands(people, now),
        late_in_hand=late_in_hand(people, now),
        sold=sold(people),
        zone=zone.key,
        is_capped=MOST_OPEN in (len(jobs), waiting["count"]),
    )


def sold(people: Crew) -> Sold:
    """Give what is promised to clients a week, and what there is to do it with."""
    a_week = F("plan_version__slots") * F("plan_version__tokens_per_slot")
    terms = Retainer.objects.filter(state__in=SERVED).aggregate(
        slots=Coalesce(Sum("plan_version__slots"), 0),
        tickets=Sum(a_week, output_field=DecimalField(max_digits=14, decimal_places=2)),
    )
    newest = Ticket.objects.order_by("-number")[:NEWEST]
    estimates = Ticket.objects.filter(pk__in=newest.values("pk")).aggregate(
        mean=Avg("estimate_minutes"), count=Count("pk")
    )
    return Sold(
        slots=terms["slots"],
        tickets=float(terms["tickets"] or 0),
        mean_minutes=estimates["mean"] or 0.0,
        counted=estimates["count"],
        capacity=people.weekly_minutes,
    )


def _edges(now: datetime) -> tuple[list[datetime], ZoneInfo]:
    """Give the Mondays of the coming weeks at midnight, as our own calendar's zone has them."""
    house = house_calendar()
    zone = house.zone_at(now)
    monday = this_week(house, now)
    days = [monday + timedelta(weeks=place) for place in range(WEEKS + 1)]
    return [datetime.combine(day, time(), zone) for day in days], zone


def _weeks(
    workers: Sequence[Worker], jobs: Sequence[Job], edges: list[datetime], now: datetime
) -> tuple[list[Week], int, int]:
    ends = forecast(jobs, workers)
    marks = [micros(edge) for edge in edges]
    finishing, due = [0] * WEEKS, [0] * WEEKS
    later = never = 0
    for job in jobs:
        minutes, end = job.work // MINUTE, ends[job.ticket]
        # What is promised for no time at all is due in no week.
        if (place := max(0, bisect_left(marks, job.due) - 1)) < WEEKS:
            due[place] += minutes
        if end is None:
            never += minutes
        elif (place := bisect_left(marks, end) - 1) < WEEKS:
            finishing[place] += minutes
        else:
            later += minutes
    at = micros(now)
    weeks = []
    for place, (begin, finish) in enumerate(zip(edges, edges[1:], strict=False)):
        since, until = max(at, marks[place]), marks[place + 1]
        weeks.append(
            Week(
                begins_at=max(begin, now),
                ends_at=finish,
                monday=begin.date(),
                capacity=sum(_minutes(each, since, until) for each in workers),
                in_hand=sum(_minutes(each, since, min(until, each.free_at)) for each in workers),
                finishing=finishing[place],
                due=due[place],
            )
        )
    return weeks, later, never


def _minutes(worker: Worker, since: int, until: int) -> int:
    if until <= since:
        return 0
    return (worker.shifts.worked(until) - worker.shifts.worked(since)) // MINUTE


def _hands(people: Crew, now: datetime) -> list[Hand]:
    held = [TicketState.IN_PROGRESS, TicketState.WAITING, TicketState.IN_REVIEW]
    workers = {worker.engineer: worker for worker in people.workers}
    counts = {
        (assignee, state): count
        for assignee, state, count in Ticket.objects.filter(state__in=held, assignee__in=workers)
        .order_by()
        .values_list("assignee", "state")
        .annotate(count=Count("pk"))
    }
    rows = User.objects.filter(pk__in=workers).select_related("engineer").order_by("name", "pk")
    return [
        Hand(
            engineer=person,
            limit=person.engineer.wip_limit
            if hasattr(person, "engineer")
            else Engineer().wip_limit,
            in_progress=counts.get((person.pk, TicketState.IN_PROGRESS), 0),
            waiting=counts.get((person.pk, TicketState.WAITING), 0),
            in_review=counts.get((person.pk, TicketState.IN_REVIEW), 0),
            left_minutes=_minutes(workers[person.pk], micros(now), workers[person.pk].free_at),
            free_at=instant(workers[person.pk].free_at),
        )
        for person in rows
    ]
