"""Which ticket is next, and the order behind it, without reading the whole queue.

The lanes are those of ``tickets.rules.queue.lanes``; indexes give their heads (decision 11).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from clients.models import User
from clients.queries import house_calendar
from core.calendars import MINUTE, Calendar, NeverOpen, micros
from tickets.models import ShareAccount, Ticket
from tickets.models.tickets import LONG_MINUTES
from tickets.queries.shares import slots_of
from tickets.queries.takers import Taker, Trials
from tickets.rules.queue.lanes import MOST_TRIED, Waiting, decide, is_urgent
from tickets.rules.queue.rank import business_days, score_of
from tickets.rules.states import TicketState
from tickets.rules.words import Priority

Row = Mapping[str, Any]
# So many of a client's tickets are read at first; few pages reach deeper into one.
_AT_FIRST = 8
_LONGEST = 12_000  # minutes a ticket may be estimated at
_FIELDS = (
    "number", "client_id", "priority", "reach", "received_at", "estimate_minutes", "due_at", "rank",
)  # fmt: skip
_AS_JSON = JSONObject(**{name: name for name in _FIELDS})
_OF_ACCOUNT = ("client_id", "virtual_minutes", "slots", "best")
_ACCOUNT_AS_JSON = JSONObject(**{name: name for name in _OF_ACCOUNT})


class Broken(NamedTuple):
    """A promise that would be late if another ticket came first; when nobody does it, no end."""

    number: int
    due: int
    done: int | None


@dataclass(frozen=True)
class Place:
    """A ticket in the order: the lane it comes by, and what put it there."""

    ticket: Waiting
    lane: str
    reason: str  # p1, slack, simulation, share, forced, override
    received_at: datetime
    rank: float
    score: float
    # The client's place in the fair sharing before it is taken; only known in L2.
    virtual: float = 0
    slots: int = 1
    # What the simulation found that brought it before another.
    broken: Broken | None = None

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
    places = order_of(rows, taker, now=trials.now, most=1, trials=trials)
    return places[0] if places else None


def order_of(
    rows: QuerySet[Ticket],
    taker: Taker,
    *,
    now: datetime,
    most: int,
    trials: Trials | None = None,
) -> list[Place]:
    """Give the first places of queued tickets in the order they would be taken at this instant.

    Without ``trials`` nothing is simulated, as if nothing could break.
    """
    look = _Look(rows, taker.house, now, max(most, MOST_TRIED))
    critical, earliest, urgent, accounts = look.heads(taker.user)
    places = [look.place(row, "L0", "p1") for row in critical]
    places += [look.place(row, "L1", "slack") for row in urgent]
    if trials and not critical:
        first = _head(look, places, earliest, accounts, trials)
        places = (
            [first, *(place for place in places if place.number != first.number)] if first else []
        )
    if len(places) < most:
        places += look.by_share(accounts, most - len(places), {each.number for each in places})
    return places[:most]


def _head(
    look: "_Look", urgent: list[Place], earliest: Row | None, accounts: list[Row], trials: Trials
) -> Place | None:
    """Give what comes first where no P1 waits."""
    shares: dict[int, Place] = {}

    def fair(broken: Collection[int]) -> Waiting | None:
        for place in look.by_share(accounts, 1, set(broken)):
            shares[place.number] = place
            return place.ticket
        return None

    by_due = look.place(earliest, "L1", "simulation") if earliest else None
    choice = decide(
        by_due.ticket if by_due else None, urgent[0].ticket if urgent else None, fair, trials.keep
    )
    if choice is None:
        return None
    known = {each.number: each for each in (*urgent[:1], *([by_due] if by_due else []))}
    places = shares if choice.lane == "L2" else known
    found = replace(places[choice.ticket.ticket], lane=choice.lane, reason=choice.reason)
    if choice.reason in ("simulation", "forced"):
        other = urgent[0].ticket if urgent else fair(())
        assert other is not None
        found = replace(found, broken=_broken(other, found.number, trials))
    return found


def _broken(other: Waiting, number: int, trials: Trials) -> Broken | None:
    """Give what would be late if ``other`` came first: the ticket itself, else the first one."""
    trial = trials.of(other.ticket, other.work // MINUTE)
    for job in sorted(trial.late, key=lambda job: job.ticket != number):
        return Broken(job.ticket, job.due, trial.ends[job.ticket])
    return None


def place_of(ticket: Ticket, *, now: datetime, lane: str = "", reason: str = "") -> Place:
    """Give the place of one ticket by what it is itself, whatever else waits."""
    row = {name: getattr(ticket, name) for name in _FIELDS}
    look = _Look(Ticket.objects.none(), house_calendar(), now, 1)
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
    """One look at the first places of the queue, or of a part of it."""

    rows: QuerySet[Ticket]
    house: Calendar
    now: datetime
    most: int

    def heads(self, user: int) -> tuple[list[Row], Row | None, list[Row], list[Row]]:
        """Give the P1, what is due first of everything else, the urgent, each in its order, and
        the accounts whose turn it is by share; in one statement.
        """
        rest = self.rows.filter(due_at__isnull=False).exclude(priority=Priority.P1)
        by_due = rest.order_by("due_at", "number")
        short, long = _soon(self.house, self.now)
        p1 = self.rows.filter(priority=Priority.P1)
        heads = {
            "p1": p1.order_by(F("due_at").asc(nulls_last=True), "number")[: self.most],
            "earliest": by_due[:1],
            "short": by_due.filter(short),
            "long": by_due.filter(long),
        }
        arrays = {name: ArraySubquery(part.values(row=_AS_JSON)) for name, part in heads.items()}
        accounts = self._accounts(min(_AT_FIRST, self.most))[: self.most]
        arrays["accounts"] = ArraySubquery(accounts.values(row=_ACCOUNT_AS_JSON))
        # A row that is there whatever the queue holds.
        one = User.objects.annotate(**arrays).values(*arrays).get(pk=user)
        critical, earliest, soon, later = ([_read(row) for row in one[name]] for name in heads)
        urgent = [row for row in (*soon, *later) if self._is_urgent(row)]
        urgent.sort(key=lambda row: (row["due_at"], row["number"]))
        return critical, earliest[0] if earliest else None, urgent, one["accounts"]

    def by_share(self, accounts: list[Row], most: int, taken: set[int]) -> list[Place]:
        """Give the first picks of L2: always the least virtual time, then its highest rank.

        Only as many clients are read as picks are wanted, and of each its first tickets.
        """
        known = {row["client_id"]: row for row in accounts}
        tickets = {client: list(row["best"]) for client, row in known.items()}
        heap = [(row["virtual_minutes"], client, 0) for client, row in known.items()]
        heapify(heap)
        places: list[Place] = []
        while heap and len(places) < most:
            virtual, client, at = heappop(heap)
            if at == len(tickets[client]) == min(_AT_FIRST, self.most) < self.most:
                more = self._accounts(self.most).filter(client=client).values_list("best")
                tickets[client] = [row for (best,) in more for row in best]
            if at >= len(tickets[client]):
                continue
            row = _read(tickets[client][at])
            if row["number"] not in taken:
                place = self.place(row, "L2", "share")
                place = replace(place, virtual=virtual, slots=known[client]["slots"])
                places.append(place)
                virtual = place.virtual_after
            heappush(heap, (virtual, client, at + 1))
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

    def _accounts(self, size: int) -> QuerySet[Any]:
        own = self.rows.exclude(priority=Priority.P1).filter(client=OuterRef("client"))
        best = own.order_by("-rank", "number")[:size]
        return (
            ShareAccount.objects.filter(Exists(own))
            .annotate(best=ArraySubquery(best.values(row=_AS_JSON)), slots=slots_of("client"))
            .order_by("virtual_minutes", "client")
        )


def slack_of(house: Calendar, now: datetime, due_at: datetime, work: int) -> int:
    """Give the open time to a due instant less the work, in microseconds."""
    return house.between(now, due_at) // timedelta(microseconds=1) - work


def _read(row: Row) -> Row:
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
