"""Which ticket is next, and the order behind it, without reading the whole queue.

The lanes are those of ``tickets.rules.queue.lanes``; indexes give their heads (decision 11).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject

from clients.models import User
from clients.queries import house_calendar, staff
from core.calendars import Calendar, NeverOpen, micros
from tickets.models import Engineer, QueuePlan, ShareAccount, Ticket
from tickets.models.tickets import LONG_MINUTES
from tickets.queries.promises import Plan, plan_of
from tickets.queries.shares import slots_of
from tickets.rules.queue.lanes import Waiting, decide, is_urgent
from tickets.rules.queue.promising import Trial
from tickets.rules.queue.rank import business_days, score_of
from tickets.rules.queue.spare import fits
from tickets.rules.queue.taking import take_first
from tickets.rules.states import TicketState
from tickets.rules.words import Priority

Row = Mapping[str, Any]
WIP_LIMIT = 3
MINUTE = 60_000_000
# So many of a client's tickets are read at first; few pages reach deeper into one.
_AT_FIRST = 8
_LONGEST = 12_000  # minutes a ticket may be estimated at
_FIELDS = (
    "number", "client_id", "priority", "reach", "received_at", "estimate_minutes", "due_at", "rank",
)  # fmt: skip
_AS_JSON = JSONObject(**{name: name for name in _FIELDS})


@dataclass(frozen=True)
class Taker:
    """Somebody of the staff: what they may take, and how much they have in hand."""

    user: int
    wip_limit: int
    in_progress: int
    projects: frozenset[int]
    skills: frozenset[int]

    def may_take(self) -> Q:
        """Give the condition on tickets: nobody else's, of their projects and skills."""
        colleagues = staff().exclude(pk=self.user).values("pk")
        found = Q(assignee=None) | ~Q(assignee__in=colleagues)
        if self.projects:
            found &= Q(project__in=self.projects)
        return found & (Q(skill=None) | Q(skill__in=self.skills))


@dataclass(frozen=True)
class Place:
    """A ticket in the order: the lane it comes by, and what put it there."""

    ticket: Waiting
    lane: str
    reason: str  # p1, slack, simulation, share, override
    received_at: datetime
    rank: float
    score: float
    # The client's place in the fair sharing before it is taken; only known in L2.
    virtual: float = 0
    slots: int = 1

    @property
    def number(self) -> int:
        """The ticket's number."""
        return self.ticket.ticket

    @property
    def virtual_after(self) -> float:
        """The client's virtual time once it is taken.

        It is not raised to the least of all first: its client has work, so it is that or more.
        """
        return self.virtual + self.ticket.work / MINUTE / self.slots


@dataclass
class Trials:
    """What taking a ticket out of due order does to the promises, as far as somebody asks."""

    user: int
    now: datetime
    row: QueuePlan | None
    tried: set[int] = field(default_factory=set)
    _plan: Plan | None = None
    _spare: dict[int, tuple[float, datetime | None]] = field(default_factory=dict)

    def keep(self, ticket: Waiting) -> bool:
        """Tell whether every promise stands if it is taken first."""
        self.tried.add(ticket.ticket)
        if self._fits(ticket):
            return True
        return not self.of(ticket.ticket, ticket.work).late

    def of(self, number: int, work: int) -> Trial:
        """Simulate all promises with a ticket taken first."""
        plan = self._plan = self._plan or plan_of(self.now)
        workers = plan.crew.workers
        if plan.crew.worker_of(self.user) is None:
            # Their time is in nobody's plan: it only becomes shorter by the ticket.
            return plan.trial(without=[number])
        trial = take_first(plan.jobs, workers, self.user, number, work, micros(self.now))
        self._spare[number] = plan.spare_minutes(trial), self.now
        return trial

    def spare_after(self, ticket: Waiting) -> tuple[float, datetime | None]:
        """Give what is to spare once it is taken out of due order, and since when."""
        if ticket.ticket in self._spare:
            return self._spare[ticket.ticket]
        if self.row is None:
            return 0, None
        return max(0.0, self.row.spare_minutes - ticket.work / MINUTE), self.row.simulated_at

    def _fits(self, ticket: Waiting) -> bool:
        """Tell whether it fits into what is to spare, all time since then taken as lost."""
        if self.row is None or self.row.simulated_at is None:
            return False
        passed = (self.now - self.row.simulated_at) / timedelta(minutes=1)
        return fits(ticket.work / MINUTE, self.row.spare_minutes, passed)


