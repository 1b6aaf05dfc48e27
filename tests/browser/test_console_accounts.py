"""Accounts, plans and mails in the console, and who gets in at all."""

import re
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients.models import Client, Member, Plan, PlanVersion, User
from core.actions import queue_mail
from core.models import OutboxMessage
from tests.browser.portal import check_accessibility, sign_in
from tests.browser.test_portal import enter_code
from tests.factories import make_plan_version

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def test_a_mail_that_was_given_up_is_sent_once_more(
    page: Page, ops_admin: User, now: datetime
) -> None:
    message = queue_mail(to="alice@acme.test", subject="Your invitation", text="Hi", now=now)
    OutboxMessage.objects.filter(pk=message.pk).update(
        state="failed", due_at=None, attempts=8, last_error="550 mailbox full"
    )
    sign_in(page, ops_admin)
    page.goto("/console/outbox/")
    page.get_by_role("link", name="Given up").click()
    expect(page.get_by_text("550 mailbox full")).to_be_visible()
    page.get_by_role("button", name="Send once more").click()

    expect(page.get_by_text("It is sent once more.")).to_be_visible()
    message.refresh_from_db()
    assert message.state in {"pending", "sent"}


def test_published_terms_are_shown_in_open_hours(page: Page, ops_admin: User) -> None:
    make_plan_version(name="Care")
    sign_in(page, ops_admin)
    page.goto("/console/plans/")
    page.get_by_label("Price a month").fill("590.00")
    page.get_by_label("Currency").fill("EUR")
    page.get_by_role("group", name="P2").get_by_label("First response").fill("90")
    page.get_by_role("button", name="Publish").click()

    card = page.get_by_role("region", name="Care")
    expect(card.get_by_text("590.00 EUR")).to_be_visible()
    expect(card.get_by_role("cell", name="1 h 30 min")).to_be_visible()
    expect(card.get_by_role("cell", name="80 h")).to_be_visible()
    assert PlanVersion.objects.count() == 2
    assert Plan.objects.count() == 1


def test_a_member_becomes_a_viewer(page: Page, acme: Client, bob: User, ops_admin: User) -> None:
    sign_in(page, ops_admin)
    page.goto(f"/console/clients/{acme.pk}/")
    row = page.get_by_role("row", name="Bob Brown")
    row.get_by_role("combobox").select_option("viewer")
    row.get_by_role("button", name="Change").click()

    expect(page.get_by_role("row", name="Bob Brown").get_by_role("combobox")).to_have_value(
        "viewer"
    )
    assert Member.objects.get(user=bob).role == "viewer"


def test_a_list_that_finds_nothing_says_how_to_go_on(page: Page, ops_admin: User) -> None:
    sign_in(page, ops_admin)
    page.goto("/console/tickets/ticket/?q=nothing-like-it")
    expect(page.get_by_text("Nothing matches this search")).to_be_visible()
    check_accessibility(page, "an empty list")
    page.get_by_role("link", name="Show all of them").click()
    expect(page).to_have_url(re.compile(r"/console/tickets/ticket/\??$"))


def test_staff_add_a_passkey_before_they_get_in_and_sign_in_with_it(
    page: Page, engineer: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto("/console/queue/")
    enter_code(page, engineer.email)
    expect(page).to_have_url(re.compile("/account/2fa/"))
    expect(page.get_by_text("opens only to a second factor")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Passkey added.")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/console/queue/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Queue", level=1)).to_be_visible()
