"""What the portal's and the console's pages of the widget share."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from clients import actions
from clients.models import ApiKey, KeyKind, Project, User
from clients.pages import number_in
from clients.queries import api_keys_of, identity_secret
from core.limits import check_limit

KEYS_AN_HOUR = 30


def facts_of(projects: Iterable[Project], *, with_secrets: bool) -> dict[str, Any]:
    """Give each app with its browser keys that work, and what a page needs to embed the widget."""
    found = list(projects)
    keys = ApiKey.objects.filter(project__in=found, kind=KeyKind.BROWSER, revoked_at=None)
    of_project: dict[int, list[dict[str, Any]]] = {project.pk: [] for project in found}
    for key in keys.select_related("created_by").order_by("-created_at"):
        of_project[key.project_id].append({"key": key, "tag": tag_of(key)})
    return {
        "apps": [
            {
                "project": project,
                "keys": of_project[project.pk],
                "secret": identity_secret(project) if with_secrets else "",
            }
            for project in found
        ],
        "policy": f"script-src {settings.SITE_URL}; connect-src {settings.SITE_URL}",
    }


def tag_of(key: ApiKey) -> str:
    """Give the line of HTML that puts the widget on a page."""
    return (
        f'<script src="{settings.SITE_URL}/widget.js" data-key="{key.public_token}" defer></script>'
    )


def create(project: Project, sent: Mapping[str, str], user: User, now: datetime) -> str:
    """Make a browser key; gives what to say of it."""
    check_limit("key", str(user.pk), most=KEYS_AN_HOUR, seconds=3600, now=now)
    key = actions.create_browser_key(
        project_id=project.pk,
        name=sent.get("name", ""),
        origins=sent.get("origins", ""),
        shows_suggestions="shows_suggestions" in sent,
        actor=user,
        now=now,
    )
    return f"The key “{key.name}” is made. Copy its line into your pages."


def change(project: Project, sent: Mapping[str, str], user: User, now: datetime) -> str:
    """Change a browser key; gives what to say of it."""
    actions.change_browser_key(
        key_id=_key(project, sent).pk,
        name=sent.get("name", ""),
        origins=sent.get("origins", ""),
        shows_suggestions="shows_suggestions" in sent,
        actor=user,
        now=now,
    )
    return "Saved."


def revoke(project: Project, sent: Mapping[str, str], user: User, now: datetime) -> str:
    """Revoke a browser key; gives what to say of it."""
    key = actions.revoke_api_key(key_id=_key(project, sent).pk, actor=user, now=now)
    return f"The key “{key.name}” stopped working."


def rotate(project: Project, sent: Mapping[str, str], user: User, now: datetime) -> str:
    """Replace the signing secret; gives what to say of it."""
    actions.rotate_identity_secret(project_id=project.pk, actor=user, now=now)
    return "The signing secret is replaced. What the old one signed counts no more."


CHANGES = {"create": create, "change": change, "revoke": revoke, "rotate": rotate}


def _key(project: Project, sent: Mapping[str, str]) -> ApiKey:
    keys = api_keys_of(project.pk).filter(kind=KeyKind.BROWSER)
    return keys.get(pk=number_in(sent.get("key", "")) or 0)
