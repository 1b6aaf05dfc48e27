"""Engineers and load in a real browser: an absence entered by days, what it breaks, and undo."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients.models import Project, User
from tests.browser.portal import check_accessibility, check_page, sign_in
from tests.factories import make_absence, make_engineer, make_skill, make_ticket
from tickets.models import Absence, Ticket

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def test_an_absence_shows_what_it_breaks_and_both_pages_owe_staff_the_same(
    page: Page, project: Project, engineer: User, ops_admin: User, now: datetime
) -> None:
    ticket = make_ticket(project=project, engineer=engineer, now=now)
    Ticket.objects.filter(pk=ticket.pk).update(
        due_at=now + timedelta(days=8), committed_at=now, estimate_minutes=300
    )
    sign_in(page, engineer)
    page.goto("/console/engineers/")
    page.get_by_label("First day").fill(now.date().isoformat())
    page.get_by_label("Last day").fill((now + timedelta(days=20)).date().isoformat())
    page.get_by_label("Reason").fill("Parental leave")
    page.get_by_role("button", name="Add", exact=True).click()

    expect(page.get_by_text("That breaks 1 promise.")).to_be_visible()
    expect(page.get_by_role("link", name=f"#{ticket.number}")).to_be_visible()
    check_accessibility(page, "what an absence breaks")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Every promise holds.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("That breaks 1 promise.")).to_be_visible()
    assert Absence.objects.latest("ends_at").reason == "Parental leave"

    make_engineer(engineer, projects=[project], skills=[make_skill(now=now)], now=now)
    for place in range(5):
        make_absence(engineer=engineer, now=now, starts_in=24 * (30 + 7 * place), hours=5)
    sign_in(page, ops_admin)
    check_page(page, f"/console/engineers/?edit={engineer.pk}")
    check_page(page, "/console/load/")
