from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from clients.models import Plan, PlanVersion, Retainer, SlaTarget
from clients.queries.calendars import CALENDAR_MARK, known_calendars
from clients.rules.retainers import SERVED, RetainerState
from clients.rules.terms import Terms
from core.calendars import Calendar


def running_retainer(client_id: int) -> Retainer | None:
    """Give the client's retainer that has not ended, with its plan."""
    return (
        Retainer.objects.filter(client_id=client_id)
        .exclude(state=RetainerState.ENDED)
        .select_related("plan_version__plan")
        .first()
    )


def terms_of(client_id: int) -> Terms | None:
    """Give what the client agreed on, while its retainer is served."""
    served = PlanVersion.objects.filter(retainers__client_id=client_id, retainers__state__in=SERVED)
    version = served.prefetch_related("targets").first()
    if version is None:
        return None
    return Terms(
        plan_version_id=version.pk,
        slots=version.slots,
        tokens_per_slot=version.tokens_per_slot,
        most_tokens_per_slot=version.most_tokens_per_slot,
        targets={target.priority: target.terms for target in version.targets.all()},
    )


def first_response(client_id: int, priority: str) -> tuple[int, Calendar] | None:
    """Give what the client's plan promises for the priority, while its retainer is served.

    In open minutes of the calendar beside them.
    """
    row = (
        SlaTarget.objects.filter(
            plan_version__retainers__client_id=client_id,
            plan_version__retainers__state__in=SERVED,
            priority=priority,
        )
        .annotate(mark=RawSQL(CALENDAR_MARK, []))  # noqa: S611 - from above
        .values_list("first_response_minutes", "calendar_id", "mark")
        .first()
    )
    if row is None:
        return None
    minutes, calendar_id, mark = row
    return minutes, known_calendars(mark).by_pk[calendar_id]


def retainers_of(client_id: int) -> QuerySet[Retainer]:
    """List a client's retainers, newest first, with their plans."""
    return (
        Retainer.objects.filter(client_id=client_id)
        .select_related("plan_version__plan")
        .order_by("-created_at", "-pk")
    )


def plan_versions() -> QuerySet[PlanVersion]:
    """List what can be agreed on: every plan's latest version."""
    latest = PlanVersion.objects.filter(plan=OuterRef("plan")).order_by("-version")
    return (
        PlanVersion.objects.filter(pk=Subquery(latest.values("pk")[:1]))
        .select_related("plan")
        .order_by("plan__name")
    )


def plans_overview() -> QuerySet[Plan]:
    """List the plans with their versions, newest first, their targets and how many run on each."""
    running = Count("retainers", filter=~Q(retainers__state=RetainerState.ENDED))
    versions = (
        PlanVersion.objects.annotate(running=running)
        .select_related("published_by")
        .prefetch_related("targets__calendar")
        .order_by("-version")
    )
    return Plan.objects.prefetch_related(Prefetch("versions", queryset=versions)).order_by("name")
