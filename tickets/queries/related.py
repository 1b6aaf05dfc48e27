"""What was shipped before where something is broken now: what breaks again is seen at once."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from tickets.models import Report, Signal, SignalKind, Ticket
from tickets.rules.states import LIVE

PAGE_DAYS = 90
# Further back nothing is looked for, nor in more of a ticket's reports: the first ones tell.
_NEWEST_SHIPPED = 300
_FIRST_REPORTS = 20


@dataclass(frozen=True)
class Shipped:
    """A ticket that was live before the problem came in, and what the two have in common."""

    ticket: Ticket
    reason: str
    is_same_error: bool


def shipped_before(about: Ticket | Report, *, most: int = 3) -> list[Shipped]:
    """List what was shipped for the client before this came in, with the same error or page.

    The same error first, then the newest. A page counts for ``PAGE_DAYS`` and within its app.
    """
    errors, pages = _signals_of(about)
    if not (errors or pages):
        return []
    newest = Ticket.objects.filter(
        client_id=about.client_id, state__in=LIVE, shipped_at__lt=about.received_at
    ).order_by("-shipped_at")
    # No signal is empty; a subquery over no values at all would empty the whole.
    theirs = Signal.objects.filter(report__ticket=OuterRef("pk")).order_by("value")
    same_error = theirs.filter(kind=SignalKind.FINGERPRINT, value__in=errors or [""])
    same_page = theirs.filter(
        kind=SignalKind.PAGE,
        value__in=pages or [""],
        report__project=about.project_id,
        report__ticket__shipped_at__gte=about.received_at - timedelta(days=PAGE_DAYS),
    )
    found = (
        Ticket.objects.filter(pk__in=newest.values("pk")[:_NEWEST_SHIPPED])
        .annotate(
            same_error=Subquery(same_error.values("value")[:1]),
            same_page=Subquery(same_page.values("value")[:1]),
        )
        .filter(Q(same_error__isnull=False) | Q(same_page__isnull=False))
        .select_related("release")
        .order_by(IsNull(F("same_error"), True), "-shipped_at")
    )
    return [_shipped(ticket) for ticket in found[:most]]


def _signals_of(about: Ticket | Report) -> tuple[list[str], list[str]]:
    """Give the error fingerprints and the pages of a report, or of a ticket's first reports."""
    reports = Report.objects.filter(pk=about.pk)
    if isinstance(about, Ticket):
        first = Report.objects.filter(ticket=about).order_by("pk").values("pk")[:_FIRST_REPORTS]
        reports = Report.objects.filter(pk__in=first)
    wanted = [SignalKind.FINGERPRINT, SignalKind.PAGE]
    signals = Signal.objects.filter(report__in=reports, kind__in=wanted)
    pairs = list(signals.values_list("kind", "value").order_by().distinct())
    return (
        [value for kind, value in pairs if kind == SignalKind.FINGERPRINT],
        [value for kind, value in pairs if kind == SignalKind.PAGE],
    )


def _shipped(ticket: Ticket) -> Shipped:
    error: str | None = getattr(ticket, "same_error", None)
    page: str | None = getattr(ticket, "same_page", None)
    reasons = ["same error group"] if error else []
    reasons += [f"same page {page}"] if page else []
    return Shipped(ticket, " and ".join(reasons), bool(error))
