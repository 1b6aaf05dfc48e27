"""The workbench in a real browser: what was just done is in sight."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients.models import Project, User
from tests.browser.portal import sign_in
from tests.factories import make_ticket

pytestmark = pytest.mark.timeout(120)


@pytest.mark.slow
def test_what_was_sent_and_what_was_done_is_in_sight(
    page: Page, project: Project, alice: User, engineer: User, now: datetime, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    ticket = make_ticket(project=project, by=alice, state="in_progress", engineer=engineer, now=now)
    sign_in(page, engineer)
    page.goto(f"/console/tickets/{ticket.number}/")
    page.get_by_text("Public reply").click()
    page.get_by_label("Text").fill("Found it, a fix is on its way.")
    page.get_by_role("button", name="Send to 1 reporter").click()
    said = page.get_by_role("paragraph").filter(has_text="Found it, a fix is on its way.")
    expect(said).to_be_in_viewport()

    page.get_by_text("To review …").click()
    page.get_by_role("button", name="Send to review").click()
    expect(page.get_by_text(f"#{ticket.number} is in review.")).to_be_in_viewport()
    page.get_by_text("Ship …").click()
    page.get_by_role("button", name="It is live").click()
    expect(page.get_by_text("Shipped. Every reporter is asked")).to_be_in_viewport()
