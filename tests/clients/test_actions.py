"""Accounts, places, projects, keys, releases, plans and retainers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from clients import actions, queries
from clients.actions.members import LastOwner
from clients.models import (
    ApiKey,
    Calendar,
    Client,
    ClientEvent,
    ClientEventKind,
    Invitation,
    Member,
    Project,
    Release,
    Retainer,
    User,
)
from clients.rules.retainers import RETAINER_MOVES, RetainerState
from clients.rules.terms import Target
from core.errors import InvalidInput, MoveRefused
from core.models import OutboxMessage
from core.money import Money
from core.tasks import deliver_due
from core.tokens import derive_token, hash_token
from tests import factories
from tests.threads import losers, press_at_once, winners

DAY = timedelta(days=1)


def kinds(client: Client) -> list[str]:
    events = ClientEvent.objects.filter(client=client).order_by("pk")
    return list(events.values_list("kind", flat=True))


def _use(token: str) -> ApiKey:
    return actions.use_api_key(token=token, now=timezone.now())


# --- invitations and places --------------------------------------------------------------------


def test_an_invitation_is_mailed_with_a_link_that_no_row_holds(
    acme: Client, alice: User, now: datetime
) -> None:
    invitation = actions.invite_member(
        client_id=acme.pk, email=" New@Acme.TEST ", role="viewer", actor=alice, now=now - DAY
    )
    token = derive_token("invitation", invitation.pk)
    assert invitation.email == "new@acme.test"
    assert invitation.token_hash == hash_token(token)
    stored = OutboxMessage.objects.get(reference=f"invitation:{invitation.pk}")
    assert token not in stored.whole_text
    deliver_due()
    assert any(f"/invite/{token}/" in sent.body for sent in mail.outbox)


def test_a_name_like_a_placeholder_steals_no_invitation(
    acme: Client, globex: Client, alice: User, charlie: User, now: datetime
) -> None:
    victim, token = factories.make_invitation(client=acme, role="owner", now=now - DAY)
    trick = f"{{token:invitation:{victim.pk}}}"
    actions.change_profile(user_id=charlie.pk, name=trick, time_zone="UTC")
    actions.change_client(
        client_id=globex.pk, name=trick, time_zone="UTC", actor=charlie, now=now - DAY
    )
    charlie.refresh_from_db()
    actions.invite_member(
        client_id=globex.pk, email="evil@x.test", role="member", actor=charlie, now=now - DAY
    )
    deliver_due()
    for sent in mail.outbox:
        if sent.to == ["evil@x.test"]:
            assert token not in f"{sent.subject}{sent.message()}"


def test_no_name_puts_a_link_or_a_line_of_its_own_into_a_mail(
    acme: Client, alice: User, now: datetime
) -> None:
    lure = "Acme\n\n[Your account is locked](https://evil.test)"
    actions.change_profile(user_id=alice.pk, name=lure, time_zone="UTC")
    actions.change_client(client_id=acme.pk, name=lure, time_zone="UTC", actor=alice, now=now)
    alice.refresh_from_db()
    actions.invite_member(
        client_id=acme.pk, email="new@x.test", role="member", actor=alice, now=now - DAY
    )
    deliver_due()
    sent = next(sent for sent in mail.outbox if sent.to == ["new@x.test"])
    assert isinstance(sent, mail.EmailMultiAlternatives)
    assert "evil.test" not in str(sent.alternatives[0][0]).replace(" (https://evil.test)", "")
    assert str(sent.alternatives[0][0]).count("<a ") == 1
    assert "Acme\n" not in sent.body


def test_an_invitation_works_once_and_gives_the_place(acme: Client, now: datetime) -> None:
    invitation, token = factories.make_invitation(client=acme, role="viewer", now=now)
    member, is_new = actions.accept_invitation(token=token, name=" Nina \x00", now=now)
    assert is_new and (member.role, member.user.name) == ("viewer", "Nina")
    assert not member.user.has_usable_password()
    with pytest.raises(Invitation.DoesNotExist):
        actions.accept_invitation(token=token, name="Again", now=now)
    assert kinds(acme)[-2:] == [ClientEventKind.MEMBER_INVITED, ClientEventKind.MEMBER_JOINED]
    assert acme.members.filter(user=member.user).count() == 1


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "\x00", "{token:invitation:1}"])
def test_any_other_token_is_unknown(db: None, now: datetime, token: str) -> None:
    with pytest.raises(Invitation.DoesNotExist):
        actions.accept_invitation(token=token, name="", now=now)


def test_expired_revoked_and_replaced_links_are_dead(
    acme: Client, alice: User, now: datetime
) -> None:
    expired = factories.make_invitation(client=acme, now=now - 14 * DAY)[1]
    revoked, revoked_token = factories.make_invitation(client=acme, now=now)
    actions.revoke_invitation(invitation_id=revoked.pk, actor=alice, now=now)
    _, replaced = factories.make_invitation(client=acme, email="twice@x.test", now=now)
    _, current = factories.make_invitation(client=acme, email="TWICE@x.test", role="owner", now=now)
    for token in (expired, revoked_token, replaced):
        with pytest.raises(Invitation.DoesNotExist):
            actions.accept_invitation(token=token, name="", now=now)
    assert actions.accept_invitation(token=current, name="", now=now)[0].role == "owner"
    with pytest.raises(MoveRefused):
        actions.revoke_invitation(invitation_id=revoked.pk, actor=alice, now=now)


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [
        ("", "member", "email"), ("nobody", "member", "email"),
        ("a" * 250 + "@x.test", "member", "email"), ("a\x00@x.test", "member", "email"),
        ("a@x.test", "engineer", "role"), ("a@x.test", "", "role"),
    ],
)  # fmt: skip
def test_a_bad_address_or_role_is_refused(
    acme: Client, alice: User, now: datetime, email: str, role: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        actions.invite_member(client_id=acme.pk, email=email, role=role, actor=alice, now=now)
    assert refusal.value.field == field


def test_a_member_is_not_invited_again_but_a_stranger_with_an_account_is(
    acme: Client, alice: User, bob: User, charlie: User, now: datetime
) -> None:
    with pytest.raises(MoveRefused):
        factories.make_invitation(client=acme, email="BOB@acme.test", now=now)
    member = factories.make_member(acme, charlie, now=now)
    assert member.user == charlie
    assert charlie.memberships.count() == 2


def test_the_last_owner_stays(acme: Client, alice: User, bob: User, now: datetime) -> None:
    mine = Member.objects.get(user=alice)
    with pytest.raises(LastOwner):
        actions.change_member_role(member_id=mine.pk, role="member", actor=alice, now=now)
    with pytest.raises(LastOwner):
        actions.remove_member(member_id=mine.pk, actor=alice, now=now)
    his = Member.objects.get(user=bob)
    actions.change_member_role(member_id=his.pk, role="owner", actor=alice, now=now)
    actions.remove_member(member_id=mine.pk, actor=alice, now=now)
    assert [member.user for member in acme.members.filter(role="owner")] == [bob]
    assert kinds(acme)[-2:] == [
        ClientEventKind.MEMBER_ROLE_CHANGED, ClientEventKind.MEMBER_REMOVED,
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_owners_leaving_at_once_leave_one() -> None:
    client = factories.make_client()
    owners = [factories.make_member(client, role="owner") for _ in range(2)]
    outcomes = press_at_once(
        [
            partial(actions.remove_member, member_id=owner.pk, actor=owner.user, now=timezone.now())
            for owner in owners
        ]
    )
    assert [type(error) for error in losers(outcomes)] == [LastOwner]
    assert client.members.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_invitation_accepted_many_times_at_once_gives_one_place() -> None:
    client = factories.make_client()
    _, token = factories.make_invitation(client=client)
    outcomes = press_at_once(
        [
            lambda: actions.accept_invitation(token=token, name="N", now=timezone.now())
            for _ in range(4)
        ]
    )
    assert len(winners(outcomes)) == 1
    assert all(isinstance(error, Invitation.DoesNotExist) for error in losers(outcomes))
    assert (Member.objects.count(), User.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_one_new_person_joining_two_clients_at_once_is_one_account() -> None:
    tokens = [
        factories.make_invitation(client=factories.make_client(), email="new@x.test")[1]
        for _ in range(3)
    ]
    outcomes = press_at_once(
        [
            partial(actions.accept_invitation, token=token, name="N", now=timezone.now())
            for token in tokens
        ]
    )
    assert not losers(outcomes), outcomes
    assert (Member.objects.count(), User.objects.count()) == (3, 1)


@pytest.mark.django_db(transaction=True)
def test_an_invitation_is_never_both_revoked_and_accepted() -> None:
    client, admin = factories.make_client(), factories.make_ops_admin()
    for _ in range(5):
        invitation, token = factories.make_invitation(client=client)
        outcomes = press_at_once(
            [
                partial(actions.accept_invitation, token=token, name="N", now=timezone.now()),
                partial(
                    actions.revoke_invitation,
                    invitation_id=invitation.pk,
                    actor=admin,
                    now=timezone.now(),
                ),
            ]
        )
        assert len(winners(outcomes)) == 1, outcomes


# --- projects, keys, releases ------------------------------------------------------------------


@pytest.mark.parametrize("field", ["hosting", "deploy_steps", "contacts", "vault_url", "name"])
def test_a_secret_among_the_facts_is_refused_by_its_field(
    project: Project, engineer: User, now: datetime, field: str
) -> None:
    secret = "postgres://app:hunter2@db.test/app"
    with pytest.raises(InvalidInput) as refusal:
        actions.change_project(
            project_id=project.pk, facts={field: secret}, actor=engineer, now=now
        )
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": ""}, "name"), ({"name": "x" * 121}, "name"), ({"url": "javascript:x"}, "url"),
        ({"stack": "a\x00b"}, "stack"), ({"hosting": "x" * 201}, "hosting"),
    ],
)  # fmt: skip
def test_bad_facts_are_refused(
    project: Project, engineer: User, now: datetime, facts: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        actions.change_project(project_id=project.pk, facts=facts, actor=engineer, now=now)
    assert refusal.value.field == field


def test_changes_name_the_fields_never_their_text(
    project: Project, engineer: User, now: datetime
) -> None:
    facts = {"stack": "Django", "contacts": "Ann, +43 1 234"}
    actions.change_project(project_id=project.pk, facts=facts, actor=engineer, now=now)
    actions.change_project(project_id=project.pk, facts=facts, actor=engineer, now=now)
    (event,) = ClientEvent.objects.filter(kind=ClientEventKind.PROJECT_CHANGED)
    assert event.data == {"fields": ["stack", "contacts"]}


def test_a_key_is_shown_once_stored_hashed_and_dies_when_revoked(
    project: Project, alice: User, now: datetime
) -> None:
    key, token = actions.create_api_key(
        project_id=project.pk, name="CI", scopes=["reports:read", "reports:read"], actor=alice,
        now=now,
    )  # fmt: skip
    assert token.startswith("so_live_") and len(token) > 40
    assert token not in str(ApiKey.objects.filter(pk=key.pk).values().get())
    assert (key.scopes, key.prefix) == (["reports:read"], token[:12])
    assert _use(token) == key
    actions.revoke_api_key(key_id=key.pk, actor=alice, now=now)
    for dead in (token, "", "so_live_x", key.key_hash):
        with pytest.raises(ApiKey.DoesNotExist):
            _use(dead)
    with pytest.raises(MoveRefused):
        actions.revoke_api_key(key_id=key.pk, actor=alice, now=now)


@pytest.mark.parametrize(
    ("name", "scopes", "field"),
    [("", ["reports:read"], "name"), ("CI", [], "scopes"), ("CI", ["admin"], "scopes")],
)
def test_a_key_needs_a_name_and_known_scopes(
    project: Project, alice: User, now: datetime, name: str, scopes: list[str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        actions.create_api_key(
            project_id=project.pk, name=name, scopes=scopes, actor=alice, now=now
        )
    assert refusal.value.field == field


def test_archiving_stops_the_keys_at_once(
    project: Project, api_token: str, alice: User, ops_admin: User, now: datetime
) -> None:
    actions.archive_project(project_id=project.pk, actor=ops_admin, now=now)
    with pytest.raises(ApiKey.DoesNotExist):
        _use(api_token)
    with pytest.raises(MoveRefused):
        actions.create_api_key(
            project_id=project.pk, name="CI", scopes=["reports:read"], actor=alice, now=now
        )
    assert not queries.client_projects(project.client_id)


def test_the_same_deploy_again_is_the_first_one(
    project: Project, api_key: ApiKey, now: datetime
) -> None:
    post: dict[str, Any] = {"project_id": project.pk, "actor": api_key, "now": now}
    first, is_new = actions.record_release(version=" 1.0 ", commit="abc", **post)
    again, is_new_again = actions.record_release(version="1.0", commit="def", **post)
    assert (is_new, is_new_again, again.pk, again.commit) == (True, False, first.pk, "abc")
    assert actions.record_release(version="1.0", environment="staging", **post)[1]
    assert kinds(project.client).count(ClientEventKind.RELEASE_RECORDED) == 2


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"version": " "}, "version"), ({"version": "x" * 201}, "version"),
        ({"version": "a\x00"}, "version"), ({"version": "1", "url": "x"}, "url"),
        ({"version": "1", "commit": "c" * 65}, "commit"),
        ({"version": "1", "environment": "e" * 61}, "environment"),
        ({"version": "1", "deployed_at": timezone.now() + DAY}, "deployed_at"),
        # Some time zones have no name for the first day of the calendar: pages would fail over it.
        ({"version": "1", "deployed_at": datetime(1, 1, 1, tzinfo=UTC)}, "deployed_at"),
    ],
)  # fmt: skip
def test_a_bad_deploy_is_refused(
    project: Project, api_key: ApiKey, now: datetime, facts: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        actions.record_release(project_id=project.pk, actor=api_key, now=now, **facts)
    assert refusal.value.field == field


def test_a_clock_a_little_ahead_is_no_reason_to_lose_a_deploy(
    project: Project, api_key: ApiKey, now: datetime
) -> None:
    release, _ = actions.record_release(
        project_id=project.pk, version="1", actor=api_key, now=now,
        deployed_at=now + timedelta(seconds=90),
    )  # fmt: skip
    assert release.deployed_at == now
    assert Release.objects.count() == 1


# --- plans and retainers -----------------------------------------------------------------------


def test_new_terms_are_a_new_version_and_running_retainers_keep_theirs(
    acme: Client, ops_admin: User, now: datetime
) -> None:
    retainer = acme.retainers.get()
    targets = factories.make_targets(P1=(5, 10))
    version = actions.publish_plan_version(
        plan_id=retainer.plan_version.plan_id, price=Money("990", "USD"), targets=targets,
        actor=ops_admin, now=now,
    )  # fmt: skip
    assert (version.version, version.price) == (2, Money(990, "USD"))
    target = queries.first_response(acme.pk, "P1")
    assert target == (factories.TARGETS["P1"][0], queries.house_calendar())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"P2": None}, "targets"),
        ({"P2": (10, 10, 5)}, "targets"),
        ({"P2": (0, 5, 5)}, "targets"),
        ({"P2": (5, 0, 5)}, "targets"),
        ({"P2": (5, 10**9, 5)}, "targets"),
        ({"P4": (5, 5, 10**9)}, "targets"),
        ({"P2": (5, 5, 5, 10**9)}, "targets"),
        ({"price": Money("-1", "EUR")}, "price"),
        ({"price": Money("99999999999", "EUR")}, "price"),
        ({"slots": 0}, "slots"),
        ({"slots": 10**9}, "slots"),
        ({"tokens_per_slot": Decimal(-1)}, "tokens_per_slot"),
        ({"tokens_per_slot": Decimal("0.001")}, "tokens_per_slot"),
        ({"tokens_per_slot": Decimal("NaN")}, "tokens_per_slot"),
        ({"most_tokens_per_slot": Decimal("Infinity")}, "most_tokens_per_slot"),
        ({"most_tokens_per_slot": Decimal(3)}, "most_tokens_per_slot"),
    ],
)
def test_absurd_terms_are_refused(
    ops_admin: User, now: datetime, change: dict[str, Any], field: str
) -> None:
    plan = actions.create_plan(name="Care", actor=ops_admin, now=now)
    house = Calendar.objects.get(is_house=True).pk
    terms: dict[str, Any] = {"price": Money(1, "EUR"), "targets": factories.make_targets()}
    for name, value in change.items():
        if name in terms["targets"]:
            terms["targets"][name] = Target(*value, *[house][len(value) - 3 :]) if value else None
        else:
            terms[name] = value
    terms["targets"] = {name: target for name, target in terms["targets"].items() if target}
    with pytest.raises(InvalidInput) as refusal:
        actions.publish_plan_version(plan_id=plan.pk, actor=ops_admin, now=now, **terms)
    assert refusal.value.field == field


@pytest.mark.parametrize("wanted", RetainerState.values)
@pytest.mark.parametrize("state", RetainerState.values)
def test_a_retainer_moves_by_its_table_only(
    ops_admin: User, now: datetime, state: str, wanted: str
) -> None:
    retainer = factories.make_retainer(client=factories.make_client(), state=state, now=now)
    events = ClientEvent.objects.count()
    if RetainerState(wanted) in RETAINER_MOVES[RetainerState(state)]:
        moved = actions.set_retainer_state(
            retainer_id=retainer.pk, state=wanted, actor=ops_admin, now=now
        )
        assert moved.state == wanted
        assert ClientEvent.objects.latest("pk").data == {"from": state, "to": wanted}
    else:
        with pytest.raises(MoveRefused):
            actions.set_retainer_state(
                retainer_id=retainer.pk, state=wanted, actor=ops_admin, now=now
            )
        assert Retainer.objects.get(pk=retainer.pk).state == state
        assert ClientEvent.objects.count() == events


def test_a_client_has_one_running_retainer(acme: Client, ops_admin: User, now: datetime) -> None:
    version = factories.make_plan_version(now=now)
    new: dict[str, Any] = {"client_id": acme.pk, "plan_version_id": version.pk,
                           "actor": ops_admin, "now": now}  # fmt: skip
    with pytest.raises(MoveRefused):
        actions.create_retainer(**new)
    old = acme.retainers.get()
    actions.set_retainer_state(retainer_id=old.pk, state="ended", actor=ops_admin, now=now)
    assert actions.create_retainer(**new).state == "draft"


# --- accounts and staff ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": " "}, "name"), ({"name": "x" * 121}, "name"), ({"name": "a\x00"}, "name"),
        ({"name": "Acme"}, "slug"), ({"name": "B", "time_zone": "Mars/Base"}, "time_zone"),
        ({"name": "B", "slug": "no spaces"}, "slug"), ({"name": "B", "lead_id": 10**9}, "lead"),
    ],
)  # fmt: skip
def test_a_bad_account_is_refused(
    acme: Client, ops_admin: User, now: datetime, facts: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        actions.create_client(actor=ops_admin, now=now, **facts)
    assert refusal.value.field == field


def test_owners_change_name_and_zone_but_never_the_notes_of_staff(
    acme: Client, alice: User, now: datetime
) -> None:
    change: dict[str, Any] = {"client_id": acme.pk, "actor": alice, "now": now}
    actions.change_client(name="Acme Ltd", time_zone="Europe/Vienna", **change)
    with pytest.raises(InvalidInput):
        actions.change_client(name="Acme Ltd", time_zone="UTC", notes="Free for ever", **change)
    acme.refresh_from_db()
    assert (acme.name, acme.time_zone, acme.notes) == ("Acme Ltd", "Europe/Vienna", "")


def test_only_active_staff_can_lead(
    acme: Client, alice: User, engineer: User, ops_admin: User, now: datetime
) -> None:
    for nobody in (alice.pk, 10**9):
        with pytest.raises(InvalidInput):
            actions.set_lead(client_id=acme.pk, lead_id=nobody, actor=ops_admin, now=now)
    lead: dict[str, Any] = {"client_id": acme.pk, "actor": ops_admin, "now": now}
    assert actions.set_lead(lead_id=engineer.pk, **lead).lead == engineer
    assert actions.set_lead(lead_id=None, **lead).lead is None


def test_staff_come_by_their_own_address_and_nobody_ends_their_own_access(
    alice: User, engineer: User, ops_admin: User, now: datetime
) -> None:
    for email, role, field in (
        ("ALICE@acme.test", "engineer", "email"), ("x", "engineer", "email"),
        ("n@x.test", "owner", "role"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refusal:
            actions.create_staff(email=email, name="N", role=role, actor=ops_admin, now=now)
        assert refusal.value.field == field
    with pytest.raises(MoveRefused):
        actions.set_staff_role(user_id=ops_admin.pk, role="", actor=ops_admin, now=now)
    actions.set_staff_role(user_id=engineer.pk, role="", actor=ops_admin, now=now)
    gone = User.objects.get(pk=engineer.pk)
    assert gone.staff_role is None and not gone.groups.exists()
    assert list(queries.staff()) == [ops_admin]


def test_a_profile_refuses_an_unknown_zone(alice: User) -> None:
    with pytest.raises(InvalidInput) as refusal:
        actions.change_profile(user_id=alice.pk, name="Alice", time_zone="Nowhere")
    assert refusal.value.field == "time_zone"


def test_what_a_user_sees_ends_at_their_clients(
    acme: Client, globex: Client, alice: User, charlie: User, engineer: User
) -> None:
    assert list(queries.clients_for(alice)) == [acme]
    assert list(queries.clients_for(charlie)) == [globex]
    assert set(queries.clients_for(engineer)) == {acme, globex}
    with pytest.raises(Client.DoesNotExist):
        queries.get_client_for(charlie, acme.pk)
    alice.is_active = False
    assert not queries.clients_for(alice)
