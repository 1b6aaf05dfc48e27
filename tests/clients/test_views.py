"""Team, settings and invitations, over HTTP."""

from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from clients.models import Client, Invitation, Member, User
from clients.templatetags.portal import initials
from tests.factories import make_invitation, make_member, make_project
from tests.portal import signed_in

pytestmark = pytest.mark.django_db
CEILING = 12


def place(user: User, client: Client) -> Member:
    """Give the person's place in the client."""
    return Member.objects.get(user=user, client=client)


# Team


def test_everybody_in_the_team_sees_who_is_in_it(
    alice: User, bob: User, vera: User, charlie: User
) -> None:
    for person in (alice, bob, vera):
        page = signed_in(person).get("/portal/team/").content.decode()
        assert "alice@acme.test" in page
        assert "bob@acme.test" in page
        assert "charlie@globex.test" not in page
    assert "acme.test" not in signed_in(charlie).get("/portal/team/").content.decode()


def test_an_owner_invites_by_mail_and_takes_it_back(alice: User, acme: Client) -> None:
    browser = signed_in(alice)
    sent = {"action": "invite", "email": "Carol@Acme.test", "role": "member"}
    assert browser.post("/portal/team/", sent).status_code == 302
    invitation = Invitation.objects.get(email="carol@acme.test")
    assert (invitation.client, invitation.state) == (acme, "open")
    assert "carol@acme.test" in browser.get("/portal/team/").content.decode()

    browser.post("/portal/team/", {"action": "revoke", "invitation": invitation.pk})
    invitation.refresh_from_db()
    assert invitation.state == "revoked"


