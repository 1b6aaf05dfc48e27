"""Who may come in: accounts that are closed and opened again, and access on our side."""

import re
from datetime import datetime
from functools import partial

import pytest
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from clients import actions, queries
from clients.actions.members import LastOwner
from clients.models import Client, ClientEvent, ClientEventKind, Invitation, Project, User
from core.errors import MoveRefused, NotAllowed
from core.models import OutboxMessage
from tests import factories
from tests.portal import signed_in
from tests.threads import losers, press_at_once, winners
from tickets import actions as ticket_actions
from tickets.queries import now_on_call


def _mailed_code(browser: Browser, email: str) -> str:
    browser.post("/account/login/", {"login": email}, follow=True)
    code = re.search(r"\d{4}-\d{4}", str(mail.outbox[-1].body))
    return code.group() if code else ""


def _type_code(browser: Browser, code: str) -> None:
    browser.post("/account/login/code/confirm/", {"code": code}, follow=True)


def test_who_is_deactivated_is_signed_out_everywhere_and_gets_in_by_no_way(
    alice: User, ops_admin: User, now: datetime
) -> None:
    alice.set_password("a rather long secret")
    alice.save()
    browsers, half_way = [signed_in(alice), signed_in(alice)], Browser()
    early = _mailed_code(half_way, alice.email)
    assert early
    actions.deactivate_user(user_id=alice.pk, actor=ops_admin, now=now)

    for browser in browsers:
        assert "/login/" in browser.get("/portal/")["Location"]
    _type_code(half_way, early)
    asking, by_password = Browser(), Browser()
    assert not _mailed_code(asking, alice.email)
    sent = {"login": alice.email, "password": "a rather long secret"}
    by_password.post("/account/login/?with=password", sent)
    for browser in (half_way, asking, by_password):
        assert browser.get("/portal/").status_code == 302


def test_a_reactivated_account_opens_by_a_new_code_and_to_no_browser_of_before(
    alice: User, ops_admin: User, now: datetime
) -> None:
    of_before = signed_in(alice)
    assert of_before.get("/portal/").status_code == 200
    actions.deactivate_user(user_id=alice.pk, actor=ops_admin, now=now)
    actions.reactivate_user(user_id=alice.pk, actor=ops_admin, now=now)

    assert of_before.get("/portal/").status_code == 302
    browser = Browser()
    _type_code(browser, _mailed_code(browser, alice.email))
    assert browser.get("/portal/").status_code == 200
    told = ClientEvent.objects.filter(user=alice, actor_user=ops_admin).order_by("pk")
    assert list(told.values_list("kind", flat=True)) == [
        ClientEventKind.USER_DEACTIVATED, ClientEventKind.USER_REACTIVATED,
    ]  # fmt: skip


def _reset_code(browser: Browser, email: str) -> str:
    browser.post("/account/password/reset/", {"email": email})
    code = re.search(r"\d{4}-\d{4}", str(mail.outbox[-1].body))
    assert code
    return code.group()


def test_a_code_mailed_before_sets_no_password_on_a_closed_account(
    alice: User, ops_admin: User, now: datetime
) -> None:
    browser, fresh = Browser(), "quite a new secret"
    code = _reset_code(browser, alice.email)
    actions.deactivate_user(user_id=alice.pk, actor=ops_admin, now=now)
    browser.post("/account/password/reset/confirm/", {"code": code})
    answer = browser.post(
        "/account/password/reset/complete/", {"password1": fresh, "password2": fresh}
    )
    assert answer["Location"] == "/account/inactive/"
    alice.refresh_from_db()
    assert not alice.has_usable_password()


def test_a_password_put_on_a_closed_account_is_gone_when_it_opens_again(
    alice: User, ops_admin: User, now: datetime
) -> None:
    actions.deactivate_user(user_id=alice.pk, actor=ops_admin, now=now)
    alice.refresh_from_db()
    alice.set_password("quite a new secret")
    alice.save()
    actions.reactivate_user(user_id=alice.pk, actor=ops_admin, now=now)
    alice.refresh_from_db()
    assert alice.is_active and not alice.has_usable_password()


