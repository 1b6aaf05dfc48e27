from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from clients.models import (
    ApiKey,
    Calendar,
    Client,
    ClientEvent,
    ClientEventKind,
    Invitation,
    Member,
    Plan,
    PlanVersion,
    Project,
    Release,
    User,
)
from core.models import OutboxMessage
from core.money import Money
from tests.console import post, said
from tests.factories import (
    make_client,
    make_plan_version,
    make_release,
    make_retainer,
    make_shift,
    make_targets,
    make_ticket,
)
from tests.portal import signed_in
from tickets.actions import save_macro


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


TERMS = {
    "P1_response": "30", "P1_resolution": "240", "P2_response": "60", "P2_resolution": "480",
    "P3_response": "240", "P3_resolution": "960", "P4_response": "480", "P4_resolution": "4800",
    "P1_reply": "20", "P2_reply": "40", "P3_reply": "80", "P4_reply": "160",
    "slots": "2", "tokens": "3.5", "most_tokens": "7",
}  # fmt: skip


def terms(**changes: str) -> dict[str, str]:
    """Give the form of new terms, all by the house's calendar."""
    house = str(Calendar.objects.get(is_house=True).pk)
    return {**TERMS, **{f"P{place}_calendar": house for place in range(1, 5)}, **changes}


def person_path(person: User) -> str:
    return f"/console/people/{person.pk}/"


def path(client: Client) -> str:
    return f"/console/clients/{client.pk}/"


def test_an_account_is_opened_and_filled_by_an_ops_admin(ops_admin: User, engineer: User) -> None:
    answer = post(ops_admin, "/console/clients/", name="Initech", lead=engineer.pk)
    client = Client.objects.get(name="Initech")
    assert answer.redirect_chain[-1][0] == path(client)
    assert client.lead == engineer

    post(ops_admin, path(client), "invite", email="peter@initech.test", role="owner")
    post(ops_admin, path(client), "create_project", name="TPS Reports", url="https://tps.test")

    page = signed_in(ops_admin).get(path(client)).content.decode()
    for fact in (
        "peter@initech.test",
        "TPS Reports",
        "opened the account",
        "invited somebody as owner",
    ):
        assert fact in page, fact
    assert OutboxMessage.objects.filter(recipient="peter@initech.test").exists()


def test_the_client_page_shows_everything_and_an_engineer_no_buttons_of_ops_admins(
    acme: Client, alice: User, project: Project, engineer: User
) -> None:
    page = signed_in(engineer).get(path(acme)).content.decode()

    assert "alice@acme.test" in page and "Acme Shop" in page and "490.00 EUR" in page
    for button in ("invite", "create_project", "move_retainer", "draft_retainer", "lead", "role"):
        assert f'value="{button}"' not in page, button


@pytest.mark.parametrize(
    ("do", "data"),
    [
        ("change", {"name": "Hacked", "time_zone": "UTC"}),
        ("create_project", {"name": "More"}),
        ("invite", {"email": "x@y.test", "role": "owner"}),
        ("lead", {"lead": ""}),
        ("move_retainer", {"state": "ended"}),
        ("remove_member", {}),
        ("role", {"role": "viewer"}),
    ],
)
def test_an_engineer_who_sends_an_ops_admins_form_is_refused(
    do: str, data: dict[str, Any], acme: Client, alice: User, engineer: User
) -> None:
    member, retainer = acme.members.get(user=alice), acme.retainers.get()
    answer = post(engineer, path(acme), do, member=member.pk, retainer=retainer.pk, **data)

    assert answer.status_code == 403
    assert "You may not do this" in said(answer)
    acme.refresh_from_db()
    retainer.refresh_from_db()
    assert (acme.name, acme.projects.count(), retainer.state) == ("Acme", 0, "active")
    assert not Invitation.objects.filter(email="x@y.test").exists()


def test_an_engineer_opens_no_account(engineer: User) -> None:
    answer = post(engineer, "/console/clients/", name="Initech")

    assert answer.status_code == 403
    assert not Client.objects.filter(name="Initech").exists()


