"""What stands before every page: second factors, sizes, and copies nobody may keep."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from django.test import Client as Browser
from django.urls import reverse

from clients.models import User
from tests.portal import signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


@pytest.fixture
def secret(engineer: User, settings: Any) -> str:
    """The engineer's authenticator app, where staff need one."""
    settings.STAFF_SECOND_FACTOR = True
    secret: str = totp.generate_totp_secret()
    totp.TOTP.activate(engineer, secret)
    return secret


def code_of(secret: str) -> str:
    """Give what the app shows now."""
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def test_a_session_from_before_the_second_factor_must_give_it(engineer: User, secret: str) -> None:
    browser = signed_in(engineer)
    for path in ("/console/queue/?page=2", "/portal/files/1/"):
        answer = browser.get(path)
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith(reverse("mfa_reauthenticate") + "?next=%2F")

    asked = browser.get("/console/queue/").headers["Location"]
    answer = browser.post(asked, {"code": code_of(secret)})

    assert answer.headers["Location"] == "/console/queue/"
    assert browser.get("/console/queue/").status_code == 200


def test_signing_in_with_the_second_factor_opens_the_console(engineer: User, secret: str) -> None:
    engineer.set_password(PASSWORD)
    engineer.save()
    EmailAddress.objects.create(user=engineer, email=engineer.email, verified=True, primary=True)
    browser = Browser()
    sent = {"login": engineer.email, "password": PASSWORD}
    asked = browser.post(f"{reverse('account_login')}?with=password", sent)
    assert asked.headers["Location"] == reverse("mfa_authenticate")
    assert browser.get("/console/queue/").status_code == 302

    browser.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert browser.get("/console/queue/").status_code == 200


@pytest.mark.parametrize("path", ["/portal/report/", "/nowhere/", "/account/login/"])
def test_a_body_larger_than_any_form_of_ours_is_refused_unread(path: str) -> None:
    answer = Browser().generic("POST", path, b"", CONTENT_LENGTH=str(10**9))

    assert answer.status_code == 413
    assert "larger than 82 MB" in answer.content.decode()
    assert Browser().generic("POST", path, b"", CONTENT_LENGTH="9" * 5000).status_code == 413


def test_the_api_refuses_it_as_a_problem() -> None:
    answer = Browser().generic("POST", "/api/v1/reports", b"", CONTENT_LENGTH=str(10**9))

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["account_email", "mfa_index", "account_reauthenticate"])
def test_no_copy_is_kept_of_what_only_the_signed_in_see(alice: User, name: str) -> None:
    answer = signed_in(alice).get(reverse(name))

    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]
