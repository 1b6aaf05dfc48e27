from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property

from clients.rules.roles import ENGINEERS, OPS_ADMINS, Role, permission_of


@cache
def known_time_zones() -> frozenset[str]:
    """Name the IANA time zones of this machine, read from its disk once a process."""
    return frozenset(zoneinfo.available_timezones())


def validate_time_zone(name: str) -> None:
    """Raises ValidationError unless the IANA time zone is known."""
    if name not in known_time_zones():
        raise ValidationError("Unknown time zone.")


class UserManager(BaseUserManager["User"]):
    """Finds people by mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username or "")

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: a client's member, an engineer or an ops admin."""

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    is_staff = models.BooleanField("staff", default=False)
    is_active = models.BooleanField("active", default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]

    @cached_property
    def staff_role(self) -> Role | None:
        """What this person is on our side: ops admin, engineer, or neither."""
        if not (self.is_staff and self.is_active):
            return None
        if self.is_superuser:
            return Role.OPS_ADMIN
        # Who is signed in comes with them (clients.backends).
        names = self.__dict__.get("group_names")
        if names is None:
            names = list(self.groups.values_list("name", flat=True))
        if OPS_ADMINS in names:
            return Role.OPS_ADMIN
        return Role.ENGINEER if ENGINEERS in names else None

    def has_right(self, action: str) -> bool:
        """Tell whether the person's groups give them an action's permission (clients.groups)."""
        return self.has_perm(permission_of(action))