def test_an_open_invitation_is_none_to_a_deactivated_account(
    acme: Client, ops_admin: User, now: datetime
) -> None:
    nina = factories.make_user(email="nina@x.test")
    _, token = factories.make_invitation(client=acme, email="nina@x.test", now=now)
    actions.deactivate_user(user_id=nina.pk, actor=ops_admin, now=now)
    with pytest.raises(Invitation.DoesNotExist):
        actions.accept_invitation(token=token, name="Nina", now=now)
    assert not acme.members.filter(user=nina).exists()

    actions.reactivate_user(user_id=nina.pk, actor=ops_admin, now=now)
    member, is_new = actions.accept_invitation(token=token, name="Nina", now=now)
    assert member.user == nina and not is_new


def test_an_account_is_closed_and_opened_once_and_never_one_s_own(
    engineer: User, ops_admin: User, now: datetime
) -> None:
    with pytest.raises(MoveRefused, match="your own"):
        actions.deactivate_user(user_id=ops_admin.pk, actor=ops_admin, now=now)
    with pytest.raises(MoveRefused, match="is active"):
        actions.reactivate_user(user_id=engineer.pk, actor=ops_admin, now=now)
    actions.deactivate_user(user_id=engineer.pk, actor=ops_admin, now=now)
    with pytest.raises(MoveRefused, match="already"):
        actions.deactivate_user(user_id=engineer.pk, actor=ops_admin, now=now)


def test_a_deactivated_engineer_is_woken_by_nothing_and_colleagues_go_on_with_their_tickets(
    project: Project, engineer: User, engineer2: User, ops_admin: User, now: datetime
) -> None:
    queued = factories.make_ticket(project=project, engineer=engineer, now=now)
    started = factories.make_ticket(
        project=project, engineer=engineer, state="in_progress", now=now
    )
    ticket_actions.assign_ticket(
        ticket_id=queued.pk, assignee_id=engineer.pk, actor=engineer, now=now
    )
    factories.make_shift(engineer=engineer, now=now)
    actions.deactivate_user(user_id=engineer.pk, actor=ops_admin, now=now)
    gone = User.objects.get(pk=engineer.pk)

    with pytest.raises(NotAllowed):
        ticket_actions.mark_present(ticket_id=queued.pk, actor=gone, now=now)
    assert not now_on_call(now)
    factories.make_triaged_report(project, text="The whole app is down for everybody!", now=now)
    assert not OutboxMessage.objects.filter(recipient=engineer.email).exists()
    assert ticket_actions.take_next(actor=engineer2, now=now) == queued
    given = ticket_actions.assign_ticket(
        ticket_id=started.pk, assignee_id=engineer2.pk, actor=ops_admin, now=now
    )
    assert given.assignee == engineer2


def test_an_owner_who_cannot_sign_in_is_no_owner_to_leave_a_client_to(
    acme: Client, alice: User, ops_admin: User, now: datetime
) -> None:
    other = factories.make_member(acme, role="owner", now=now)
    actions.deactivate_user(user_id=other.user_id, actor=ops_admin, now=now)
    with pytest.raises(LastOwner):
        actions.remove_member(member_id=acme.members.get(user=alice).pk, actor=alice, now=now)
    actions.remove_member(member_id=other.pk, actor=alice, now=now)


def test_a_superuser_made_an_engineer_is_one(ops_admin: User, now: datetime) -> None:
    root = User.objects.create_superuser("root@shipops.test")
    actions.set_staff_role(user_id=root.pk, role="engineer", actor=ops_admin, now=now)
    assert User.objects.get(pk=root.pk).staff_role == "engineer"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["deactivate", "demote"])
def test_of_two_ops_admins_who_shut_each_other_out_at_once_one_remains(end: str) -> None:
    one, other = factories.make_ops_admin(), factories.make_ops_admin()
    press = (
        actions.deactivate_user
        if end == "deactivate"
        else partial(actions.set_staff_role, role="engineer")
    )
    outcomes = press_at_once([
        partial(press, user_id=whom.pk, actor=who, now=timezone.now())
        for who, whom in ((one, other), (other, one))
    ])  # fmt: skip
    assert len(winners(outcomes)) == 1, outcomes
    assert isinstance(losers(outcomes)[0], NotAllowed), outcomes
    assert len([who for who in queries.staff() if who.staff_role == "ops_admin"]) == 1
