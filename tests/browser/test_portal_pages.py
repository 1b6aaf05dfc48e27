"""Every page of the portal fits, in light and dark, on phone and desk, and axe finds nothing."""

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from clients.models import Client, Project, User
from tests.browser.portal import (
    DESK,
    PHONE,
    check_accessibility,
    check_page,
    make_scene,
    sign_in,
)
from tests.factories import (
    make_fix_check,
    make_invitation,
    make_report,
    make_status_link,
    make_ticket,
)

pytestmark = pytest.mark.timeout(240)


@pytest.mark.slow
def test_public_pages_owe_everybody_the_same(
    page: Page, project: Project, acme: Client, engineer: User, problems: list[str]
) -> None:
    ticket = make_ticket(
        project=project, email="dan@example.com", state="shipped", engineer=engineer
    )
    _, check = make_fix_check(ticket=ticket)
    _, asked = make_status_link(project, engineer=engineer)
    _, invited = make_invitation(client=acme, email="carol@acme.example")
    for path in (
        "/",
        "/account/login/",
        "/account/login/?with=password",
        "/account/login/code/",
        "/account/signup/",
        "/account/password/reset/",
        f"/v/{check}/",
        f"/r/{asked}/",
        f"/invite/{invited}/",
    ):
        check_page(page, path)
    assert not problems
    for path in ("/nowhere/", "/v/unknown/", "/r/unknown/", "/invite/unknown/"):
        check_page(page, path)
    assert all("404" in problem for problem in problems)
    problems.clear()


@pytest.mark.slow
def test_pages_of_a_quiet_account_owe_everybody_the_same(page: Page, alice: User) -> None:
    sign_in(page, alice)
    for path in ("/portal/", "/portal/report/", "/portal/tickets/", "/portal/tickets/?q=x"):
        check_page(page, path)


def test_one_endless_word_holds_no_browser_up(page: Page, project: Project, alice: User) -> None:
    report = make_report(project, "W" * 50_000, by=alice)
    sign_in(page, alice)
    page.goto(f"/portal/reports/{report.number}/", timeout=8_000)
    expect(page.locator(".as-sent")).to_be_visible()


@pytest.mark.slow
def test_pages_of_a_busy_account_owe_everybody_the_same(
    page: Page,
    acme: Client,
    project: Project,
    alice: User,
    bob: User,
    engineer: User,
    now: datetime,
) -> None:
    scene = make_scene(acme, project, alice, bob, engineer, now)
    sign_in(page, alice)
    for path in (
        "/portal/",
        "/portal/tickets/",
        f"/portal/tickets/{scene.worked.number}/",
        f"/portal/tickets/{scene.shipped.number}/",
        f"/portal/tickets/{scene.asked.number}/",
        f"/portal/reports/{scene.fresh.number}/",
        "/portal/report/",
        "/portal/team/",
        "/portal/settings/",
    ):
        check_page(page, path)


@pytest.mark.slow
def test_refusals_and_open_menus_are_as_accessible(
    page: Page, alice: User, bob: User, project: Project, problems: list[str]
) -> None:
    sign_in(page, alice)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/portal/report/")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_label("What happened?")).to_be_focused()
    check_accessibility(page, "a refused report")
    page.goto("/portal/team/")
    page.get_by_label("E-mail address").fill("bob@acme.test")
    page.get_by_role("button", name="Send the invitation").click()
    check_accessibility(page, "a refused invitation")
    page.get_by_text("Change Bob Brown").click()
    check_accessibility(page, "an open menu")
    assert all("422" in problem for problem in problems)
    problems.clear()


@pytest.mark.slow
def test_account_pages_owe_everybody_the_same(page: Page, alice: User) -> None:
    sign_in(page, alice)
    for path in (
        "/account/email/",
        "/account/password/set/",
        "/account/logout/",
        "/account/2fa/",
        "/account/2fa/totp/activate/",
        "/account/2fa/webauthn/",
        "/account/2fa/webauthn/add/",
    ):
        check_page(page, path)


@pytest.mark.slow
def test_pictures_for_the_papers(
    page: Page,
    screenshot: Callable[..., None],
    acme: Client,
    project: Project,
    alice: User,
    bob: User,
    engineer: User,
    now: datetime,
) -> None:
    scene = make_scene(acme, project, alice, bob, engineer, now)
    sign_in(page, alice)
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.goto("/portal/")
    screenshot("portal-home")
    page.goto(f"/portal/tickets/{scene.worked.number}/")
    screenshot("portal-ticket")
    page.emulate_media(color_scheme="dark")
    screenshot("portal-ticket-dark")
    page.emulate_media(color_scheme="light")
    page.goto("/portal/report/")
    screenshot("portal-report")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/portal/report/")
    screenshot("portal-report-phone")
    page.goto("/portal/")
    screenshot("portal-home-phone")