def test_a_retainer_is_drafted_and_moved_only_as_its_state_allows(ops_admin: User) -> None:
    client, version = make_client("Initech"), make_plan_version(name="Steady")
    post(ops_admin, path(client), "draft_retainer", version=version.pk)
    retainer = client.retainers.get()
    page = signed_in(ops_admin).get(path(client)).content.decode()
    assert 'name="state" value="active"' in page
    assert 'name="state" value="suspended"' not in page

    move = {"retainer": retainer.pk}
    assert "cannot become" in said(
        post(ops_admin, path(client), "move_retainer", state="suspended", **move)
    )
    post(ops_admin, path(client), "move_retainer", state="active", **move)
    retainer.refresh_from_db()
    assert retainer.state == "active"
    assert post(ops_admin, path(client), "move_retainer", state="gone", **move).status_code == 400
    assert "moved the retainer: draft → active" in (
        signed_in(ops_admin).get(path(client)).content.decode()
    )


def test_rows_of_another_client_are_not_found(
    acme: Client, globex: Client, charlie: User, ops_admin: User
) -> None:
    stranger = Member.objects.get(user=charlie)
    retainer = globex.retainers.get()

    assert post(ops_admin, path(acme), "role", member=stranger.pk, role="viewer").status_code == 404
    wanted = {"retainer": retainer.pk, "state": "ended"}
    assert post(ops_admin, path(acme), "move_retainer", **wanted).status_code == 404
    assert signed_in(ops_admin).get("/console/clients/999999/").status_code == 404


def test_the_last_owner_stays_and_the_page_says_why(
    acme: Client, alice: User, ops_admin: User
) -> None:
    member = acme.members.get(user=alice)
    answer = post(ops_admin, path(acme), "remove_member", member=member.pk)

    assert answer.status_code == 409
    assert "at least one owner" in said(answer)


def test_an_invitation_is_taken_back(acme: Client, ops_admin: User) -> None:
    post(ops_admin, path(acme), "invite", email="dana@acme.test", role="viewer")
    invitation = Invitation.objects.get(email="dana@acme.test")
    post(ops_admin, path(acme), "revoke_invitation", invitation=invitation.pk)

    invitation.refresh_from_db()
    assert invitation.state == Invitation.State.REVOKED


def test_a_key_is_shown_once_and_revoked(project: Project, engineer: User) -> None:
    where = f"/console/projects/{project.pk}/"
    browser = signed_in(engineer)
    made = browser.post(where, {"do": "create_key", "name": "CI", "scopes": ["releases:write"]})
    key = ApiKey.objects.get()
    shown = made.content.decode()
    again = browser.get(where).content.decode()

    assert f'value="{key.prefix}' in shown
    assert "shown only this once" in shown
    assert f'value="{key.prefix}' not in again
    # Only its hash is kept: sessions are rows, too.
    assert key.prefix not in str(dict(browser.session))
    post(engineer, where, "revoke_key", key=key.pk)
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_facts_are_saved_and_a_secret_among_them_is_refused_but_stays_typed(
    project: Project, engineer: User
) -> None:
    where = f"/console/projects/{project.pk}/"
    post(engineer, where, "change", hosting="Fly.io", deploy_steps="make deploy")
    project.refresh_from_db()
    assert (project.hosting, project.deploy_steps) == ("Fly.io", "make deploy")

    secret = "postgres://app:hunter2@db.acme.example/app"
    answer = post(engineer, where, "change", hosting="Render", deploy_steps=secret)

    assert answer.status_code == 400
    assert "looks like a secret" in said(answer)
    assert 'value="Render"' in answer.content.decode()
    project.refresh_from_db()
    assert project.hosting == "Fly.io"


def test_an_archived_app_is_kept_and_its_keys_stop(
    project: Project, api_key: ApiKey, ops_admin: User, engineer: User
) -> None:
    where = f"/console/projects/{project.pk}/"
    assert post(engineer, where, "archive").status_code == 403
    post(ops_admin, where, "archive")

    api_key.refresh_from_db()
    assert api_key.revoked_at is not None
    assert "Archived" in signed_in(engineer).get(where).content.decode()


