"""Links out of old mails: what they say, and that they lead on."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from clients.models import Client, Project, User
from tests.browser.portal import check_accessibility
from tests.factories import make_fix_check, make_invitation, make_ticket

pytestmark = pytest.mark.timeout(120)


@pytest.mark.slow
def test_an_expired_invitation_says_so_and_leads_to_the_sign_in(
    page: Page, acme: Client, now: datetime, problems: list[str]
) -> None:
    _, token = make_invitation(
        client=acme, email="carol@acme.example", now=now - timedelta(days=60)
    )
    page.goto(f"/invite/{token}/")
    expect(page.get_by_role("heading", name="This invitation is closed")).to_be_visible()
    check_accessibility(page, "an expired invitation")
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert all("410" in problem or "404" in problem for problem in problems)
    problems.clear()


@pytest.mark.slow
def test_an_expired_question_says_so_and_changes_nothing(
    page: Page, project: Project, engineer: User, now: datetime, problems: list[str]
) -> None:
    ticket = make_ticket(
        project=project,
        email="dan@example.com",
        state="shipped",
        engineer=engineer,
        now=now - timedelta(days=200),
    )
    _, token = make_fix_check(ticket=ticket, now=now - timedelta(days=200))
    page.goto(f"/v/{token}/")
    expect(page.get_by_role("heading", name="This question is closed")).to_be_visible()
    check_accessibility(page, "an expired question")
    ticket.refresh_from_db()
    assert ticket.state == "shipped"
    assert all("410" in problem or "404" in problem for problem in problems)
    problems.clear()
