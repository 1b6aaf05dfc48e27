"""Who is signed in, and what their groups give them."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from clients.models import User


class GroupsBackend(AuthenticationBackend):
    """Signs in as allauth does. Rights are those of the groups, and a person has no others."""

    def get_user(self, user_id: Any) -> AbstractBaseUser | None:
        """Give a person who may sign in, with the names of their groups, in one statement."""
        names = User.groups.through.objects.filter(user=OuterRef("pk")).values("group__name")
        found = User.objects.annotate(group_names=ArraySubquery(names)).filter(pk=user_id).first()
        return found if found and self.user_can_authenticate(found) else None

    def _get_user_permissions(self, user_obj: AbstractBaseUser) -> "QuerySet[Permission]":
        return Permission.objects.none()