def test_a_project_is_given_another_mail_address(
    project: Project, engineer: User, settings: Any
) -> None:
    settings.INBOUND_MAIL_ADDRESS = "bugs@in.example.com"
    where, before = f"/console/projects/{project.pk}/", project.mail_token
    assert before in signed_in(engineer).get(where).content.decode()

    post(engineer, where, "renew_mail")

    project.refresh_from_db()
    page = signed_in(engineer).get(where).content.decode()
    assert project.mail_token != before
    assert project.mail_token in page and before not in page
    event = ClientEvent.objects.get(kind=ClientEventKind.PROJECT_CHANGED)
    assert (event.actor_user_id, event.data) == (engineer.pk, {"fields": ["mail_address"]})


def test_a_deploy_is_written_down_by_hand(project: Project, engineer: User) -> None:
    post(engineer, f"/console/projects/{project.pk}/", "record_release", version="3.1")

    assert Release.objects.get().version == "3.1"


def test_terms_are_published_as_a_new_version(ops_admin: User) -> None:
    old = make_plan_version(name="Steady", price=Money("490", "EUR"))
    sent = {"plan": old.plan_id, "amount": "590.50", "currency": "eur", **terms()}
    answer = post(ops_admin, "/console/plans/", "publish", **sent)

    new = PlanVersion.objects.get(version=2)
    assert new.price == Money("590.50", "EUR")
    first = new.targets.get(priority="P1")
    assert (first.first_response_minutes, first.next_reply_minutes) == (30, 20)
    assert (new.slots, new.tokens_per_slot, new.most_tokens_per_slot) == (
        2,
        Decimal("3.5"),
        Decimal(7),
    )
    assert first.calendar.is_house
    assert "590.50 EUR" in answer.content.decode()


def test_the_form_of_new_terms_begins_with_the_latest(ops_admin: User) -> None:
    always = Calendar.objects.get(is_house=False)
    old = make_plan_version(
        targets=make_targets(always, P2=(77, 4242)), slots=7, tokens_per_slot=Decimal("2.5")
    )
    shown = signed_in(ops_admin).get(f"/console/plans/?plan={old.plan_id}").content.decode()
    for value in ("77", "4242", "7", "2.5", "490.00"):
        assert f'value="{value}"' in shown
    assert shown.count(f"selected>{always}</option>") == 4
    assert "77 min" not in shown and "1 h 17 min" in shown
    for absurd in ("0", "x", "9" * 40):
        answer = signed_in(ops_admin).get(f"/console/plans/?plan={absurd}")
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"amount": "free"}, {"amount": "NaN"}, {"amount": "Infinity"}, {"amount": "1.005"},
        {"amount": "-1"}, {"amount": "1e30"}, {"currency": "EURO"}, {"currency": "12"},
        {"P1_response": ""}, {"P1_response": "0"}, {"P1_resolution": "1"},
        {"P1_resolution": "99999999999"}, {"plan": "999999"}, {"plan": "x"},
        {"P2_reply": ""}, {"P2_reply": "0"}, {"P2_calendar": "999999"}, {"P2_calendar": ""},
        {"slots": "0"}, {"slots": "1.5"}, {"slots": "9" * 15}, {"tokens": "NaN"},
        {"tokens": "a few"}, {"tokens": "1e99"}, {"tokens": "-1"}, {"tokens": "9"},
        {"most_tokens": "Infinity"}, {"most_tokens": "1.005"},
    ],
)  # fmt: skip
def test_senseless_terms_are_refused_and_stay_typed(sent: dict[str, str], ops_admin: User) -> None:
    old = make_plan_version(name="Steady")
    usual = {"plan": old.plan_id, "amount": "590", "currency": "EUR", **terms()}
    answer = post(ops_admin, "/console/plans/", "publish", **{**usual, **sent})

    assert answer.status_code == 400
    assert said(answer)
    assert PlanVersion.objects.count() == 1
    assert 'value="4800"' in answer.content.decode()


