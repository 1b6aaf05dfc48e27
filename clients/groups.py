"""The two groups of staff: their permissions are what the table of roles lets them do."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from clients.models import User
from clients.rules.roles import ALLOWED, ENGINEERS, OPS_ADMINS, STAFF_ROLES, Role, may

# Django's own pages and core ask for the permission of a model: who may do the action has it.
_OF_MODELS = {
    "view_ticket": "ticket.read",
    "view_report": "ticket.read",
    "view_retainer": "client.read",
    "view_user": "client.read",
    "change_outboxmessage": "outbox.retry",
}
_APPS = ["core", "clients", "tickets"]


def sync_groups(**kwargs: Any) -> None:
    """Give both groups one permission for each action of their role, and take any other.

    Runs after each migrate: the table in clients.rules.roles is what counts, and a permission
    given or taken by hand lasts until the next release.
    """
    if kwargs["app_config"].label not in _APPS:
        return
    kind = ContentType.objects.get_for_model(User)
    actions = [action for action, roles in ALLOWED.items() if roles & STAFF_ROLES]
    of_actions = Permission.objects.filter(content_type=kind, codename__contains=".")
    of_actions.exclude(codename__in=actions).delete()
    Permission.objects.bulk_create(
        [Permission(content_type=kind, codename=action, name=action) for action in actions],
        ignore_conflicts=True,
    )
    of_models = Permission.objects.filter(content_type__app_label__in=_APPS)
    for role, name in ((Role.ENGINEER, ENGINEERS), (Role.OPS_ADMIN, OPS_ADMINS)):
        group, _ = Group.objects.get_or_create(name=name)
        own = Q(content_type=kind, codename__in=[action for action in actions if may(role, action)])
        asked = [codename for codename, action in _OF_MODELS.items() if may(role, action)]
        group.permissions.set(of_models.filter(own | Q(codename__in=asked)))
