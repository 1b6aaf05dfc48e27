from datetime import datetime

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, When

from clients.models import (
    ApiKey,
    Client,
    ClientEvent,
    ClientEventKind,
    Invitation,
    KeyKind,
    Member,
    Project,
    Release,
    Retainer,
    User,
)
from clients.rules.retainers import RetainerState
from clients.rules.roles import CLIENT_ROLES, ENGINEERS, OPS_ADMINS, Role
from core.tokens import hash_token


def role_of(actor: User | ApiKey | None, client_id: int) -> Role:
    """Tell what the actor is to the client; no actor at all is the system itself."""
    if actor is None:
        return Role.SYSTEM
    if isinstance(actor, ApiKey):
        if actor.revoked_at or actor.project.client_id != client_id:
            return Role.STRANGER
        return Role.BROWSER_KEY if actor.kind == KeyKind.BROWSER else Role.API_KEY
    if not actor.is_active:
        return Role.STRANGER
    if actor.staff_role is not None:
        return actor.staff_role
    role = (
        Member.objects.filter(user=actor, client_id=client_id).values_list("role", flat=True)
    ).first()
    return Role(role) if role else Role.STRANGER


def house_role(actor: User | None) -> Role:
    """Tell what the actor is where no client is concerned (plans, staff, the rota)."""
    if actor is None:
        return Role.SYSTEM
    return actor.staff_role or Role.STRANGER


def clients_for(user: User) -> QuerySet[Client]:
    """List the clients the user may see: all for staff, else those of the user's memberships."""
    if not user.is_active:
        return Client.objects.none()
    if user.staff_role is not None:
        return Client.objects.all()
    return Client.objects.filter(members__user=user)


def client_called(user: User, words: str) -> Client | None:
    """Give the client whose name begins with the words, if it is the only one the user may see."""
    if not words:
        return None
    found = list(clients_for(user).filter(name__istartswith=words)[:2])
    return found[0] if len(found) == 1 else None


def memberships_of(user: User) -> QuerySet[Member]:
    """List a user's places, by the client's name: what the portal shows, also to staff."""
    if not user.is_active:
        return Member.objects.none()
    return Member.objects.filter(user=user).select_related("client").order_by("client__name", "pk")


def get_client_for(user: User, client_id: int) -> Client:
    """Give the client; raises Client.DoesNotExist for a foreign one as for a missing one."""
    return clients_for(user).get(pk=client_id)


def projects_for(user: User) -> QuerySet[Project]:
    """List the projects in use of the clients the user may see."""
    return Project.objects.filter(client__in=clients_for(user), archived_at=None).select_related(
        "client"
    )


def find_project(slug: str) -> Project:
    """Give the project in use of a short name; raises Project.DoesNotExist for any other."""
    return Project.objects.get(slug=slug, archived_at=None)


def client_projects(client_id: int) -> QuerySet[Project]:
    """List a client's projects in use, by name."""
    return Project.objects.filter(client_id=client_id, archived_at=None).order_by("name", "pk")


def members_of(client_id: int) -> QuerySet[Member]:
    """List a client's members, owners first."""
    rank = Case(*[When(role=role, then=place) for place, role in enumerate(CLIENT_ROLES)])
    return (
        Member.objects.filter(client_id=client_id)
        .select_related("user", "client")
        .order_by(rank, "user__email")
    )


def open_invitations(client_id: int) -> QuerySet[Invitation]:
    """List the invitations that are neither accepted nor revoked, newest first."""
    return Invitation.objects.filter(
        client_id=client_id, state=Invitation.State.OPEN
    ).select_related("invited_by")


def find_invitation(token: str, *, now: datetime) -> Invitation:
    """Give the open invitation of the token; raises DoesNotExist for any other.

    To whoever's account is deactivated none is open.
    """
    invitation = Invitation.objects.select_related("client", "invited_by").get(
        token_hash=hash_token(token), state=Invitation.State.OPEN, expires_at__gt=now
    )
    if (known := find_user(invitation.email)) and not known.is_active:
        raise Invitation.DoesNotExist
    return invitation


def find_user(email: str) -> User | None:
    """Give the account of a mail address, whatever its case, if there is one."""
    return User.objects.filter(email__iexact=email).first()


def releases_for(key: ApiKey) -> QuerySet[Release]:
    """List the releases of a key's project."""
    return Release.objects.filter(project_id=key.project_id)


def recent_releases(project_id: int, *, before: datetime | None = None) -> QuerySet[Release]:
    """List a project's releases, newest first, up to an instant if one is given."""
    releases = Release.objects.filter(project_id=project_id).order_by("-deployed_at")
    return releases.filter(deployed_at__lte=before) if before else releases