def test_staff_get_and_lose_access(ops_admin: User) -> None:
    where = "/console/staff/"
    post(ops_admin, where, "create", email="Lena@ShipOps.test", name="Lena", role="engineer")
    lena = User.objects.get(email="lena@shipops.test")
    assert lena.staff_role == "engineer"

    post(ops_admin, where, "role", user=lena.pk, role="")
    assert User.objects.get(pk=lena.pk).staff_role is None
    assert "cannot change your own" in said(
        post(ops_admin, where, "role", user=ops_admin.pk, role="engineer")
    )


def test_a_clients_member_is_not_made_staff_by_number(alice: User, ops_admin: User) -> None:
    answer = post(ops_admin, "/console/staff/", "role", user=alice.pk, role="ops_admin")

    assert answer.status_code == 400
    assert User.objects.get(pk=alice.pk).staff_role is None


def test_a_given_up_message_is_sent_once_more_by_an_ops_admin_only(
    ops_admin: User, engineer: User, now: datetime
) -> None:
    message = OutboxMessage.objects.create(
        channel="mail", state="failed", recipient="a@b.test", subject="Lost", text="…",
        created_at=now, last_error="SMTPServerDisconnected",
    )  # fmt: skip
    assert "SMTPServerDisconnected" in signed_in(engineer).get("/console/outbox/").content.decode()
    assert post(engineer, "/console/outbox/", message=message.pk).status_code == 403

    post(ops_admin, "/console/outbox/", message=message.pk)

    message.refresh_from_db()
    assert message.state == "pending"


@pytest.mark.parametrize("given", ["", "x", "9" * 40])
def test_a_senseless_message_number_does_nothing(given: str, ops_admin: User) -> None:
    assert post(ops_admin, "/console/outbox/", message=given).status_code == 200


def test_the_list_of_clients_costs_the_same_at_any_size(
    ops_admin: User, django_assert_max_num_queries: Any
) -> None:
    browser = signed_in(ops_admin)
    make_retainer(client=make_client())
    with django_assert_max_num_queries(12) as few:
        browser.get("/console/clients/")
    for _ in range(5):
        make_retainer(client=make_client())
    with django_assert_max_num_queries(12) as many:
        assert "Trialing" not in browser.get("/console/clients/", {"q": "Client"}).content.decode()

    assert len(many) == len(few)


def test_retainers_are_listed_and_lead_to_their_client(acme: Client, engineer: User) -> None:
    make_retainer(client=make_client("Initech"))
    browser = signed_in(engineer)

    found = browser.get("/console/clients/retainer/", {"q": "acme"}).content.decode()

    assert "490.00 EUR" in found and f'href="{path(acme)}"' in found
    assert "Initech" not in found
    page = f"/console/clients/retainer/{acme.retainers.get().pk}/change/"
    assert browser.get(page).headers["Location"] == path(acme)


def test_people_are_found_by_their_mail_with_their_places(
    acme: Client, alice: User, charlie: User, engineer: User
) -> None:
    browser = signed_in(engineer)

    found = browser.get("/console/clients/user/", {"q": "alice@acme"}).content.decode()

    assert "Alice Adams" in found and f'href="{path(acme)}"' in found
    assert "charlie@globex.test" not in found
    assert "Engineer" in browser.get("/console/clients/user/", {"q": "erin"}).content.decode()
    page = f"/console/clients/user/{alice.pk}/change/"
    assert browser.get(page).headers["Location"] == person_path(alice)


