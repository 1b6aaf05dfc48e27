"""API keys in a real browser: made, copied, used and revoked by an owner."""

import shlex
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients.actions import revoke_api_key
from clients.models import ApiKey, Project, User
from tests import factories
from tests.browser.portal import DESK, PHONE, check_accessibility, check_page, sign_in

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]


def _copied(page: Page, button: str) -> str:
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("Copied.").last).to_be_visible()
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def _run(line: str) -> int:
    """Do what the curl line says; gives the status of the answer."""
    program, flag, header, address = shlex.split(line)
    assert (program, flag) == ("curl", "-H")
    name, _, value = header.partition(": ")
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers={name: value})) as got:
            return int(got.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_an_owner_makes_a_key_copies_it_uses_it_and_revokes_it(
    page: Page, alice: User, project: Project, live_server: Any, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, alice)
    page.goto("/portal/settings/")
    page.get_by_role("link", name="API keys").click()
    expect(page.get_by_role("heading", name="No keys yet")).to_be_visible()
    page.get_by_label("What uses it").fill("Shop backend")
    page.get_by_text("Read reports and tickets").click()
    page.get_by_role("button", name="Make the key").click()

    expect(page.get_by_role("heading", name="Your new key “Shop backend”")).to_be_focused()
    token, line = _copied(page, "Copy the key"), _copied(page, "Copy the line")
    assert token.startswith("so_live_") and token in line
    assert token not in page.url
    for size, scheme in ((PHONE, "light"), (DESK, "dark")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        check_accessibility(page, f"a new key, {scheme}")
    assert _run(line) == 200

    page.reload()
    expect(page.get_by_text("last used just now")).to_be_visible()
    assert token not in page.content()
    assert ApiKey.objects.count() == 1, "the form that the reload sent again made no second key"
    assert token not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")

    page.once("dialog", lambda question: question.dismiss())
    page.get_by_role("button", name="Revoke Shop backend").click()
    assert _run(line) == 200, "who does not confirm revokes nothing"
    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Revoke Shop backend").click()
    expect(page.get_by_text("stopped working")).to_be_visible()
    assert _run(line) == 401


def test_where_the_clipboard_is_closed_the_key_is_selected(
    page: Page, alice: User, project: Project
) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { get: () => undefined })")
    sign_in(page, alice)
    page.goto("/portal/settings/keys/")
    page.get_by_label("What uses it").fill("Shop backend")
    page.get_by_text("Record releases").click()
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("button", name="Copy the key").click()

    expect(page.get_by_text("Selected: now press")).to_be_visible()
    assert str(page.evaluate("getSelection().toString()")).startswith("so_live_")


@pytest.mark.slow
def test_the_page_owes_everybody_the_same(
    page: Page, alice: User, ops_admin: User, project: Project, now: datetime, problems: list[str]
) -> None:
    sign_in(page, alice)
    check_page(page, "/portal/settings/keys/")
    for app in (project, factories.make_project(project.client, "Acme Customer Care")):
        for name in ("CI deploys", "N" * 80):
            key, _ = factories.make_api_key(project=app, name=name, now=now)
        revoke_api_key(key_id=key.pk, actor=ops_admin, now=now)
    check_page(page, "/portal/settings/keys/")
    page.get_by_text("Revoked keys").click()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("Choose what the key may do.")).to_be_visible()
    check_accessibility(page, "a refused key")
    assert all("422" in problem for problem in problems)
    problems.clear()
