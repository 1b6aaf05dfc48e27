from datetime import datetime

from django.db.models import Q, QuerySet

from clients.models import ApiKey
from core.tokens import hash_token
from tickets.models import Comment, ReplyLink, Report, Ticket


def public_comments(key: ApiKey, about: Report | Ticket) -> QuerySet[Comment]:
    """List what was said on a ticket and its reports, or on a report and its ticket.

    Internal notes are left out, and so is what belongs to another project than the key's.
    """
    if isinstance(about, Ticket):
        reports = about.reports.filter(project_id=key.project_id)
        where = Q(ticket=about) | Q(report__in=reports.values("pk"))
    else:
        where = Q(report=about)
        if about.ticket and about.ticket.project_id == key.project_id:
            where |= Q(ticket=about.ticket)
    return (
        Comment.objects.filter(where, visibility=Comment.Visibility.PUBLIC)
        .select_related("author_user", "author_reporter__user", "author_key")
        .prefetch_related("attachments")
    )


def find_reply_link(token: str, *, now: datetime) -> ReplyLink:
    """Give the open link of a token; raises ReplyLink.DoesNotExist for any other token."""
    return ReplyLink.objects.select_related(
        "comment__ticket", "report__project", "report__reporter__user"
    ).get(token_hash=hash_token(token), answered_at=None, expires_at__gt=now)
