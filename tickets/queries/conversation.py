from django.db.models import Q, QuerySet

from clients.models import ApiKey
from tickets.models import Comment, Report, Ticket


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
