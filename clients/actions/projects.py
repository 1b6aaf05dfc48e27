from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import slugify

from clients.actions.events import record
from clients.models import ApiKey, ApiScope, Client, ClientEventKind, Project, Release, User
from clients.models.projects import make_mail_token
from clients.queries import role_of
from clients.rules.roles import Role, require
from clients.rules.secrets import holds_secret
from core.errors import InvalidInput, MoveRefused
from core.tokens import hash_token, random_token
from core.validation import check_fields, unless_taken

CLOCK_SKEW = timedelta(minutes=5)
OLDEST_DEPLOY = timedelta(days=20 * 365)
# Shorter, and a reporter could not come back to what was fixed; longer is for ever.
LEAST_RETENTION, MOST_RETENTION = 30, 3650
PROJECT_FACTS = (
    "name", "url", "repository_url", "hosting", "stack", "deploy_steps", "rollback_steps",
    "contacts", "vault_url",
)  # fmt: skip


@transaction.atomic
def create_project(
    *,
    client_id: int,
    facts: Mapping[str, str],
    actor: User | None,
    now: datetime,
    slug: str = "",
) -> Project:
    """Take a live app under care; ``facts`` are any of PROJECT_FACTS, the name at least.

    Raises InvalidInput for a taken short name, a bad address, or a secret among the facts.
    """
    client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
    require(role_of(actor, client.pk), "project.create")
    project = Project(client=client, slug=slug or slugify(facts.get("name", "")), created_at=now)
    _set_facts(project, facts)
    with unless_taken(
        "clients_project_slug_key", message="This short name is taken.", field="slug"
    ):
        project.save()
    record(ClientEventKind.PROJECT_CREATED, actor=actor, at=now, client=client, project=project)
    return project


@transaction.atomic
def change_project(
    *, project_id: int, facts: Mapping[str, str], actor: User, now: datetime
) -> Project:
    """Change any of PROJECT_FACTS. Raises InvalidInput as create_project does."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    require(role_of(actor, project.client_id), "project.change")
    changed = _set_facts(project, facts)
    if changed:
        project.save(update_fields=changed)
        record(
            ClientEventKind.PROJECT_CHANGED,
            actor=actor,
            at=now,
            client=project.client,
            project=project,
            data={"fields": changed},
        )
    return project


@transaction.atomic
def renew_mail_address(*, project_id: int, actor: User, now: datetime) -> Project:
    """Give a project a new mail address; what is written to the old one becomes no report.

    Answers in threads have addresses of their own. Raises MoveRefused for an archived project.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    require(role_of(actor, project.client_id), "project.change")
    if project.archived_at:
        raise MoveRefused("This project is archived.")
    project.mail_token = make_mail_token()
    project.save(update_fields=["mail_token"])
    record(
        ClientEventKind.PROJECT_CHANGED,
        actor=actor,
        at=now,
        client=project.client,
        project=project,
        data={"fields": ["mail_address"]},
    )
    return project


@transaction.atomic
def set_retention(
    *, project_id: int, days: int | None, actor: User | None, now: datetime
) -> Project:
    """Have what people said be blanked so many days after the end of its work; None for never.

    Raises InvalidInput for less than LEAST_RETENTION or more than MOST_RETENTION days.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    require(role_of(actor, project.client_id), "retention.set")
    if days is not None and not LEAST_RETENTION <= days <= MOST_RETENTION:
        raise InvalidInput(
            f"Give {LEAST_RETENTION} to {MOST_RETENTION:,} days, or none.", field="retention_days"
        )
    if days == project.retention_days:
        return project
    project.retention_days = days
    project.save(update_fields=["retention_days"])
    record(
        ClientEventKind.RETENTION_SET,
        actor=actor,
        at=now,
        client=project.client,
        project=project,
        data={"days": days},
    )
    return project


@transaction.atomic
def archive_project(*, project_id: int, actor: User, now: datetime) -> Project:
    """Take a project out of use: its keys stop working, its history stays."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    require(role_of(actor, project.client_id), "project.create")
    if project.archived_at:
        raise MoveRefused("This project is archived already.")
    project.archived_at = now
    project.save(update_fields=["archived_at"])
    project.api_keys.filter(revoked_at=None).update(revoked_at=now)
    record(
        ClientEventKind.PROJECT_ARCHIVED,
        actor=actor,
        at=now,
        client=project.client,
        project=project,
    )
    return project


