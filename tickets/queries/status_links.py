"""What somebody without an account sees of their report: nobody else's words, and no names.

They see what we said to everybody on their ticket since it became theirs, and what they said.
"""

from datetime import datetime, timedelta

from django.db.models import Max, Prefetch, Q, QuerySet

from core.tokens import hash_token
from tickets.models import (
    Attachment,
    Comment,
    Report,
    StatusLink,
    TicketEvent,
    TicketEventKind,
    TicketMerge,
)
from tickets.queries.timeline import TimelineEntry

STATUS_LINK_DAYS = 90
# What was said by a link stands on the ticket; its source key tells by which report's link.
SAID_BY_LINK = "status:{report}:"
_K = TicketEventKind
_OF_REPORT = (
    _K.REPORT_RECEIVED, _K.REPORT_ACCEPTED, _K.REPORT_JOINED, _K.REPORT_DECLINED,
    _K.REPORT_RECONSIDERED, _K.REPORT_SPLIT,
)  # fmt: skip
_OF_TICKET = (
    _K.TICKET_STARTED, _K.TICKET_WAITING, _K.TICKET_RESUMED, _K.TICKET_IN_REVIEW,
    _K.TICKET_SHIPPED, _K.TICKET_REOPENED, _K.TICKET_CLOSED,
)  # fmt: skip
_BECAME_A_TICKET_S = (_K.REPORT_ACCEPTED, _K.REPORT_JOINED)
_MOST_SHOWN = 200
YOU, WE = "You", "ShipOps"


def find_status_link(token: str) -> StatusLink:
    """Give the link of a token, which may be over; raises StatusLink.DoesNotExist for no token."""
    links = StatusLink.objects.select_related(
        "report__project", "report__ticket", "report__reporter__user"
    )
    return links.get(token_hash=hash_token(token))


def is_over(link: StatusLink, *, now: datetime) -> bool:
    """Tell whether nothing happened for so long that a new link has to be asked for."""
    events = TicketEvent.objects.filter(_about(link.report)).aggregate(last=Max("at"))
    last = max(link.made_at, events["last"] or link.made_at)
    return now - last > timedelta(days=STATUS_LINK_DAYS)


def told_of(link: StatusLink) -> list[TimelineEntry]:
    """Give what happened to a report as its link shows it, oldest first, of much the newest."""
    ours = TicketEvent.objects.filter(_steps(link.report)).order_by("-at", "-pk")[:_MOST_SHOWN]
    entries = [_step(event) for event in ours.select_related("actor_user", "merge__source")]
    said = _comments(link).order_by("-created_at", "-pk")[:_MOST_SHOWN]
    for comment in said.prefetch_related(Prefetch("attachments")):
        entries.append(
            TimelineEntry(
                at=comment.created_at,
                who=WE if comment.by_staff else YOU,
                by_staff=comment.by_staff,
                comment=comment,
                files=list(comment.attachments.all()),
            )
        )
    return sorted(entries, key=lambda entry: entry.at)


def file_of_link(link: StatusLink, pk: int) -> Attachment:
    """Give a file that the link's page shows; raises Attachment.DoesNotExist for any other."""
    shown = Q(report=link.report_id) | Q(comment__in=_comments(link).values("pk"))
    return Attachment.objects.get(shown, pk=pk)


def _step(event: TicketEvent) -> TimelineEntry:
    by_staff = event.actor_user is not None and event.actor_user.is_staff
    who = YOU if event.kind == _K.REPORT_RECEIVED else WE
    return TimelineEntry(at=event.at, who=who, by_staff=by_staff, event=event)


def _steps(report: Report) -> Q:
    """Choose the steps of the report, and ours on its ticket: never who else has the problem."""
    steps = Q(report=report, kind__in=_OF_REPORT)
    staff_s = Q(kind__in=_OF_TICKET) & (Q(actor_user__is_staff=True) | Q(actor_user=None))
    staff_s &= Q(actor_key=None, actor_reporter=None)
    for ticket_id, since in _tickets(report):
        steps |= staff_s & Q(ticket=ticket_id, at__gte=since)
    return steps


def _comments(link: StatusLink) -> QuerySet[Comment]:
    report = link.report
    mine = Q(by_staff=False, author_reporter=report.reporter_id) & ~Q(author_reporter=None)
    if not link.by_mail:
        # Whoever gave somebody else's address to the form reads nothing that person said.
        mine &= Q(source_key__startswith=SAID_BY_LINK.format(report=report.pk))
    shown = Q(report=report) & (Q(by_staff=True) | mine)
    for ticket_id, since in _tickets(report):
        here = Q(home=ticket_id) | Q(ticket=ticket_id, home=None)
        shown |= here & ((Q(by_staff=True) & Q(created_at__gte=since)) | mine)
    return Comment.objects.filter(shown, visibility=Comment.Visibility.PUBLIC)


def _tickets(report: Report) -> list[tuple[int, datetime]]:
    """List the tickets that tell of a report, and since when: its own, and what that became."""
    own = report.home_id or report.ticket_id
    if own is None:
        return []
    became = report.events.filter(kind__in=_BECAME_A_TICKET_S).aggregate(last=Max("at"))
    tickets = [(own, became["last"] or report.received_at)]
    while merge := TicketMerge.objects.filter(source=tickets[-1][0], undone_at=None).first():
        tickets.append((merge.target_id, merge.merged_at))
    return tickets


def _about(report: Report) -> Q:
    about = Q(report=report)
    return about | Q(ticket=report.ticket_id) if report.ticket_id else about
