"""The queue in a real browser: open a receipt by keyboard, take another ticket with a reason."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients.models import Project, User
from tests.browser.portal import check_page, sign_in
from tests.factories import make_ticket
from tickets.models import Ticket

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def test_a_receipt_is_read_and_another_ticket_taken_without_a_mouse(
    page: Page, project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    urgent = make_ticket(project=project, engineer=engineer, severity="S1", now=now)
    other = make_ticket(project=foreign_project, engineer=engineer, now=now)
    sign_in(page, engineer)
    for path in ("/console/queue/", f"/console/tickets/{other.number}/take/", "/console/shares/"):
        check_page(page, path)
    page.goto("/console/queue/")
    summary = page.get_by_text("L2: Globex")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Globex's account")).to_be_visible()

    page.get_by_role("link", name="Take this one").press("Enter")
    expect(page.get_by_role("heading", name=f"If you take #{other.number} first")).to_be_visible()
    page.get_by_label("Why").fill("They are on the phone.")
    page.get_by_role("button", name="Take it").press("Enter")
    expect(page.get_by_text(f"#{other.number} is yours")).to_be_visible()

    page.goto("/console/queue/")
    page.keyboard.press("n")
    expect(page.get_by_text(f"#{urgent.number} is yours")).to_be_visible()
    states = Ticket.objects.values_list("state", flat=True)
    assert set(states) == {"in_progress"}