def latest_releases(client_id: int) -> QuerySet[Release]:
    """List the deploys of all of a client's projects in use, newest first."""
    return (
        Release.objects.filter(project__client_id=client_id, project__archived_at=None)
        .select_related("project")
        .order_by("-deployed_at")
    )


def history_of(client_id: int) -> QuerySet[ClientEvent]:
    """List what happened to the client's account, newest first."""
    return _newest_events().filter(client_id=client_id)


def house_history() -> QuerySet[ClientEvent]:
    """List what happened on our side: staff, rota, plans and saved replies, newest first."""
    return _newest_events().filter(client=None)


def plan_history() -> QuerySet[ClientEvent]:
    """List what happened to the plans, newest first."""
    kinds = [ClientEventKind.PLAN_NAMED, ClientEventKind.PLAN_PUBLISHED]
    return house_history().filter(kind__in=kinds)


def calendar_history(calendar_id: int | None = None) -> QuerySet[ClientEvent]:
    """List what happened to the calendars, or to one, newest first."""
    events = house_history().filter(kind=ClientEventKind.CALENDAR_PUBLISHED)
    return events.filter(calendar_id=calendar_id) if calendar_id else events


def person_history(user_id: int) -> QuerySet[ClientEvent]:
    """List what happened to a person's access, places and shifts, newest first."""
    return _newest_events().filter(user_id=user_id)


def _newest_events() -> QuerySet[ClientEvent]:
    return ClientEvent.objects.select_related(
        "actor_user", "actor_key", "client", "project", "release", "user", "plan",
        "plan_version__plan", "calendar",
    ).order_by("-at", "-pk")  # fmt: skip


def staff() -> QuerySet[User]:
    """List the people of our side who can sign in."""
    return User.objects.filter(
        Q(is_superuser=True) | Q(groups__name__in=[ENGINEERS, OPS_ADMINS]),
        is_staff=True,
        is_active=True,
    ).distinct()


def get_person_for(viewer: User, user_id: int) -> User:
    """Give a person with their places, to staff only; raises User.DoesNotExist to others."""
    people = User.objects if viewer.staff_role else User.objects.none()
    return people.prefetch_related("groups", "memberships__client", "leads").get(pk=user_id)


def clients_overview() -> QuerySet[Client]:
    """List all clients with their running plan, and counts of projects and members."""
    running = (
        Retainer.objects.filter(client=OuterRef("pk"))
        .exclude(state=RetainerState.ENDED)
        .order_by("-created_at")
    )
    return Client.objects.select_related("lead").annotate(
        plan_name=Subquery(running.values("plan_version__plan__name")[:1]),
        retainer_state=Subquery(running.values("state")[:1]),
        project_count=Count("projects", filter=Q(projects__archived_at=None), distinct=True),
        member_count=Count("members", distinct=True),
    )


def staff_overview() -> QuerySet[User]:
    """List who has, or had, an account on our side, with their groups."""
    ours = Q(is_staff=True) | Q(groups__name__in=[ENGINEERS, OPS_ADMINS])
    return User.objects.filter(ours).distinct().prefetch_related("groups").order_by("name", "pk")


def get_project_for(user: User, project_id: int) -> Project:
    """Give the project, archived or not; raises Project.DoesNotExist for a foreign one."""
    return (
        Project.objects.filter(client__in=clients_for(user))
        .select_related("client")
        .get(pk=project_id)
    )


def all_projects(client_id: int) -> QuerySet[Project]:
    """List a client's projects, those in use first."""
    return Project.objects.filter(client_id=client_id).order_by(
        F("archived_at").desc(nulls_first=True), "name", "pk"
    )


def api_keys_of(project_id: int) -> QuerySet[ApiKey]:
    """List a project's keys, those that work first."""
    return (
        ApiKey.objects.filter(project_id=project_id)
        .select_related("created_by")
        .order_by(F("revoked_at").desc(nulls_first=True), "-created_at")
    )


def client_api_keys(client_id: int) -> QuerySet[ApiKey]:
    """List the servers' keys of all of a client's projects in use, by project, newest first."""
    return (
        ApiKey.objects.filter(
            project__client_id=client_id, project__archived_at=None, kind=KeyKind.SERVER
        )
        .select_related("project", "created_by")
        .order_by("project__name", "project", "-created_at")
    )


def invitations_of(client_id: int) -> QuerySet[Invitation]:
    """List all of a client's invitations, newest first."""
    return (
        Invitation.objects.filter(client_id=client_id)
        .select_related("invited_by")
        .order_by("-created_at", "-pk")
    )
