"""Figures for the console: counts and medians, never estimates of what was not measured."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Aggregate, Count, DurationField, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Greatest, TruncDate, TruncWeek

from clients.models import User
from tickets.models import Report, Source, Ticket, TicketEvent, TicketEventKind, Triage
from tickets.rules.states import OPEN, TicketState
from tickets.rules.words import Priority


class _Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def open_by_priority() -> dict[str, int]:
    """Count the open tickets of each priority."""
    counts = dict(
        Ticket.objects.filter(state__in=OPEN)
        .order_by()
        .values_list("priority")
        .annotate(count=Count("pk"))
    )
    return {priority: counts.get(priority, 0) for priority in Priority.values}


class FlowDay(NamedTuple):
    """What came in and what went out on a day (UTC). Imports came in elsewhere, long ago."""

    day: date
    arrived: int
    shipped: int
    imported: int


def arrivals_and_ships(*, now: datetime, days: int = 14) -> list[FlowDay]:
    """Give, for each of the last days, the reports received and the fixes shipped."""
    first = now.date() - timedelta(days=days - 1)
    is_import = Q(data__source=Source.IMPORT)
    arrived = _per_day(TicketEventKind.REPORT_RECEIVED, ~is_import, first)
    imported = _per_day(TicketEventKind.REPORT_RECEIVED, is_import, first)
    shipped = _per_day(TicketEventKind.TICKET_SHIPPED, Q(), first)
    wanted = [first + timedelta(days=offset) for offset in range(days)]
    return [
        FlowDay(day, arrived.get(day, 0), shipped.get(day, 0), imported.get(day, 0))
        for day in wanted
    ]


def _per_day(kind: TicketEventKind, which: Q, first: date) -> dict[date, int]:
    rows = (
        TicketEvent.objects.filter(which, kind=kind, at__gte=_midnight(first))
        .order_by()
        .values(day=TruncDate("at", tzinfo=UTC))
        .annotate(count=Count("pk"))
    )
    return {row["day"]: row["count"] for row in rows}


class FixWeek(NamedTuple):
    """What people answered in the week of a Monday (UTC) when asked whether a fix works."""

    monday: date
    works: int
    broken: int


def fix_answers(*, now: datetime, days: int = 90) -> list[FixWeek]:
    """Count the answers of the last days to "does it work for you?", week by week.

    Each answer counts, by mail and in the portal: who says that it works and later that it is
    broken again has said both.
    """
    since = now - timedelta(days=days)
    works = Q(kind=TicketEventKind.FIX_CONFIRMED)
    rows = (
        TicketEvent.objects.filter(works | Q(kind=TicketEventKind.FIX_DENIED), at__gt=since)
        .order_by()
        .values(week=TruncWeek("at", tzinfo=UTC))
        .annotate(works=Count("pk", filter=works), broken=Count("pk", filter=~works))
    )
    counts = {row["week"].date(): (row["works"], row["broken"]) for row in rows}
    first = since.date() - timedelta(days=since.weekday())
    mondays = [
        first + timedelta(days=7 * week) for week in range((now.date() - first).days // 7 + 1)
    ]
    return [FixWeek(monday, *counts.get(monday, (0, 0))) for monday in mondays]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def median_response_minutes(*, now: datetime, days: int = 14) -> list[tuple[date, float, int]]:
    """Give, for each of the last days with answers, the median elapsed minutes to the first
    response of the reports received that day (UTC), and how many reports that is.

    Imports are left out: they waited elsewhere. So is who joined a known ticket by themselves: the
    page told them at once, none of us did.
    """
    first = now.date() - timedelta(days=days - 1)
    joined_by_oneself = TicketEvent.objects.filter(
        report=OuterRef("pk"), kind=TicketEventKind.REPORT_JOINED, data__is_own=True
    )
    rows = (
        Report.objects.filter(
            ~Exists(joined_by_oneself),
            received_at__gte=_midnight(first),
            first_response_at__isnull=False,
        )
        .exclude(source=Source.IMPORT)
        .order_by()
        .values(day=TruncDate("received_at", tzinfo=UTC))
        .annotate(
            wait=_Median(Greatest(F("first_response_at") - F("received_at"), timedelta(0))),
            count=Count("pk"),
        )
        .order_by("day")
    )
    return [(row["day"], row["wait"].total_seconds() / 60, row["count"]) for row in rows]


def load_by_engineer(*, people: Sequence[User], now: datetime) -> list[dict[str, object]]:
    """Give, for each engineer, the open tickets they hold, their estimate in minutes, and the
    minutes they logged in the last seven days.
    """
    held: dict[int | None, dict[str, Any]] = {
        row["assignee"]: dict(row)
        for row in Ticket.objects.filter(state__in=OPEN, assignee__in=people)
        .order_by()
        .values("assignee")
        .annotate(
            tickets=Count("pk"),
            estimate=Sum("estimate_minutes", filter=~Q(state=TicketState.WAITING)),
        )
    }
    week_ago = (now - timedelta(days=7)).date()
    logged = dict(
        User.objects.filter(pk__in=[person.pk for person in people])
        .annotate(
            minutes=Sum(
                "time_entries__minutes",
                filter=Q(time_entries__work_date__gt=week_ago, time_entries__voided_at=None),
            )
        )
        .values_list("pk", "minutes")
    )
    return [
        {
            "engineer": person,
            "tickets": held.get(person.pk, {}).get("tickets", 0),
            "estimate_minutes": held.get(person.pk, {}).get("estimate") or 0,
            "logged_minutes": logged.get(person.pk) or 0,
        }
        for person in people
    ]


def proposal_accuracy(*, most: int = 1000) -> dict[str, int]:
    """Count, over the latest decisions of people, how often kind and severity were right."""
    latest = Triage.objects.filter(decided_at__isnull=False).order_by("-decided_at")[:most]
    return Triage.objects.filter(pk__in=latest.values("pk")).aggregate(
        decided=Count("pk"),
        kind_right=Count("pk", filter=Q(kind=F("decided_kind"))),
        severity_right=Count("pk", filter=Q(severity=F("decided_severity"))),
    )
