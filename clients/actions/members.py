from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from clients.actions.events import record
from clients.models import Client, ClientEventKind, Invitation, Member, User
from clients.queries import find_invitation, role_of
from clients.rules.roles import CLIENT_ROLES, Role, require
from core.actions import queue_mail
from core.errors import InvalidInput, MoveRefused
from core.text import clean_text, one_line
from core.tokens import derive_token, hash_token, placeholder
from core.validation import check_fields

INVITATION_DAYS = 14


class LastOwner(MoveRefused):
    """The change would leave the client without an owner."""


@transaction.atomic
def invite_member(
    *, client_id: int, email: str, role: str, actor: User | None, now: datetime
) -> Invitation:
    """Invite a person by mail; the link works once and for 14 days.

    Inviting an address again replaces its open invitation. Raises InvalidInput for a bad address
    or role, and MoveRefused for somebody who is a member already.
    """
    client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
    require(role_of(actor, client.pk), "member.invite")
    invitation = Invitation(
        client=client,
        email=email.strip().lower(),
        role=_client_role(role),
        invited_by=actor,
        created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    check_fields(invitation)
    if Member.objects.filter(client=client, user__email__iexact=invitation.email).exists():
        raise MoveRefused("This person is a member already.", field="email")

    for earlier in client.invitations.filter(
        email__iexact=invitation.email, state=Invitation.State.OPEN
    ):
        _close(earlier, Invitation.State.REVOKED, now)
    invitation.save()
    invitation.token_hash = hash_token(derive_token("invitation", invitation.pk))
    invitation.save(update_fields=["token_hash"])
    record(
        ClientEventKind.MEMBER_INVITED,
        actor=actor,
        at=now,
        client=client,
        invitation=invitation,
        data={"role": invitation.role},
    )
    _mail_invitation(invitation, now)
    return invitation


@transaction.atomic
def revoke_invitation(*, invitation_id: int, actor: User, now: datetime) -> Invitation:
    """Take an open invitation back; its link stops working at once."""
    client_id = Invitation.objects.values_list("client_id", flat=True).get(pk=invitation_id)
    Client.objects.select_for_update(no_key=True).get(pk=client_id)
    invitation = Invitation.objects.select_related("client").get(pk=invitation_id)
    require(role_of(actor, invitation.client_id), "member.invite")
    if invitation.state != Invitation.State.OPEN:
        raise MoveRefused("This invitation is no longer open.")
    _close(invitation, Invitation.State.REVOKED, now)
    record(
        ClientEventKind.INVITATION_REVOKED,
        actor=actor,
        at=now,
        client=invitation.client,
        invitation=invitation,
    )
    return invitation


@transaction.atomic
def accept_invitation(*, token: str, name: str, now: datetime) -> tuple[Member, bool]:
    """Take the invited place; gives the member and whether a new user was made for it.

    Holding the link proves the mailbox, so the address counts as verified. Raises
    Invitation.DoesNotExist for a token that is unknown, used, revoked or expired.
    """
    found = find_invitation(token, now=now)
    client = Client.objects.select_for_update(no_key=True).get(pk=found.client_id)
    invitation = find_invitation(token, now=now)
    user = User.objects.filter(email__iexact=invitation.email).first()
    is_new = user is None
    if user is None:
        user, is_new = User.objects.get_or_create(
            email=invitation.email,
            defaults={
                "name": " ".join(clean_text(name).split())[:120],
                "time_zone": client.time_zone,
                "password": make_password(None),
            },
        )
    EmailAddress.objects.update_or_create(
        user=user, email=invitation.email, defaults={"verified": True, "primary": True}
    )
    member, _ = Member.objects.get_or_create(
        client=client, user=user, defaults={"role": invitation.role, "joined_at": now}
    )
    _close(invitation, Invitation.State.ACCEPTED, now)
    record(
        ClientEventKind.MEMBER_JOINED,
        actor=user,
        at=now,
        client=client,
        invitation=invitation,
        user=user,
        data={"role": member.role},
    )
    return member, is_new


@transaction.atomic
def change_member_role(*, member_id: int, role: str, actor: User, now: datetime) -> Member:
    """Give a member another role. Raises LastOwner for the only owner."""
    member = _locked(member_id)
    require(role_of(actor, member.client_id), "member.change")
    wanted = _client_role(role)
    if member.role == wanted:
        return member
    _keep_an_owner(member)
    before, member.role = member.role, wanted
    member.save(update_fields=["role"])
    record(
        ClientEventKind.MEMBER_ROLE_CHANGED,
        actor=actor,
        at=now,
        client=member.client,
        user=member.user,
        data={"from": before, "to": wanted},
    )
    return member


@transaction.atomic
def remove_member(*, member_id: int, actor: User, now: datetime) -> None:
    """End a membership; what the person wrote stays. Raises LastOwner for the only owner."""
    member = _locked(member_id)
    if member.user != actor:
        require(role_of(actor, member.client_id), "member.change")
    _keep_an_owner(member)
    record(
        ClientEventKind.MEMBER_REMOVED,
        actor=actor,
        at=now,
        client=member.client,
        user=member.user,
        data={"role": member.role},
    )
    member.delete()


def _mail_invitation(invitation: Invitation, now: datetime) -> None:
    link = f"{settings.SITE_URL}/invite/{placeholder('invitation', invitation.pk)}/"
    client = invitation.client
    queue_mail(
        to=invitation.email,
        subject=f"Your place in {client.name} on ShipOps",
        notice=(
            f"{one_line(str(invitation.invited_by or 'ShipOps'))} invites you to follow the upkeep "
            f"of {one_line(client.name)}'s apps.\n\n"
            f"Join here: {link}\n\n"
            f"The link works once, until {invitation.expires_at:%-d %B %Y}. "
            "If you did not expect this, you can ignore it."
        ),
        now=now,
        reference=f"invitation:{invitation.pk}",
    )


def _locked(member_id: int) -> Member:
    client_id = Member.objects.values_list("client_id", flat=True).get(pk=member_id)
    Client.objects.select_for_update(no_key=True).get(pk=client_id)
    return Member.objects.select_related("client", "user").get(pk=member_id)


def _keep_an_owner(member: Member) -> None:
    others = Member.objects.filter(client=member.client, role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.filter(user__is_active=True).exists():
        raise LastOwner("A client needs at least one owner. Make somebody else owner first.")


def _client_role(role: str) -> Role:
    if role not in [known.value for known in CLIENT_ROLES]:
        raise InvalidInput("Choose owner, member or viewer.", field="role")
    return Role(role)


def _close(invitation: Invitation, state: Invitation.State, now: datetime) -> None:
    invitation.state, invitation.closed_at = state, now
    invitation.save(update_fields=["state", "closed_at"])
