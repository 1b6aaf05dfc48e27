"""Passkeys and authenticator apps, set up and used under the strict policy."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from clients.models import User
from tests.browser.portal import check_page, sign_in

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]
PASSWORD = "a rather long secret"


def enter_password(page: Page) -> None:
    """Fill the password form."""
    page.goto("/account/login/?with=password")
    page.get_by_label("E-mail address").fill("alice@acme.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_an_authenticator_app_is_set_up_and_asked_for(page: Page, alice: User) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    enter_password(page)
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    page.goto("/account/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = page.locator(".secret").inner_text()
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    page.get_by_label("Authenticator code").fill(code)
    page.get_by_role("button", name="Turn on").click()
    recovery = page.get_by_role("list", name="Unused codes").get_by_role("listitem")
    expect(recovery).to_have_count(10)
    spare = recovery.first.inner_text()
    assert secret not in str(Authenticator.objects.get(type="totp").data)
    for path in (
        "/account/2fa/",
        "/account/2fa/recovery-codes/",
        "/account/2fa/recovery-codes/generate/",
        "/account/2fa/totp/deactivate/",
        "/account/password/change/",
        "/account/reauthenticate/",
        "/account/2fa/reauthenticate/",
    ):
        check_page(page, path)

    page.context.clear_cookies()
    enter_password(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    check_page(page, "/account/2fa/authenticate/")
    page.get_by_label("Code").fill(spare)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/portal/$"))


def test_a_passkey_is_added_and_signs_in_by_itself(
    page: Page, alice: User, settings: LazySettings
) -> None:
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
    sign_in(page, alice)
    assert urlsplit(page.url).hostname == "localhost"
    page.goto("/account/2fa/webauthn/add/")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Passkey added.")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    check_page(page, "/account/2fa/webauthn/")
    expect(page.get_by_role("link", name="Rename Passkey")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/portal/$"))