def _set_facts(project: Project, facts: Mapping[str, str]) -> list[str]:
    """Set and check the facts; give the names of those that changed."""
    unknown = set(facts) - set(PROJECT_FACTS)
    assert not unknown, unknown
    changed = []
    for field, value in facts.items():
        if holds_secret(value):
            raise InvalidInput(
                "This looks like a secret. Keep it in the password manager and link to it.",
                field=field,
            )
        if getattr(project, field) != value.strip():
            setattr(project, field, value.strip())
            changed.append(field)
    check_fields(project)
    return changed


@transaction.atomic
def create_api_key(
    *, project_id: int, name: str, scopes: Iterable[str], actor: User | None, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key for a project's API access; gives the row and the key, shown only this once.

    Raises InvalidInput without a name or for an unknown or missing scope.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    require(role_of(actor, project.client_id), "key.manage")
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(ApiScope.values):
        raise InvalidInput("Choose what the key may do.", field="scopes")
    if project.archived_at:
        raise MoveRefused("This project is archived.")
    token = f"so_live_{random_token()}"
    key = ApiKey(
        project=project,
        name=name.strip(),
        prefix=token[:12],
        key_hash=hash_token(token),
        scopes=wanted,
        created_by=actor,
        created_at=now,
    )
    check_fields(key)
    key.save()
    record(
        ClientEventKind.KEY_CREATED,
        actor=actor,
        at=now,
        client=project.client,
        project=project,
        api_key=key,
        data={"scopes": wanted},
    )
    return key, token


@transaction.atomic
def revoke_api_key(*, key_id: int, actor: User, now: datetime) -> ApiKey:
    """Stop a key for good, at once."""
    key = ApiKey.objects.select_for_update(no_key=True).get(pk=key_id)
    require(role_of(actor, key.project.client_id), "key.manage")
    if key.revoked_at:
        raise MoveRefused("This key is revoked already.")
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    record(
        ClientEventKind.KEY_REVOKED,
        actor=actor,
        at=now,
        client=key.project.client,
        project=key.project,
        api_key=key,
    )
    return key


@transaction.atomic
def record_release(
    *,
    project_id: int,
    version: str,
    actor: User | ApiKey | None,
    now: datetime,
    environment: str = "production",
    commit: str = "",
    url: str = "",
    deployed_at: datetime | None = None,
) -> tuple[Release, bool]:
    """Keep that a version was deployed; gives the row and whether it is new.

    The same version and environment again gives the first row unchanged. Raises InvalidInput for
    an empty or over-long version, a bad address, or a deploy more than five minutes ahead of our
    clock or 20 years behind it.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    is_foreign = isinstance(actor, ApiKey) and actor.project_id != project.pk
    require(Role.STRANGER if is_foreign else role_of(actor, project.client_id), "release.record")
    release = Release(
        project=project,
        version=version.strip(),
        environment=environment.strip() or "production",
        commit=commit.strip(),
        url=url.strip(),
        deployed_at=_past_instant(deployed_at or now, now),
        recorded_at=now,
    )
    check_fields(release)
    same = project.releases.filter(version=release.version, environment=release.environment)
    if known := same.first():
        return known, False
    release.save()
    record(
        ClientEventKind.RELEASE_RECORDED,
        actor=actor,
        at=now,
        client=project.client,
        project=project,
        release=release,
    )
    return release, True


def _past_instant(deployed_at: datetime, now: datetime) -> datetime:
    """Check when something was deployed; a clock a little ahead of ours means now."""
    if deployed_at > now + CLOCK_SKEW:
        raise InvalidInput("The deploy cannot lie in the future.", field="deployed_at")
    if deployed_at < now - OLDEST_DEPLOY:
        raise InvalidInput("Nothing was deployed so long ago.", field="deployed_at")
    return min(deployed_at, now)
