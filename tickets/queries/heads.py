"""The heads of the lanes, by indexes and in one statement, however long the queue is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from clients.models import User
from core.calendars import MINUTE, Calendar, NeverOpen
from tickets.models import ShareAccount, Ticket
from tickets.models.tickets import LONG_MINUTES
from tickets.queries.places import FIELDS, Row, slack_of
from tickets.queries.shares import slots_of
from tickets.queries.stops import is_served
from tickets.rules.queue.lanes import is_urgent
from tickets.rules.words import Priority

# So many of a client's tickets are read at first; few pages reach deeper into one.
_AT_FIRST = 8
_LONGEST = 12_000  # minutes a ticket may be estimated at
_AS_JSON = JSONObject(**{name: name for name in FIELDS})
_OF_ACCOUNT = ("client_id", "virtual_minutes", "slots", "best")
_ACCOUNT_AS_JSON = JSONObject(**{name: name for name in _OF_ACCOUNT})


@dataclass(frozen=True)
class Account:
    """A client whose turn it may be by share, and its best tickets."""

    client: int
    virtual: float
    slots: int
    best: list[Row]


@dataclass(frozen=True)
class Heads:
    """What the lanes of some queued tickets begin with, ``depth`` of each."""

    rows: QuerySet[Ticket]
    depth: int
    critical: list[Row]  # P1, by due time
    earliest: Row | None  # what is due first of all others
    urgent: list[Row]  # by due time
    accounts: list[Account]  # those with work that is not P1, least virtual time first

    def best_of(self, account: Account) -> list[Row]:
        """Give as many of a client's tickets as may be needed: more than were read at first."""
        if len(account.best) < min(_AT_FIRST, self.depth) or self.depth <= _AT_FIRST:
            return account.best
        deep = _accounts(self.rows, self.depth).filter(client=account.client)
        return [_read(row) for (best,) in deep.values_list("best") for row in best]


def heads_of(
    rows: QuerySet[Ticket], user: int, *, house: Calendar, now: datetime, depth: int
) -> Heads:
    """Give the heads of some queued tickets, in one statement."""
    # What stands still is not urgent, whatever its due time says.
    rest = rows.filter(is_served(), due_at__isnull=False).exclude(priority=Priority.P1)
    by_due = rest.order_by("due_at", "number")
    short, long = _soon(house, now)
    p1 = rows.filter(priority=Priority.P1)
    heads = {
        "p1": p1.order_by(F("due_at").asc(nulls_last=True), "number")[:depth],
        "earliest": by_due[:1],
        "short": by_due.filter(short),
        "long": by_due.filter(long),
    }
    arrays = {name: ArraySubquery(part.values(row=_AS_JSON)) for name, part in heads.items()}
    accounts = _accounts(rows, min(_AT_FIRST, depth))[:depth]
    arrays["accounts"] = ArraySubquery(accounts.values(row=_ACCOUNT_AS_JSON))
    # A row that is there whatever the queue holds.
    one = User.objects.annotate(**arrays).values(*arrays).get(pk=user)
    critical, earliest, soon, later = ([_read(row) for row in one[name]] for name in heads)
    urgent = [row for row in (*soon, *later) if _is_urgent(row, house, now)]
    return Heads(
        rows=rows,
        depth=depth,
        critical=critical,
        earliest=earliest[0] if earliest else None,
        urgent=sorted(urgent, key=lambda row: (row["due_at"], row["number"])),
        accounts=[_account(row) for row in one["accounts"]],
    )


def _accounts(rows: QuerySet[Ticket], size: int) -> QuerySet[Any]:
    own = rows.exclude(priority=Priority.P1).filter(client=OuterRef("client"))
    best = own.order_by("-rank", "number")[:size]
    return (
        ShareAccount.objects.filter(Exists(own))
        .annotate(best=ArraySubquery(best.values(row=_AS_JSON)), slots=slots_of("client"))
        .order_by("virtual_minutes", "client_id")
    )


def _account(row: Row) -> Account:
    best = [_read(each) for each in row["best"]]
    return Account(row["client_id"], row["virtual_minutes"], row["slots"], best)


def _is_urgent(row: Row, house: Calendar, now: datetime) -> bool:
    work = row["estimate_minutes"] * MINUTE
    return is_urgent(slack_of(house, now, row["due_at"], work), work)


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
