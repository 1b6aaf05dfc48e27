"""The pages on which the widget is set up: by owners in the portal, by staff in the console."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client as Browser

from clients.actions import create_browser_key
from clients.models import ApiKey, KeyKind, Project, User
from clients.queries import identity_secret
from tests import factories
from tests.portal import signed_in

pytestmark = pytest.mark.django_db
PAGE = "/portal/settings/widget/"
CEILING = 14


@pytest.fixture(autouse=True)
def _one_factor(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False


def _new(project: Project, **changes: Any) -> dict[str, Any]:
    sent = {"action": "create", "do": "create", "project": project.pk, "name": "Web shop"}
    return {**sent, "origins": "https://shop.example", **changes}


def test_an_owner_makes_changes_and_revokes_a_key(
    alice: User, project: Project, settings: Any
) -> None:
    browser = signed_in(alice)
    assert browser.post(PAGE, _new(project, shows_suggestions="on")).status_code == 302
    key = ApiKey.objects.get()
    assert (key.kind, key.created_by, key.shows_suggestions) == (KeyKind.BROWSER, alice, True)
    page = browser.get(PAGE).content.decode()
    assert f"data-key=&quot;{key.public_token}&quot;" in page
    assert f"script-src {settings.SITE_URL}" in page
    assert identity_secret(project) in page
    assert key.name not in browser.get("/portal/settings/keys/").content.decode()

    sent = _new(
        project, action="change", key=key.pk, origins="https://a.example\nhttps://b.example"
    )
    browser.post(PAGE, sent)
    key.refresh_from_db()
    assert key.allowed_origins == ["https://a.example", "https://b.example"]
    assert not key.shows_suggestions

    before = identity_secret(project)
    browser.post(PAGE, {"action": "rotate", "project": project.pk})
    project.refresh_from_db()
    assert identity_secret(project) != before

    browser.post(PAGE, {"action": "revoke", "project": project.pk, "key": key.pk})
    key.refresh_from_db()
    assert key.revoked_at


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"origins": "shop.example"}, "is no origin"),
        ({"origins": ""}, "at least one origin"),
        ({"name": " "}, "This field cannot be blank"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(
    alice: User, ops_admin: User, project: Project, changes: dict[str, str], words: str
) -> None:
    for browser, page, status in (
        (signed_in(alice), PAGE, 422),
        (signed_in(ops_admin), f"/console/projects/{project.pk}/widget/", 400),
    ):
        answer = browser.post(page, _new(project, **changes))
        assert answer.status_code == status
        text = answer.content.decode()
        assert words in text
        assert changes.get("origins", "https://shop.example") in text
    assert not ApiKey.objects.exists()


def test_staff_set_it_up_but_only_an_ops_admin_sees_the_secret(
    ops_admin: User, engineer: User, project: Project
) -> None:
    page = f"/console/projects/{project.pk}/widget/"
    secret = identity_secret(project)
    assert signed_in(engineer).post(page, _new(project)).status_code == 302
    key = ApiKey.objects.get()
    shown = signed_in(engineer).get(page).content.decode()
    assert str(key.public_token) in shown and secret not in shown
    assert secret in signed_in(ops_admin).get(page).content.decode()
    assert signed_in(engineer).post(page, {"do": "rotate"}).status_code == 403
    assert signed_in(ops_admin).post(page, {"do": "rotate"}).status_code == 302
    assert signed_in(engineer).post(page, {"do": "fly"}).status_code == 400
    overview = signed_in(engineer).get(f"/console/projects/{project.pk}/").content.decode()
    assert "On the pages of Web shop." in overview


def test_nobody_else_sees_or_changes_anything(
    bob: User, vera: User, charlie: User, project: Project, foreign_project: Project, now: datetime
) -> None:
    key = factories.make_browser_key(project=project, now=now)
    for member in (bob, vera):
        assert signed_in(member).get(PAGE).status_code == 403
        assert signed_in(member).post(PAGE, _new(project)).status_code == 403
    stranger = signed_in(charlie)
    assert str(key.public_token) not in stranger.get(PAGE).content.decode()
    assert stranger.post(PAGE, _new(project)).status_code == 404
    for sent in (
        {"action": "revoke", "project": foreign_project.pk, "key": key.pk},
        {"action": "change", "project": foreign_project.pk, "key": key.pk, "name": "x"},
        {"action": "rotate", "project": project.pk},
    ):
        assert stranger.post(PAGE, sent).status_code == 404
    assert stranger.get(f"/console/projects/{project.pk}/widget/").status_code in (302, 403)
    assert Browser().get(PAGE).status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is None and ApiKey.objects.count() == 1


def test_a_key_for_servers_is_no_key_for_pages(
    alice: User, project: Project, now: datetime
) -> None:
    server, _ = factories.make_api_key(project=project, now=now)
    sent = {"action": "revoke", "project": project.pk, "key": server.pk}
    assert signed_in(alice).post(PAGE, sent).status_code == 404


def test_the_same_form_again_makes_no_second_key(alice: User, project: Project) -> None:
    browser = signed_in(alice)
    form = _new(project, form_key=browser.get(PAGE).context["form_key"])
    browser.post(PAGE, form)
    browser.post(PAGE, form)
    assert ApiKey.objects.count() == 1


def test_many_keys_take_no_more_queries(
    alice: User, project: Project, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        app = factories.make_project(project.client, now=now)
        create_browser_key(
            project_id=app.pk,
            name=f"Site {number}",
            origins="https://a.example",
            actor=alice,
            now=now,
        )
    browser = signed_in(alice)
    with django_assert_max_num_queries(CEILING):
        assert "Site 5" in browser.get(PAGE).content.decode()
