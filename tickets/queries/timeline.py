from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from tickets.models import Attachment, Comment, Report, Ticket, TicketEvent, TicketEventKind

_K = TicketEventKind
PUBLIC_EVENTS = frozenset({
    _K.REPORT_RECEIVED, _K.REPORT_ACCEPTED, _K.REPORT_JOINED, _K.REPORT_DECLINED,
    _K.REPORT_RECONSIDERED, _K.TICKET_STARTED, _K.TICKET_WAITING, _K.TICKET_RESUMED,
    _K.TICKET_IN_REVIEW, _K.TICKET_SHIPPED, _K.FIX_CONFIRMED, _K.FIX_DENIED,
    _K.TICKET_REOPENED, _K.TICKET_CLOSED, _K.REPORT_SPLIT, _K.TICKET_MERGED_IN,
    _K.TICKET_UNMERGED, _K.TICKET_UNMERGED_FROM,
})  # fmt: skip
# These stand in the timeline as the comment they belong to.
_SHOWN_AS_COMMENT = (_K.COMMENT_POSTED, _K.NOTE_POSTED, _K.REPORT_ASKED, _K.REPORT_ANSWERED)
# What starts, stops and ends a clock stands in the timeline itself.
_UNSEEN = (
    _K.SLA_TERMS, _K.SLA_ACTIVATED, _K.SLA_PAUSED, _K.SLA_RESUMED, _K.SLA_FULFILLED,
)  # fmt: skip


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a timeline: an event, or a comment with its files."""

    at: datetime
    who: str
    by_staff: bool
    event: TicketEvent | None = None
    comment: Comment | None = None
    files: list[Attachment] = field(default_factory=list)

    @property
    def is_internal(self) -> bool:
        """Tell whether only staff may see this."""
        return self.comment is not None and self.comment.visibility == "internal"


def timeline_of(
    *, ticket: Ticket | None = None, report: Report | None = None, public_only: bool
) -> list[TimelineEntry]:
    """Give everything that happened to a ticket and its reports (or to one report), oldest first.

    With ``public_only`` internal notes and the team's own steps are left out.
    """
    assert (ticket is None) != (report is None)
    if ticket is not None:
        about = Q(ticket=ticket) | Q(report__in=ticket.reports.values("pk"))
    else:
        about = Q(report=report)
    events = TicketEvent.objects.filter(about).exclude(kind__in=[*_SHOWN_AS_COMMENT, *_UNSEEN])
    comments = Comment.objects.filter(about)
    if public_only:
        events = events.filter(kind__in=PUBLIC_EVENTS)
        comments = comments.filter(visibility=Comment.Visibility.PUBLIC)
    entries = [
        TimelineEntry(
            at=event.at,
            who=_actor(event),
            by_staff=bool(event.actor_user and event.actor_user.is_staff),
            event=event,
        )
        for event in events.select_related(
            "actor_user",
            "actor_key",
            "actor_reporter__user",
            "time_entry",
            "link",
            "report",
            "merge__source",
            "merge__target",
        )
    ]
    entries += [
        TimelineEntry(
            at=comment.created_at,
            who=_author(comment),
            by_staff=comment.by_staff,
            comment=comment,
            files=list(comment.attachments.all()),
        )
        for comment in comments.select_related(
            "author_user", "author_reporter__user", "author_key"
        ).prefetch_related(Prefetch("attachments"))
    ]
    return sorted(entries, key=lambda entry: entry.at)


def promised_on_arrival(report: Report) -> datetime | None:
    """Give by when a first response was promised when the report came; triage may move it."""
    arrival = report.events.get(kind=TicketEventKind.REPORT_RECEIVED)
    promised = arrival.data.get("respond_by_at")
    return datetime.fromisoformat(promised) if promised else None


def reports_of(ticket: Ticket) -> QuerySet[Report]:
    """List a ticket's reports, oldest first, with their files and who reported."""
    return (
        ticket.reports.select_related("reporter__user", "details")
        .prefetch_related("attachments")
        .order_by("pk")
    )


def _actor(event: TicketEvent) -> str:
    if event.actor_user:
        return str(event.actor_user)
    if event.actor_reporter:
        return str(event.actor_reporter.user or event.actor_reporter)
    return f"API ({event.actor_key.name})" if event.actor_key else "ShipOps"


def _author(comment: Comment) -> str:
    if comment.author_user:
        return str(comment.author_user)
    if comment.author_reporter:
        return str(comment.author_reporter.user or comment.author_reporter)
    return f"API ({comment.author_key.name})" if comment.author_key else "ShipOps"