@pytest.mark.parametrize(
    ("email", "role", "words"),
    [
        ("not an address", "member", "Enter a valid email address."),
        ("", "member", "This field is required."),
        ("carol@acme.test", "engineer", "Select a valid choice"),
        ("bob@acme.test", "member", "This person is a member already."),
        ("x" * 250 + "@acme.test", "member", "at most 254 characters"),
    ],
)
def test_a_bad_invitation_is_refused_beside_its_field(
    alice: User, bob: User, email: str, role: str, words: str
) -> None:
    answer = signed_in(alice).post(
        "/portal/team/", {"action": "invite", "email": email, "role": role}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_only_owners_invite_change_and_remove(
    alice: User, bob: User, vera: User, acme: Client
) -> None:
    invitation, _ = make_invitation(client=acme)
    for person in (bob, vera):
        browser = signed_in(person)
        assert "Invite somebody" not in browser.get("/portal/team/").content.decode()
        for sent in (
            {"action": "invite", "email": "x@acme.test", "role": "member"},
            {"action": "role", "member": place(alice, acme).pk, "role": "viewer"},
            {"action": "remove", "member": place(alice, acme).pk},
            {"action": "revoke", "invitation": invitation.pk},
        ):
            assert browser.post("/portal/team/", sent).status_code == 403, sent
    assert place(alice, acme).role == "owner"
    invitation.refresh_from_db()
    assert invitation.state == "open"


def test_a_strangers_team_actions_on_foreign_rows_give_404(
    alice: User, bob: User, charlie: User, acme: Client
) -> None:
    invitation, _ = make_invitation(client=acme)
    browser = signed_in(charlie)
    for sent in (
        {"action": "role", "member": place(bob, acme).pk, "role": "viewer"},
        {"action": "remove", "member": place(bob, acme).pk},
        {"action": "remove", "member": "987654"},
        {"action": "remove", "member": "x"},
        {"action": "revoke", "invitation": invitation.pk},
    ):
        assert browser.post("/portal/team/", sent).status_code == 404, sent
    assert place(bob, acme).role == "member"


def test_roles_change_and_members_go_but_the_last_owner_stays(
    alice: User, bob: User, acme: Client
) -> None:
    browser = signed_in(alice)
    browser.post(
        "/portal/team/", {"action": "role", "member": place(bob, acme).pk, "role": "viewer"}
    )
    assert place(bob, acme).role == "viewer"

    leave = {"action": "remove", "member": place(alice, acme).pk}
    page = browser.post("/portal/team/", leave, follow=True).content.decode()
    assert "A client needs at least one owner." in page
    assert place(alice, acme).role == "owner"

    browser.post("/portal/team/", {"action": "remove", "member": place(bob, acme).pk})
    assert not Member.objects.filter(user=bob).exists()


def test_anybody_may_leave_and_is_told_so(alice: User, bob: User, acme: Client) -> None:
    leave = {"action": "remove", "member": place(bob, acme).pk}
    page = signed_in(bob).post("/portal/team/", leave, follow=True).content.decode()
    assert "You left Acme." in page
    assert "You are in no team yet" in page


# Settings


def test_name_and_time_zone_are_ones_own_to_change(vera: User) -> None:
    sent = {"action": "profile", "profile-name": "Vera V.", "profile-time_zone": "Asia/Tokyo"}
    assert signed_in(vera).post("/portal/settings/", sent).status_code == 302
    vera.refresh_from_db()
    assert (vera.name, vera.time_zone) == ("Vera V.", "Asia/Tokyo")


def test_an_unknown_time_zone_is_refused_beside_its_field(vera: User) -> None:
    sent = {"action": "profile", "profile-name": "V", "profile-time_zone": "Mars/Olympus"}
    answer = signed_in(vera).post("/portal/settings/", sent)
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()


def test_saving_the_settings_walks_no_zone_files(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(alice)
    sent = {"action": "profile", "profile-name": "A", "profile-time_zone": "Asia/Tokyo"}
    assert browser.post("/portal/settings/", sent).status_code == 302
    monkeypatch.setattr("zoneinfo.available_timezones", lambda: pytest.fail("read again"))
    assert browser.post("/portal/settings/", sent).status_code == 302


def test_only_owners_change_the_account(alice: User, bob: User, acme: Client) -> None:
    sent = {"action": "client", "client-name": "Acme Inc.", "client-time_zone": "Europe/Paris"}
    signed_in(bob).post("/portal/settings/", sent)
    acme.refresh_from_db()
    assert acme.name == "Acme"
    assert signed_in(alice).post("/portal/settings/", sent).status_code == 302
    acme.refresh_from_db()
    assert (acme.name, acme.time_zone) == ("Acme Inc.", "Europe/Paris")


def test_settings_show_the_facts_of_ones_own_projects_only(
    vera: User, charlie: User, acme: Client
) -> None:
    make_project(acme, "Ledger", hosting="Hetzner in Falkenstein", stack="Django")
    assert "Hetzner in Falkenstein" in signed_in(vera).get("/portal/settings/").content.decode()
    page = signed_in(charlie).get("/portal/settings/").content.decode()
    assert "Ledger" not in page
    assert "Hetzner" not in page


@pytest.mark.parametrize("path", ["/portal/team/", "/portal/settings/"])
def test_pages_ask_the_same_few_queries_however_much_there_is(
    alice: User, acme: Client, path: str, django_assert_max_num_queries: object
) -> None:
    for _ in range(8):
        make_member(acme)
        make_invitation(client=acme)
        make_project(acme)
    browser = signed_in(alice)
    with django_assert_max_num_queries(CEILING):  # type: ignore[operator]
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/portal/team/", "/portal/settings/", "/portal/switch/"])
def test_visitors_are_sent_to_sign_in(path: str) -> None:
    for answer in (Browser().get(path), Browser().post(path)):
        assert answer.status_code == 302
        assert answer["Location"] == f"/account/login/?next={path}"


# Several clients


def test_switching_shows_the_other_client(alice: User, globex: Client, acme: Client) -> None:
    make_member(globex, alice, "viewer")
    browser = signed_in(alice)
    assert browser.get("/portal/").context["portal"].client == acme
    browser.post("/portal/switch/", {"client": globex.pk})
    portal = browser.get("/portal/").context["portal"]
    assert portal.client == globex
    assert not portal.may_report


@pytest.mark.parametrize("wanted", ["", "x", "²", "9" * 5000, "987654"])
def test_nobody_switches_to_a_client_that_is_not_theirs(
    alice: User, globex: Client, wanted: str
) -> None:
    browser = signed_in(alice)
    assert browser.post("/portal/switch/", {"client": wanted}).status_code == 404
    assert browser.post("/portal/switch/", {"client": globex.pk}).status_code == 404


# Invitations


def test_opening_an_invitation_accepts_nothing(acme: Client) -> None:
    invitation, token = make_invitation(client=acme, email="carol@acme.test")
    answer = Browser().get(f"/invite/{token}/")
    assert answer.status_code == 200
    assert "carol@acme.test" in answer.content.decode()
    assert answer["Referrer-Policy"] == "strict-origin"
    assert "no-store" in answer["Cache-Control"]
    invitation.refresh_from_db()
    assert invitation.state == "open"
    assert not User.objects.filter(email="carol@acme.test").exists()


def test_accepting_makes_the_account_and_signs_in_once(acme: Client) -> None:
    _, token = make_invitation(client=acme, email="carol@acme.test", role="viewer")
    browser = Browser()
    page = browser.post(f"/invite/{token}/", {"name": "Carol"}, follow=True)
    assert page.redirect_chain == [("/portal/", 302)]
    assert "Welcome to Acme." in page.content.decode()
    carol = User.objects.get(email="carol@acme.test")
    assert (carol.name, place(carol, acme).role) == ("Carol", "viewer")

    again = Browser().post(f"/invite/{token}/", {"name": "Carol"})
    assert again.status_code == 404
    assert "This invitation is closed" in again.content.decode()


def test_an_account_that_existed_joins_but_signs_in_as_ever(charlie: User, acme: Client) -> None:
    _, token = make_invitation(client=acme, email="charlie@globex.test")
    browser = Browser()
    answer = browser.post(f"/invite/{token}/", {"name": "Mallory"})
    assert answer["Location"] == "/account/login/?next=/portal/"
    assert "_auth_user_id" not in browser.session
    charlie.refresh_from_db()
    assert charlie.name == "Charlie Clark"
    assert place(charlie, acme).role == "member"


def test_somebody_else_signed_in_is_warned_and_never_joined_instead(
    alice: User, globex: Client
) -> None:
    _, token = make_invitation(client=globex, email="carol@acme.test")
    browser = signed_in(alice)
    assert "this invitation is for" in browser.get(f"/invite/{token}/").content.decode()
    browser.post(f"/invite/{token}/", {"name": "Carol"})
    assert not Member.objects.filter(user=alice, client=globex).exists()
    assert Member.objects.filter(user__email="carol@acme.test", client=globex).exists()


def test_expired_revoked_and_unknown_invitations_are_closed(acme: Client, now: datetime) -> None:
    expired, token = make_invitation(client=acme)
    Invitation.objects.filter(pk=expired.pk).update(expires_at=now - timedelta(minutes=1))
    for path in (f"/invite/{token}/", "/invite/unknown/"):
        assert Browser().get(path).status_code == 404
        assert Browser().post(path, {"name": "x"}).status_code == 404


def test_guessing_invitations_is_slowed_down(db: None) -> None:
    browser = Browser()
    answers = [browser.get(f"/invite/guess-{n}/").status_code for n in range(61)]
    assert set(answers[:60]) == {404}
    assert answers[60] == 429


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Olivia Brandt", "OB"), ("nina.okubo@nimbus.example", "NO"), ("API (CI2)", "AC"),
        ("Tim O'Brien", "TO"), ("李雷", "李"), ("???", "?"),
    ],
)  # fmt: skip
def test_a_badge_holds_letters_only(name: str, shown: str) -> None:
    assert initials(name) == shown
