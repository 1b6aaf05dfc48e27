from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from clients.models import Client, User
from clients.queries import clients_for
from tickets.models import Report, Ticket
from tickets.queries.access import reports_for, tickets_for
from tickets.queries.stops import with_stops
from tickets.rules.states import DONE, IN_TRIAGE, OPEN, ReportState, TicketState
from tickets.rules.words import Severity

COUNT_CAP = 1000


def capped_count(rows: QuerySet, cap: int = COUNT_CAP) -> int:  # type: ignore[type-arg]
    """Count rows, but no further than ``cap``, so that a count costs the same at any size."""
    return rows.order_by().values("pk")[:cap].count()


def open_tickets() -> QuerySet[Ticket]:
    """List the open tickets by priority, oldest first inside it.

    Annotates ``respond_by``: the earliest promised first response nobody has given yet; and what
    ``with_stops`` does.
    """
    unanswered = (
        Report.objects.filter(ticket=OuterRef("pk"), first_response_at=None)
        .order_by()
        .values("ticket")
        .annotate(soonest=Min("respond_by_at"))
        .values("soonest")
    )
    return (
        with_stops(Ticket.objects.filter(state__in=OPEN))
        .select_related("client", "project", "assignee")
        .annotate(respond_by=Subquery(unanswered))
        .order_by("priority", "received_at", "number")
    )


def clients_with_work(user: User) -> QuerySet[Client]:
    """List the clients the user may see that have an open ticket, by name."""
    open_tickets = Ticket.objects.filter(client=OuterRef("pk"), state__in=OPEN)
    return clients_for(user).filter(Exists(open_tickets)).order_by("name", "pk")


def triage_inbox() -> QuerySet[Report]:
    """List the reports that no person has judged yet, most severe proposal first, then oldest."""
    return (
        Report.objects.filter(state__in=IN_TRIAGE)
        .select_related("client", "project", "reporter__user", "triage", "alert")
        .order_by(F("triage__severity").asc(nulls_first=True), "received_at", "pk")
    )


def triage_counts() -> dict[str, int]:
    """Count what waits for triage, by state of the report (capped)."""
    rows = Report.objects.all()
    return {
        "waiting": capped_count(
            rows.filter(state__in=[ReportState.RECEIVED, ReportState.PROPOSED])
        ),
        "asked": capped_count(rows.filter(state=ReportState.ASKED)),
    }


def waiting_for_triage() -> tuple[int, int]:
    """Count the reports that wait for a person, and those of them proposed as S1 (capped)."""
    waiting = Report.objects.filter(state__in=[ReportState.RECEIVED, ReportState.PROPOSED])
    counts = (
        waiting.order_by()
        .annotate(severity=F("triage__severity"))
        .values("pk", "severity")[:COUNT_CAP]
        .aggregate(waiting=Count("pk"), s1=Count("pk", filter=Q(severity=Severity.S1)))
    )
    return counts["waiting"], counts["s1"]


def client_tickets(
    user: User,
    *,
    client_id: int,
    view: str = "open",
    project_id: int | None = None,
) -> QuerySet[Ticket]:
    """List a client's tickets, newest first, as the user may see them.

    ``view`` is open, done or all.
    """
    tickets = tickets_for(user).filter(client_id=client_id).order_by("-number")
    tickets = tickets.select_related("client", "project", "merged_into")
    if view == "open":
        tickets = tickets.filter(state__in=OPEN)
    elif view == "done":
        tickets = tickets.filter(state__in=DONE)
    if project_id:
        tickets = tickets.filter(project_id=project_id)
    return tickets


def client_reports(
    user: User,
    *,
    client_id: int,
    view: str = "open",
    project_id: int | None = None,
) -> QuerySet[Report]:
    """List a client's reports that have no ticket, newest first, as the user may see them.

    ``view`` is open (not judged yet), done (declined) or all.
    """
    states = {"open": list(IN_TRIAGE), "done": [ReportState.DECLINED]}.get(
        view, [*IN_TRIAGE, ReportState.DECLINED]
    )
    reports = reports_for(user).filter(client_id=client_id, state__in=states).order_by("-pk")
    if project_id:
        reports = reports.filter(project_id=project_id)
    return reports


def recently_shipped(client_id: int, *, now: datetime, days: int = 30) -> QuerySet[Ticket]:
    """List what was shipped for a client in the last days, newest first."""
    return (
        Ticket.objects.filter(
            client_id=client_id,
            state__in=[TicketState.SHIPPED, TicketState.VERIFIED],
            shipped_at__gte=now - timedelta(days=days),
        )
        .select_related("project", "release")
        .order_by("-shipped_at")
    )