def test_an_account_is_closed_and_opened_on_the_person_s_page_and_told_there(
    project: Project, engineer: User, ops_admin: User, alice: User, acme: Client
) -> None:
    ticket = make_ticket(project=project, engineer=engineer, state="in_progress", title="Stuck")
    make_shift(engineer=engineer)
    where = person_path(engineer)

    answer = post(ops_admin, where, "deactivate")

    page = answer.content.decode()
    assert "signed out everywhere" in said(answer)
    assert not User.objects.get(pk=engineer.pk).is_active
    assert "Deactivated" in page and f"#{ticket.number} Stuck" in page
    assert "1 on-call shift to come" in page and 'value="reactivate"' in page
    assert "deactivated the account of Erin Engel" in page and "put Erin Engel on call" in page
    browser = signed_in(ops_admin)
    assert "nobody is woken" in browser.get("/console/on-call/").content.decode()
    for people in ("/console/staff/", "/console/clients/user/"):
        assert "Deactivated" in browser.get(people).content.decode()
    assert post(ops_admin, where, "deactivate").status_code == 409
    assert "can sign in again" in said(post(ops_admin, where, "reactivate"))
    assert f'href="{path(acme)}"' in browser.get(person_path(alice)).content.decode()


def test_only_an_ops_admin_closes_an_account_and_not_their_own(
    engineer: User, ops_admin: User, alice: User
) -> None:
    page = signed_in(engineer).get(person_path(alice))
    assert page.status_code == 200 and "deactivate" not in page.content.decode()
    assert post(engineer, person_path(alice), "deactivate").status_code == 403
    assert "your own" in said(post(ops_admin, person_path(ops_admin), "deactivate"))
    own = signed_in(ops_admin).get(person_path(ops_admin)).content.decode()
    assert 'value="deactivate"' not in own
    assert User.objects.filter(pk__in=[alice.pk, ops_admin.pk], is_active=True).count() == 2


def test_no_event_of_an_account_is_too_old_to_be_read(
    acme: Client, project: Project, ops_admin: User, django_assert_max_num_queries: Any
) -> None:
    make_release(project=project, version="0.0.1-first")
    for number in range(120):
        make_release(project=project, version=f"1.{number}")
    browser = signed_in(ops_admin)
    pages = [browser.get(path(acme), {"page": page}).content.decode() for page in (1, 2, 3)]

    assert [page.count("deployed") for page in pages[:2]] == [50, 50]
    assert "0.0.1-first" not in pages[0] and "0.0.1-first" in pages[2]
    assert 'href="?page=2#history"' in pages[0] and "opened the account" in pages[2]
    for senseless in ("x", "", "0", "-1", "9" * 5000, "\x00"):
        assert browser.get(path(acme), {"page": senseless}).status_code == 200
    with django_assert_max_num_queries(17):
        browser.get(path(acme), {"page": 2})


def test_every_client_is_on_some_page_of_the_list(
    ops_admin: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        make_client(f"Firm {number:02} & Co")
    browser = signed_in(ops_admin)
    first = browser.get("/console/clients/", {"q": "& co"}).content.decode()

    assert "Firm 49" in first and "Firm 50" not in first and "1 to 50 of 60" in first
    assert 'href="?q=%26+co&amp;page=2"' in first
    with django_assert_max_num_queries(13):
        last = browser.get("/console/clients/", {"q": "& co", "page": "2"}).content.decode()
    assert "Firm 59" in last and "Firm 49" not in last


def test_plans_staff_and_saved_replies_have_a_history(
    ops_admin: User, engineer: User, now: datetime
) -> None:
    post(ops_admin, "/console/plans/", "create", name="Steady")
    sent = {"plan": Plan.objects.get().pk, "amount": "590", "currency": "EUR", **terms()}
    post(ops_admin, "/console/plans/", "publish", **sent)
    post(ops_admin, "/console/staff/", "role", user=engineer.pk, role="ops_admin")
    post(ops_admin, "/console/staff/", "role", user=engineer.pk, role="")
    save_macro(name="Thanks", body="Thank you.", actor=ops_admin, now=now)
    browser = signed_in(ops_admin)

    plans = browser.get("/console/plans/").content.decode()
    assert "added the plan Steady" in plans and "published Steady v1" in plans
    assert "Erin Engel" not in plans
    for page in (person_path(engineer), "/console/staff/"):
        shown = browser.get(page).content.decode()
        assert "made Erin Engel an ops admin" in shown, page
        assert "ended the staff access of Erin Engel" in shown, page
    assert "added the plan Steady" in shown and "wrote saved reply no." in shown
