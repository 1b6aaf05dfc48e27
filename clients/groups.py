"""The two groups of staff and the permissions the console reads from them."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from clients.rules.roles import ENGINEERS, OPS_ADMINS

_OUR_APPS = ["core", "clients", "tickets", "billing", "monitoring"]
_ENGINEERS_CHANGE = ["project", "macro", "ticket", "report"]
_ADMINS_CHANGE = [
    "client", "project", "plan", "planversion", "retainer", "user", "member", "invitation",
    "apikey", "macro", "ticket", "report", "oncallshift", "outboxmessage",
]  # fmt: skip


def create_groups(**kwargs: Any) -> None:
    """Create both groups with their permissions; runs after each of our apps' migrate.

    Nobody has a delete permission: rows are ended, archived or revoked.
    """
    if kwargs["app_config"].label not in _OUR_APPS:
        return
    ours = Permission.objects.filter(content_type__app_label__in=_OUR_APPS)
    view = ours.filter(codename__startswith="view_")
    for name, changing in ((ENGINEERS, _ENGINEERS_CHANGE), (OPS_ADMINS, _ADMINS_CHANGE)):
        group, _ = Group.objects.get_or_create(name=name)
        codenames = [f"{verb}_{model}" for verb in ("add", "change") for model in changing]
        group.permissions.set(ours.filter(Q(codename__in=codenames) | Q(pk__in=view)))
