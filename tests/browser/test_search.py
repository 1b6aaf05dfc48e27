"""Searching by keyboard alone, in console and portal; both pages fit, and axe finds nothing."""

import re
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients.models import Client, Project, User
from tests.browser.portal import check_page, sign_in
from tests.factories import make_ticket
from tickets import actions, tasks

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def numbers(db: None, project: Project, engineer: User, now: datetime) -> list[int]:
    """Two tickets about the checkout and one about something else, oldest first."""
    titles = ("Checkout is slow", "Checkout fails", "Logo is blurred")
    made = [make_ticket(project=project, engineer=engineer, title=t, now=now) for t in titles]
    tasks.learn_words()
    return [ticket.number for ticket in made]


def test_console_and_portal_are_searched_by_keyboard_alone(
    page: Page, numbers: list[int], acme: Client, alice: User, engineer: User, now: datetime
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for person, view, path, there in (
        (engineer, None, "/console/search/", f"/console/tickets/{numbers[0]}/"),
        (alice, acme.pk, "/portal/tickets/", f"/portal/tickets/{numbers[0]}/"),
    ):
        actions.save_view(
            name="Slow ones", query="slow", client_id=view, actor=person, now=now, is_shared=True
        )
        sign_in(page, person)
        page.goto(path)
        expect(page.get_by_role("link", name="Slow ones")).to_be_visible()
        expect(page.locator("[id^=count-]")).to_have_text("1")
        page.keyboard.press("/")
        page.keyboard.type("chek")
        page.keyboard.type("out")
        expect(page.locator("[data-hit]")).to_have_count(2)
        expect(page.get_by_text("Looked for checkout as well")).to_be_visible()
        expect(page.locator("mark").first).to_have_text("Checkout")
        expect(page).to_have_url(re.compile("q=chekout"))
        # Leaving the box asks for nothing again; results that still arrive leave the place alone.
        asked.clear()
        page.keyboard.press("ArrowDown")
        expect(page.locator("[data-hit]").first).to_be_focused()
        page.evaluate("htmx.ajax('GET', location.href, '#results')")
        page.wait_for_load_state("networkidle")
        assert len(asked) == 1
        expect(page.locator("[data-hit]").first).to_be_focused()
        page.keyboard.press("k")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page).to_have_url(there)
        check_page(page, f"{path}?q=chekout")
