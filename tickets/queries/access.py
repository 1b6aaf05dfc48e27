"""Every access check of the app: what is not visible here does not exist for the one who asks."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from clients.models import ApiKey, KeyKind, Project, User
from clients.queries import clients_for
from clients.queries import role_of as client_role_of
from clients.rules.roles import Role
from tickets.models import Attachment, Comment, Report, Reporter, Ticket
from tickets.queries.stops import with_stops

Actor = User | ApiKey | Reporter | None


def role_of(actor: Actor, client_id: int) -> Role:
    """Tell what the actor is to the client; a reporter without an account is one too.

    A reporter who left the client's team, or whose account is closed, is a stranger.
    """
    if isinstance(actor, Reporter):
        if actor.client_id != client_id:
            return Role.STRANGER
        if actor.user and client_role_of(actor.user, client_id) == Role.STRANGER:
            return Role.STRANGER
        return Role.REPORTER
    return client_role_of(actor, client_id)


def role_on(actor: Actor, about: Project | Report | Ticket) -> Role:
    """Tell what the actor is to a project or to its rows: a key knows only its own project."""
    project_id = about.pk if isinstance(about, Project) else about.project_id
    if isinstance(actor, ApiKey) and actor.project_id != project_id:
        return Role.STRANGER
    return role_of(actor, about.client_id)


def tickets_for(who: User | ApiKey) -> QuerySet[Ticket]:
    """List the tickets a user may see, or those of a key's project."""
    tickets = Ticket.objects.select_related("client", "project")
    if isinstance(who, ApiKey):
        return tickets.filter(project_id=who.project_id) if _reads(who) else tickets.none()
    if who.is_active and who.staff_role is not None:
        return tickets
    return tickets.filter(client__in=clients_for(who))


def reports_for(who: User | ApiKey) -> QuerySet[Report]:
    """List the reports a user may see, or those of a key's project."""
    reports = Report.objects.select_related("client", "project", "ticket", "reporter__user")
    if isinstance(who, ApiKey):
        return reports.filter(project_id=who.project_id) if _reads(who) else reports.none()
    if who.is_active and who.staff_role is not None:
        return reports
    return reports.filter(client__in=clients_for(who))


def _reads(key: ApiKey) -> bool:
    """Tell whether anything is shown to a key: everybody has a browser's."""
    return key.kind == KeyKind.SERVER


def get_ticket_for(who: User | ApiKey, number: int) -> Ticket:
    """Give the ticket as ``with_stops`` does.

    Raises Ticket.DoesNotExist for a foreign one as for a missing one.
    """
    tickets = with_stops(tickets_for(who))
    return tickets.select_related("assignee", "release", "merged_into").get(number=number)


def get_report_for(who: User | ApiKey, number: int) -> Report:
    """Give the report; raises Report.DoesNotExist for a foreign one as for a missing one."""
    return reports_for(who).get(pk=number)


def get_attachment_for(user: User, pk: int) -> Attachment:
    """Give a tied file of a report or comment the user may see; files of internal notes only to
    staff. Raises Attachment.DoesNotExist otherwise.
    """
    files = Attachment.objects.select_related("report", "comment")
    if user.is_active and user.staff_role is not None:
        return files.filter(Q(report__isnull=False) | Q(comment__isnull=False)).get(pk=pk)
    mine = clients_for(user)
    public = Q(comment__visibility=Comment.Visibility.PUBLIC) & (
        Q(comment__ticket__client__in=mine) | Q(comment__report__client__in=mine)
    )
    return files.filter(Q(report__client__in=mine) | public).get(pk=pk)


def loose_attachments(user: User, ids: Iterable[int]) -> QuerySet[Attachment]:
    """List the user's own files among ``ids`` that hang on nothing yet."""
    return Attachment.objects.filter(pk__in=list(ids), uploaded_by=user, report=None, comment=None)
