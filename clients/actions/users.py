from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from clients.actions.events import record
from clients.models import ClientEventKind, User
from clients.queries import house_role
from clients.rules.roles import ENGINEERS, OPS_ADMINS, Role, require
from core.errors import InvalidInput, MoveRefused
from core.validation import check_fields, unless_taken

GROUPS = {Role.ENGINEER: ENGINEERS, Role.OPS_ADMIN: OPS_ADMINS}


@transaction.atomic
def change_profile(*, user_id: int, name: str, time_zone: str) -> User:
    """Change one's own name and time zone. Raises InvalidInput for an unknown zone."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    user.name, user.time_zone = " ".join(name.split()), time_zone
    check_fields(user)
    user.save(update_fields=["name", "time_zone"])
    return user


@transaction.atomic
def create_staff(
    *, email: str, name: str, role: str, actor: User | None, now: datetime, time_zone: str = "UTC"
) -> User:
    """Give a colleague an account on our side; they sign in with a mailed code.

    Raises InvalidInput for a bad or taken address.
    """
    require(house_role(actor), "staff.manage")
    wanted = _staff_role(role)
    user = User(email=email.strip().lower(), name=name.strip(), time_zone=time_zone, is_staff=True)
    user.set_unusable_password()
    check_fields(user)
    with unless_taken(
        "clients_user_email_key", "user_email_once",
        message="There is an account with this address.", field="email",
    ):  # fmt: skip
        user.save()
    user.groups.set(Group.objects.filter(name=GROUPS[wanted]))
    record(ClientEventKind.STAFF_CHANGED, actor=actor, at=now, user=user, data={"role": wanted})
    return user


@transaction.atomic
def set_staff_role(*, user_id: int, role: str, actor: User, now: datetime) -> User:
    """Make a user an engineer or an ops admin, or with an empty role end their staff access.

    Raises MoveRefused for one's own access: nobody locks themselves out.
    """
    user = _lock_access(user_id, actor, "staff.manage")
    user.is_staff = bool(role)
    user.is_superuser = user.is_superuser and role == Role.OPS_ADMIN
    user.save(update_fields=["is_staff", "is_superuser"])
    names = [GROUPS[_staff_role(role)]] if role else []
    user.groups.set(Group.objects.filter(name__in=names))
    record(ClientEventKind.STAFF_CHANGED, actor=actor, at=now, user=user, data={"role": role})
    return user


@transaction.atomic
def deactivate_user(*, user_id: int, actor: User, now: datetime) -> User:
    """Close a person's account at once: signed out everywhere, and no way in.

    Their places, tickets and words stay as they are. Raises MoveRefused for one's own account.
    """
    user = _lock_access(user_id, actor, "user.deactivate")
    if not user.is_active:
        raise MoveRefused(f"{user} is deactivated already.")
    user.is_active = False
    # Sessions are signed with the password: those of today are over after a reactivation, too.
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    record(ClientEventKind.USER_DEACTIVATED, actor=actor, at=now, user=user)
    return user


@transaction.atomic
def reactivate_user(*, user_id: int, actor: User, now: datetime) -> User:
    """Open a deactivated account again, with the access it had; they sign in with a mailed code."""
    user = _lock_access(user_id, actor, "user.deactivate")
    if user.is_active:
        raise MoveRefused(f"{user} is active.")
    user.is_active = True
    # One set while it was closed, by a code mailed before, is none of theirs to keep.
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    record(ClientEventKind.USER_REACTIVATED, actor=actor, at=now, user=user)
    return user


def _lock_access(user_id: int, actor: User, action: str) -> User:
    """Lock a person whose access is to change, and check that the actor may change it.

    Those who change access take turns at the group's row: of two ops admins who shut each other
    out at once, the second may not any more. As nobody changes their own, an ops admin always
    remains.
    """
    Group.objects.select_for_update(no_key=True).get(name=OPS_ADMINS)
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    require(house_role(User.objects.get(pk=actor.pk)), action)
    if user.pk == actor.pk:
        raise MoveRefused("You cannot change your own access.")
    return user


def _staff_role(role: str) -> Role:
    if role not in [known.value for known in GROUPS]:
        raise InvalidInput("Choose engineer or ops admin.", field="role")
    return Role(role)
