"""Keys that stand in web pages, and the secret by which a project's server vouches for people."""

from datetime import datetime

from django.db import transaction

from clients.actions.events import record
from clients.models import ApiKey, ApiScope, ClientEventKind, KeyKind, Project, User
from clients.queries import role_of
from clients.rules.origins import read_origins
from clients.rules.roles import require
from core.errors import MoveRefused
from core.tokens import hash_token, random_token
from core.validation import check_fields

_SAID_BY_KEY = ("name", "allowed_origins", "shows_suggestions")


@transaction.atomic
def create_browser_key(
    *,
    project_id: int,
    name: str,
    origins: str,
    actor: User | None,
    now: datetime,
    shows_suggestions: bool = False,
) -> ApiKey:
    """Make a key for a project's pages: it files reports from these origins, and reads nothing.

    Raises InvalidInput without a name or for an origin that is none, MoveRefused for an archived
    project.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    require(role_of(actor, project.client_id), "key.manage")
    if project.archived_at:
        raise MoveRefused("This project is archived.")
    token = f"so_pub_{random_token()}"
    key = ApiKey(
        project=project,
        kind=KeyKind.BROWSER,
        name=name.strip(),
        prefix=token[:12],
        key_hash=hash_token(token),
        public_token=token,
        scopes=[ApiScope.REPORTS_WRITE.value],
        allowed_origins=read_origins(origins),
        shows_suggestions=shows_suggestions,
        created_by=actor,
        created_at=now,
    )
    check_fields(key)
    key.save()
    _record(ClientEventKind.KEY_CREATED, key, actor, now, {"scopes": key.scopes})
    return key


@transaction.atomic
def change_browser_key(
    *,
    key_id: int,
    name: str,
    origins: str,
    shows_suggestions: bool,
    actor: User,
    now: datetime,
) -> ApiKey:
    """Change from where a browser key works and what it shows.

    Raises InvalidInput as create_browser_key does, MoveRefused for a revoked or a server's key.
    """
    key = ApiKey.objects.select_for_update(no_key=True, of=["self"]).get(pk=key_id)
    require(role_of(actor, key.project.client_id), "key.manage")
    if key.revoked_at:
        raise MoveRefused("This key is revoked.")
    if key.kind != KeyKind.BROWSER:
        raise MoveRefused("A server's key is not changed; make another.")
    before = [getattr(key, field) for field in _SAID_BY_KEY]
    key.name, key.shows_suggestions = name.strip(), shows_suggestions
    key.allowed_origins = read_origins(origins)
    check_fields(key)
    changed = [
        field for field, old in zip(_SAID_BY_KEY, before, strict=True) if getattr(key, field) != old
    ]
    if changed:
        key.save(update_fields=changed)
        _record(ClientEventKind.KEY_CHANGED, key, actor, now, {"fields": changed})
    return key


@transaction.atomic
def rotate_identity_secret(*, project_id: int, actor: User | None, now: datetime) -> Project:
    """Replace the secret by which a project's server signs; what the old one signs is over."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    require(role_of(actor, project.client_id), "identity.manage")
    project.identity_rotation += 1
    project.save(update_fields=["identity_rotation"])
    record(
        ClientEventKind.IDENTITY_ROTATED,
        actor=actor,
        at=now,
        client=project.client,
        project=project,
    )
    return project


def _record(
    kind: ClientEventKind, key: ApiKey, actor: User | None, now: datetime, data: dict[str, object]
) -> None:
    record(
        kind,
        actor=actor,
        at=now,
        client=key.project.client,
        project=key.project,
        api_key=key,
        data=data,
    )
