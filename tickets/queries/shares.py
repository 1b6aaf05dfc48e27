"""The fair-share account: what clients received, and what their share of it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject

from clients.models import Client, Retainer
from clients.queries import house_calendar
from clients.rules.retainers import SERVED
from core.calendars import Calendar
from tickets.models import ReceivedMinutes, Report, Ticket
from tickets.rules.states import ReportState, TicketState

# What a receipt looks back on, the present week included.
RECENT_WEEKS = 4
_AS_JSON = JSONObject(week="week_date", minutes="minutes", slots="slots")
_SUMS_AS_JSON = JSONObject(week="week_date", minutes="all_minutes", slots="all_slots")


@dataclass(frozen=True)
class Share:
    """What a client received of all minutes in some weeks, and what its share of them was.

    The share of a week follows from the slots that were served in it, whoever came or went later.
    """

    minutes: int
    of_minutes: int
    due: float

    @property
    def due_minutes(self) -> int:
        """What its share of all minutes would have been."""
        return round(self.due)

    @property
    def percent(self) -> int | None:
        """What it received in hundredths of its share; None where it had none of anything."""
        return round(100 * self.minutes / self.due) if self.due else None


def week_of(day: date) -> date:
    """Give the Monday of a day."""
    return day - timedelta(days=day.weekday())


def this_week(house: Calendar, now: datetime) -> date:
    """Give the Monday of the present week, as our own calendar's zone has it."""
    return week_of(house.day_of(now))


def slots_of(client: str) -> Coalesce:
    """Annotate the slots of a client's served plan; one without is shared with as if it had one."""
    served = Retainer.objects.filter(client=OuterRef(client), state__in=SERVED)
    return Coalesce(Subquery(served.values("plan_version__slots")[:1]), 1)


def served_slots() -> dict[int, int]:
    """Give the slots of each client who is served."""
    served = Retainer.objects.filter(state__in=SERVED).order_by()
    return dict(served.values_list("client", "plan_version__slots"))


def with_shares(tickets: QuerySet[Ticket], week: date) -> QuerySet[Ticket]:
    """Annotate tickets with what ``share_of`` reads: what their clients received up to a week."""
    return _with_shares(tickets, "client", week)


def share_of(row: Any) -> Share:
    """Give the share of a client in the last weeks, from a row annotated with it."""
    return recent_share(list(_by_week(row).items()))


def weeks_of(client_id: int, now: datetime, *, weeks: int = 12) -> list[tuple[date, Share]]:
    """Give what a client received in each of the last weeks, oldest first."""
    monday = this_week(house_calendar(), now)
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(weeks))]
    found = _by_week(_with_weeks(Client.objects.all(), "pk", mondays[0]).get(pk=client_id))
    return [(each, found.get(each, Share(0, 0, 0))) for each in mondays]


def recent_share(weeks: list[tuple[date, Share]]) -> Share:
    """Give the share of the last weeks of ``weeks_of`` together."""
    last = [share for _, share in weeks[-RECENT_WEEKS:]]
    return Share(
        minutes=sum(share.minutes for share in last),
        of_minutes=sum(share.of_minutes for share in last),
        due=sum(share.due for share in last),
    )


def waits_for_us(client_id: int) -> bool:
    """Tell whether anything of a client is in the queue, or waits to be judged."""
    queued = Ticket.objects.filter(client=OuterRef("pk"), state=TicketState.QUEUED)
    new = [ReportState.RECEIVED, ReportState.PROPOSED]
    unjudged = Report.objects.filter(client=OuterRef("pk"), state__in=new)
    return Client.objects.filter(Exists(queued) | Exists(unjudged), pk=client_id).exists()


def clients_by_share(now: datetime) -> QuerySet[Any]:
    """List the clients who have a place in the fair sharing, whose turn it is first.

    Annotates ``virtual``, the ``slots`` of today, and what ``share_of`` reads.
    """
    virtual = F("share_account__virtual_minutes")
    clients = Client.objects.filter(share_account__isnull=False)
    clients = clients.annotate(virtual=virtual, slots=slots_of("pk"))
    week = this_week(house_calendar(), now)
    return _with_shares(clients, "pk", week).order_by("virtual", "pk")


def _with_shares(rows: QuerySet[Any], client: str, week: date) -> QuerySet[Any]:
    return _with_weeks(rows, client, week - timedelta(weeks=RECENT_WEEKS - 1))


def _with_weeks(rows: QuerySet[Any], client: str, since: date) -> QuerySet[Any]:
    """Annotate what a client received in each week, and beside it what all did."""
    weeks = ReceivedMinutes.objects.filter(week_date__gte=since).order_by()
    own = weeks.filter(client=OuterRef(client)).values(week=_AS_JSON)
    # The same for every row, so that it is summed once.
    sums = {"all_minutes": Sum("minutes"), "all_slots": Sum("slots")}
    everybody = weeks.values("week_date").annotate(**sums).values(week=_SUMS_AS_JSON)
    found: QuerySet[Any] = rows.annotate(
        own_weeks=ArraySubquery(own), all_weeks=ArraySubquery(everybody)
    )
    return found


def _by_week(row: Any) -> dict[date, Share]:
    """Give the share of each week in which anybody received anything, oldest first."""
    own = {each["week"]: each for each in row.own_weeks}
    found = {}
    for each in sorted(row.all_weeks, key=lambda each: each["week"]):
        mine = own.get(each["week"], {"minutes": 0, "slots": 0})
        due = each["minutes"] * mine["slots"] / each["slots"]
        found[date.fromisoformat(each["week"])] = Share(mine["minutes"], each["minutes"], due)
    return found
