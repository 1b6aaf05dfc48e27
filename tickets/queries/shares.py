"""The fair-share account: what clients received, and what their share of it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from clients.models import Client, Retainer
from clients.rules.retainers import SERVED
from tickets.models import ReceivedMinutes, Ticket

# What a receipt looks back on, the present week included.
RECENT_WEEKS = 4
_SERVED = [state.value for state in SERVED]


@dataclass(frozen=True)
class Share:
    """What a client received of all minutes in some weeks, and its slots of all slots served."""

    minutes: int
    of_minutes: int
    slots: int
    of_slots: int

    @property
    def due_minutes(self) -> int:
        """What its share of all minutes would have been."""
        return round(self.of_minutes * self.slots / self.of_slots) if self.of_slots else 0

    @property
    def percent(self) -> int | None:
        """What it received in hundredths of its share; None where nobody received anything."""
        if not (self.of_minutes and self.of_slots and self.slots):
            return None
        return round(100 * self.minutes * self.of_slots / (self.of_minutes * self.slots))


def week_of(day: date) -> date:
    """Give the Monday of a day."""
    return day - timedelta(days=day.weekday())


def slots_of(client: str) -> Coalesce:
    """Annotate the slots of a client's served plan; one without is shared with as if it had one."""
    served = Retainer.objects.filter(client=OuterRef(client), state__in=_SERVED)
    return Coalesce(Subquery(served.values("plan_version__slots")[:1]), 1)


def with_shares(tickets: QuerySet[Ticket], now: datetime) -> QuerySet[Ticket]:
    """Annotate tickets with what ``share_of`` reads: what their clients received lately."""
    return _with_shares(tickets, "client", now)


def share_of(row: Any) -> Share:
    """Give the share of a client in the last weeks, from a row annotated with it."""
    return Share(row.share_minutes, row.share_of_minutes, row.share_slots, row.share_of_slots)


def weeks_of(client_id: int, now: datetime, *, weeks: int = 12) -> list[tuple[date, Share]]:
    """Give what a client received in each of the last weeks, oldest first."""
    monday = week_of(now.date())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(weeks))]
    rows = _received(mondays[0]).order_by("week_date").values("week_date")
    totals = dict(rows.annotate(total=Sum("minutes")).values_list("week_date", "total"))
    own = dict(_received(mondays[0]).filter(client=client_id).values_list("week_date", "minutes"))
    row = Client.objects.annotate(
        slots=slots_of("pk"), of_slots=Coalesce(Subquery(_all_slots()), 0)
    )
    slots, of_slots = row.values_list("slots", "of_slots").get(pk=client_id)
    return [
        (week, Share(own.get(week, 0), totals.get(week, 0), slots, of_slots)) for week in mondays
    ]


def recent_share(weeks: list[tuple[date, Share]]) -> Share:
    """Give the share of the last weeks of ``weeks_of`` together."""
    last = [share for _, share in weeks[-RECENT_WEEKS:]]
    minutes, of_minutes = sum(s.minutes for s in last), sum(s.of_minutes for s in last)
    return Share(minutes, of_minutes, last[-1].slots, last[-1].of_slots)


def clients_by_share(now: datetime) -> QuerySet[Any]:
    """List the clients who have a place in the fair sharing, whose turn it is first.

    Annotates ``virtual``, and what ``share_of`` reads.
    """
    virtual = F("share_account__virtual_minutes")
    clients = Client.objects.filter(share_account__isnull=False).annotate(virtual=virtual)
    return _with_shares(clients, "pk", now).order_by("virtual", "pk")


def _with_shares(rows: QuerySet[Any], client: str, now: datetime) -> QuerySet[Any]:
    since = week_of(now.date()) - timedelta(weeks=RECENT_WEEKS - 1)
    own = _received(since).filter(client=OuterRef(client))
    found: QuerySet[Any] = rows.annotate(
        share_minutes=Coalesce(Subquery(_sum_of(own)), 0),
        share_of_minutes=Coalesce(Subquery(_sum_of(_received(since))), 0),
        share_slots=slots_of(client),
        share_of_slots=Coalesce(Subquery(_all_slots()), 0),
    )
    return found


def _received(since: date) -> QuerySet[ReceivedMinutes]:
    return ReceivedMinutes.objects.filter(week_date__gte=since).order_by()


def _sum_of(rows: QuerySet[ReceivedMinutes]) -> QuerySet:  # type: ignore[type-arg]
    return rows.annotate(all=Value(1)).values("all").annotate(total=Sum("minutes")).values("total")


def _all_slots() -> QuerySet:  # type: ignore[type-arg]
    served = Retainer.objects.filter(state__in=_SERVED).order_by().annotate(all=Value(1))
    return served.values("all").annotate(total=Sum("plan_version__slots")).values("total")
