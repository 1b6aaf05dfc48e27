from django.db.models import Q, QuerySet

from clients.models import ApiKey
from tickets.models import Comment, Report, Ticket
from tickets.queries.merging import survivor_of


def public_comments(key: ApiKey, about: Report | Ticket) -> QuerySet[Comment]:
    """List what was said on a ticket and its reports, or on a report and its ticket.

    Internal notes are left out, and so is what belongs to another project than the key's, also
    where tickets of both became one.
    """
    ticket = about if isinstance(about, Ticket) else about.home or about.ticket
    where = Q(report=about) if isinstance(about, Report) else Q()
    if ticket and ticket.project_id == key.project_id:
        whole = Ticket.objects.get(pk=survivor_of(ticket.pk))
        here = _here(ticket, whole, key)
        # What the app itself sent arrived there, whatever else is said there.
        where |= here | Q(ticket=whole, author_key__project=key.project_id)
        if about == ticket:
            reports = Report.objects.filter(here, project_id=key.project_id)
            where |= Q(report__in=reports.values("pk"))
    elif about == ticket:
        return Comment.objects.none()
    return (
        Comment.objects.filter(where, visibility=Comment.Visibility.PUBLIC)
        .select_related("author_user", "author_reporter__user", "author_key")
        .prefetch_related("attachments")
    )


def _here(ticket: Ticket, whole: Ticket, key: ApiKey) -> Q:
    """Give the condition for what stands on a ticket, or its survivor, as a key sees it."""
    here = Q(home=ticket)
    if key.project_id == whole.project_id:
        here |= Q(ticket=whole) & (Q(home=None) | Q(home__project=key.project_id))
    return here