def taker_of(user: User) -> Taker:
    """Give what somebody may take, in one statement; without terms of their own the usual ones."""
    terms = Engineer.objects.filter(user=OuterRef("pk"))
    own = {"engineer__user": OuterRef("pk")}
    hand = Ticket.objects.filter(assignee=OuterRef("pk"), state=TicketState.IN_PROGRESS).order_by()
    count = hand.values("assignee").annotate(count=Count("pk")).values("count")
    row = (
        User.objects.annotate(
            limit=Coalesce(Subquery(terms.values("wip_limit")), WIP_LIMIT),
            hand=Coalesce(Subquery(count), 0),
            of_projects=ArraySubquery(
                Engineer.projects.through.objects.filter(**own).values("project")
            ),
            of_skills=ArraySubquery(Engineer.skills.through.objects.filter(**own).values("skill")),
        )
        .values("limit", "hand", "of_projects", "of_skills")
        .get(pk=user.pk)
    )
    return Taker(
        user.pk, row["limit"], row["hand"],
        frozenset(row["of_projects"]), frozenset(row["of_skills"]),
    )  # fmt: skip


def takeable(taker: Taker) -> QuerySet[Ticket]:
    """List what waits in the queue and somebody may take."""
    return Ticket.objects.filter(taker.may_take(), state=TicketState.QUEUED).order_by()


def next_for(taker: Taker, trials: Trials, *, without: Iterable[int] = ()) -> Place | None:
    """Give the next ticket of somebody, or None if there is nothing they may take.

    ``without`` are tickets that somebody holds at this instant.
    """
    rows = takeable(taker)
    if passed := list(without):
        rows = rows.exclude(number__in=passed)
    places = order_of(rows, now=trials.now, most=1, keeps=trials.keep)
    return places[0] if places else None


def order_of(
    rows: QuerySet[Ticket],
    *,
    now: datetime,
    most: int,
    keeps: Callable[[Waiting], bool] = lambda _: True,
) -> list[Place]:
    """Give the first places of queued tickets in the order they would be taken at this instant.

    ``keeps`` tells whether every promise stands if a ticket is taken first.
    """
    look = _Look(rows, house_calendar(), now)
    critical, earliest, urgent = look.promised(most)
    places = [look.place(row, "L0", "p1") for row in critical][:most]
    if len(places) < most:
        places += [look.place(row, "L1", "slack") for row in urgent][: most - len(places)]
    if len(places) < most:
        taken = {place.number for place in places}
        places += look.by_share(most - len(places), taken)
    if not critical and earliest is not None and places:
        first = _head(look.place(earliest, "L1", "simulation"), places[0], keeps)
        rest = [place for place in places if place.number != first.number]
        places = [first, *rest][:most]
    return places


def _head(earliest: Place, first: Place, keeps: Callable[[Waiting], bool]) -> Place:
    """Give what comes first where no P1 waits: an urgent one or the fair choice, or what is due
    before it.
    """
    urgent = first.ticket if first.lane == "L1" else None
    choice = decide(earliest.ticket, urgent, first.ticket, keeps)
    return earliest if choice.reason == "simulation" else first


def place_of(ticket: Ticket, *, now: datetime, lane: str = "", reason: str = "") -> Place:
    """Give the place of one ticket by what it is itself, whatever else waits."""
    row = {name: getattr(ticket, name) for name in _FIELDS}
    look = _Look(Ticket.objects.none(), house_calendar(), now)
    account = (
        ShareAccount.objects.filter(client=ticket.client_id)
        .annotate(slots=slots_of("client"))
        .values("virtual_minutes", "slots")
        .first()
    ) or {"virtual_minutes": 0.0, "slots": 1}
    place = look.place(row, lane, reason)
    if not lane:
        own = "L1" if ticket.due_at and place.ticket.urgent else "L2"
        own = "L0" if ticket.priority == Priority.P1 else own
        place = replace(place, lane=own, reason={"L0": "p1", "L1": "slack", "L2": "share"}[own])
    return replace(place, virtual=account["virtual_minutes"], slots=account["slots"])


