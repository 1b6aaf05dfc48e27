"""API keys in the portal: owners make and revoke them, nobody else sees them."""

import logging
from datetime import datetime

import pytest
from django.test import Client as Browser

from clients.models import ApiKey, ApiScope, Client, Project, User
from tests import factories
from tests.api import Api
from tests.portal import signed_in

pytestmark = pytest.mark.django_db
PAGE = "/portal/settings/keys/"
CEILING = 12


def _sent(app: Project, **changes: object) -> dict[str, object]:
    scopes = [ApiScope.REPORTS_READ.value, ApiScope.REPORTS_WRITE.value]
    return {"project": app.pk, "name": "Shop backend", "scopes": scopes, **changes}


def test_an_owner_makes_a_key_that_works_and_is_shown_once(
    alice: User, project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    browser = signed_in(alice)
    with caplog.at_level(logging.DEBUG):
        answer = browser.post(PAGE, _sent(project))

    key = ApiKey.objects.get()
    assert answer.status_code == 200
    token = answer.context["made"]["token"]
    assert answer.content.decode().count(token) == 2, "the key, and the line to try it"
    assert (key.project, key.created_by, key.name) == (project, alice, "Shop backend")
    assert Api(token).get("reports").status_code == 200
    assert "no-store" in answer["Cache-Control"]

    page = browser.get(PAGE).content.decode()
    assert "Shop backend" in page and "Alice Adams" in page
    assert token not in page
    assert token not in caplog.text
    assert token not in str(answer.headers) + str(browser.cookies)
    assert token not in str(dict(browser.session))


def test_the_same_form_again_makes_no_second_key(alice: User, project: Project) -> None:
    browser = signed_in(alice)
    form = _sent(project, form_key=browser.get(PAGE).context["form_key"])
    assert browser.post(PAGE, form).status_code == 200

    again = browser.post(PAGE, form)

    assert (again.status_code, again["Location"]) == (302, PAGE)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"scopes": []}, "Choose what the key may do."),
        ({"scopes": ["money:take"]}, "Select a valid choice"),
        ({"project": ""}, "This field is required."),
    ],
)
def test_a_bad_key_is_refused_beside_its_field(
    alice: User, project: Project, changes: dict[str, object], words: str
) -> None:
    factories.make_project(project.client)
    answer = signed_in(alice).post(PAGE, _sent(project, **changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_what_was_typed_stays_after_a_refusal(alice: User, project: Project) -> None:
    page = signed_in(alice).post(PAGE, _sent(project, name="")).content.decode()
    assert 'value="reports:read" checked' in page
    assert 'value="releases:write" checked' not in page


@pytest.mark.parametrize(
    ("scopes", "ends"),
    [
        (["reports:read", "releases:write"], "/api/v1/reports"),
        (["releases:write", "reports:write"], "/api/v1/releases"),
        (["reports:write"], """'{"text": "A try of our API key."}' """),
    ],
)
def test_the_line_to_try_a_key_reads_wherever_it_may(
    alice: User, project: Project, scopes: list[str], ends: str
) -> None:
    answer = signed_in(alice).post(PAGE, _sent(project, scopes=scopes))
    assert ends in answer.context["made"]["line"] + " "


def test_an_owner_revokes_a_key_and_it_stops_at_once(
    alice: User, api_key: ApiKey, api_token: str
) -> None:
    browser = signed_in(alice)
    sent = {"action": "revoke", "key": api_key.pk}
    page = browser.post(PAGE, sent, follow=True).content.decode()
    assert "stopped working" in page and "Revoked keys" in page
    assert Api(api_token).get("reports").status_code == 401

    again = browser.post(PAGE, sent, follow=True).content.decode()
    assert "This key is revoked already." in again


def test_members_and_viewers_see_no_keys(
    alice: User, bob: User, vera: User, project: Project, api_key: ApiKey
) -> None:
    assert PAGE in signed_in(alice).get("/portal/settings/").content.decode()
    for person in (bob, vera):
        browser = signed_in(person)
        assert PAGE not in browser.get("/portal/settings/").content.decode()
        assert browser.get(PAGE).status_code == 403
        assert browser.post(PAGE, _sent(project)).status_code == 403
        assert browser.post(PAGE, {"action": "revoke", "key": api_key.pk}).status_code == 403
    assert [key.revoked_at for key in ApiKey.objects.all()] == [None]


def test_a_stranger_neither_sees_nor_makes_nor_revokes_the_keys_of_others(
    charlie: User, project: Project, foreign_project: Project, api_key: ApiKey
) -> None:
    browser = signed_in(charlie)
    page = browser.get(PAGE).content.decode()
    assert api_key.prefix not in page and "Acme" not in page
    assert browser.post(PAGE, _sent(project)).status_code == 422
    for key in (str(api_key.pk), "987654", "x", ""):
        assert browser.post(PAGE, {"action": "revoke", "key": key}).status_code == 404
    assert [key.revoked_at for key in ApiKey.objects.all()] == [None]


def test_who_has_no_client_has_no_keys(db: None) -> None:
    assert signed_in(factories.make_user()).get(PAGE)["Location"] == "/portal/"
    assert Browser().get(PAGE)["Location"] == f"/account/login/?next={PAGE}"
    assert Browser().post(PAGE)["Location"] == f"/account/login/?next={PAGE}"


def test_without_keys_or_apps_the_page_says_what_they_are_for(alice: User, acme: Client) -> None:
    browser = signed_in(alice)
    page = browser.get(PAGE).content.decode()
    assert "No app is in our care yet" in page and "Make the key" not in page
    assert browser.post(PAGE, {"name": "x", "scopes": ["reports:read"]}).status_code == 422

    factories.make_project(acme)
    page = browser.get(PAGE).content.decode()
    assert "No keys yet" in page and "/api/docs/" in page and "Make the key" in page


def test_an_archived_app_has_no_keys(
    alice: User, ops_admin: User, project: Project, api_key: ApiKey, now: datetime
) -> None:
    from clients.actions import archive_project

    archive_project(project_id=project.pk, actor=ops_admin, now=now)
    factories.make_project(project.client)
    browser = signed_in(alice)
    assert api_key.prefix not in browser.get(PAGE).content.decode()
    assert browser.post(PAGE, _sent(project)).status_code == 422


def test_making_keys_without_end_is_slowed_down(alice: User, project: Project) -> None:
    browser = signed_in(alice)
    answers = [browser.post(PAGE, _sent(project)).status_code for _ in range(31)]
    assert set(answers[:30]) == {200}
    assert answers[30] == 429


def test_the_page_asks_the_same_few_queries_however_many_keys_there_are(
    alice: User, acme: Client, ops_admin: User, now: datetime, django_assert_max_num_queries: object
) -> None:
    from clients.actions import revoke_api_key

    for _ in range(4):
        project = factories.make_project(acme)
        for _ in range(8):
            key, _token = factories.make_api_key(project=project)
        revoke_api_key(key_id=key.pk, actor=ops_admin, now=now)
    browser = signed_in(alice)
    with django_assert_max_num_queries(CEILING):  # type: ignore[operator]
        assert browser.get(PAGE).status_code == 200