@dataclass(frozen=True)
class _Look:
    """One look at the queue, or at a part of it."""

    rows: QuerySet[Ticket]
    house: Calendar
    now: datetime

    def promised(self, most: int) -> tuple[list[Row], Row | None, list[Row]]:
        """Give the P1, what is due first of everything else, and the urgent, each in its order."""
        rest = self.rows.filter(due_at__isnull=False).exclude(priority=Priority.P1)
        by_due = rest.order_by("due_at", "number")
        p1 = self.rows.filter(priority=Priority.P1)
        parts = [
            p1.order_by(F("due_at").asc(nulls_last=True), "number")[:most],
            by_due[:1],
            *(rest.filter(soon) for soon in _soon(self.house, self.now)),
        ]
        first, *others = [
            part.annotate(part=Value(place)).values("part", *_FIELDS)
            for place, part in enumerate(parts)
        ]
        found: list[list[Row]] = [[] for _ in parts]
        for row in first.union(*others, all=True):
            found[row["part"]].append(row)
        critical, earliest, soon, long = found
        soon += long
        critical.sort(key=lambda row: (row["due_at"] is None, row["due_at"] or 0, row["number"]))
        soon.sort(key=lambda row: (row["due_at"], row["number"]))
        urgent = [row for row in soon if self._is_urgent(row)]
        return critical, earliest[0] if earliest else None, urgent

    def by_share(self, most: int, taken: set[int]) -> list[Place]:
        """Give the first picks of L2: always the least virtual time, then its highest rank.

        Only as many clients are read as picks are wanted, and of each its first tickets.
        """
        rest = self.rows.exclude(priority=Priority.P1).exclude(number__in=taken)
        size = min(_AT_FIRST, most)
        accounts = list(self._accounts(rest, size)[:most])
        heap = [(row["virtual_minutes"], row["client_id"], 0) for row in accounts]
        waiting = {row["client_id"]: row["best"] for row in accounts}
        slots = {row["client_id"]: row["slots"] for row in accounts}
        heapify(heap)
        places: list[Place] = []
        while heap and len(places) < most:
            virtual, client, picked = heappop(heap)
            if picked == len(waiting[client]):
                if picked < size or picked >= most:
                    continue
                more = self._accounts(rest, most).filter(client=client)
                waiting[client] = more[0]["best"]
                if picked == len(waiting[client]):
                    continue
            row = _read(waiting[client][picked])
            place = self.place(row, "L2", "share")
            places.append(replace(place, virtual=virtual, slots=slots[client]))
            heappush(heap, (places[-1].virtual_after, client, picked + 1))
        return places

    def place(self, row: Row, lane: str, reason: str) -> Place:
        """Give the place of a row."""
        work, due_at = row["estimate_minutes"] * MINUTE, row["due_at"]
        since = business_days(self.house, row["received_at"])
        days = business_days(self.house, self.now)
        waiting = Waiting(
            ticket=row["number"],
            client=row["client_id"],
            priority=Priority(row["priority"]),
            reach=row["reach"],
            waited_days=days - since,
            work=work,
            due=micros(due_at) if due_at else None,
            slack=slack_of(self.house, self.now, due_at, work) if due_at else 0,
        )
        score = score_of(row["rank"], days)
        return Place(waiting, lane, reason, row["received_at"], row["rank"], score)

    def _is_urgent(self, row: Row) -> bool:
        work = row["estimate_minutes"] * MINUTE
        return is_urgent(slack_of(self.house, self.now, row["due_at"], work), work)

    def _accounts(self, rest: QuerySet[Ticket], size: int) -> QuerySet[ShareAccount, Any]:
        own = rest.filter(client=OuterRef("client"))
        best = own.order_by("-rank", "number")[:size]
        return (
            ShareAccount.objects.filter(Exists(own))
            .annotate(
                best=ArraySubquery(best.values(row=_AS_JSON)),
                slots=slots_of("client"),
            )
            .order_by("virtual_minutes", "client")
            .values("client_id", "virtual_minutes", "slots", "best")
        )


def slack_of(house: Calendar, now: datetime, due_at: datetime, work: int) -> int:
    """Give the open time to a due instant less the work, in microseconds."""
    return house.between(now, due_at) // timedelta(microseconds=1) - work


def _read(row: Row) -> dict[str, Any]:
    """Give a row that came as JSON."""
    due_at = row["due_at"]
    return {
        **row,
        "received_at": datetime.fromisoformat(row["received_at"]),
        "due_at": datetime.fromisoformat(due_at) if due_at else None,
    }


def _soon(house: Calendar, now: datetime) -> tuple[Q, Q]:
    """Give two conditions that let through whatever may be urgent, and little else.

    Urgent is what is due within max(a day + work, 3 x work) of open time. So for each span of due
    instants there is a least estimate; the spans grow by a quarter each, and rows are looked at
    exactly afterwards. Work of a day at most is urgent three days before it is due or later, so an
    index bounds it; longer work has an index of its own.
    """
    minutes, least = 500, 0
    found = Q()
    while least <= _LONGEST:
        found |= Q(due_at__lte=_after(house, now, minutes), estimate_minutes__gte=least)
        least = min(minutes - 480, minutes // 3)
        minutes += minutes // 4
    short = Q(due_at__lte=_after(house, now, 3 * LONG_MINUTES), estimate_minutes__lte=LONG_MINUTES)
    return short & found, Q(estimate_minutes__gt=LONG_MINUTES) & found


def _after(house: Calendar, now: datetime, minutes: int) -> datetime:
    """Give the instant after so many open minutes; the end of time if there is none."""
    try:
        return house.add_minutes(now, minutes)
    except NeverOpen:
        return datetime.max.replace(tzinfo=UTC)
