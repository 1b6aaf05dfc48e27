"""Signing in: mailed codes first, passwords if one likes, no sign-up, no telling who exists."""

import re

import pytest
from allauth.mfa.adapter import get_adapter as mfa_adapter
from django.conf import LazySettings
from django.core import mail
from django.core.cache import cache
from django.test import Client as Browser

from clients.models import User
from tests.portal import signed_in

pytestmark = pytest.mark.django_db


def ask_for_code(browser: Browser, email: str) -> str:
    """Ask for a code; gives what the page then shows."""
    answer = browser.post("/account/login/", {"login": email, "next": "/portal/team/"}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_mailed_code_signs_in_and_leads_on(alice: User) -> None:
    browser = Browser()
    assert "Enter the code we mailed" in ask_for_code(browser, "Alice@Acme.test")
    (message,) = mail.outbox
    assert message.to == ["alice@acme.test"] or message.to == ["Alice@Acme.test"]
    code = re.search(r"^\s+(\d{4}-\d{4})$", str(message.body), re.MULTILINE)
    assert code
    answer = browser.post(
        "/account/login/code/confirm/", {"code": code.group(1), "next": "/portal/team/"}
    )
    assert answer["Location"] == "/portal/team/"
    assert browser.get("/portal/").status_code == 200


def test_a_wrong_code_lets_nobody_in_and_ends_after_five_tries(alice: User) -> None:
    browser = Browser()
    ask_for_code(browser, "alice@acme.test")
    for _ in range(4):
        page = browser.post("/account/login/code/confirm/", {"code": "0000-0000"})
        assert "Incorrect code." in page.content.decode()
    browser.post("/account/login/code/confirm/", {"code": "0000-0000"})
    assert browser.get("/account/login/code/confirm/")["Location"].startswith("/account/login/")
    assert "_auth_user_id" not in browser.session


@pytest.mark.slow
def test_many_other_entries_do_not_push_a_limit_out_of_the_cache() -> None:
    cache.set("tries", 4)
    for number in range(400):
        cache.set(f"form-{number}", True)
    assert cache.get("tries") == 4
    assert len(cache.get_many(f"form-{number}" for number in range(400))) == 400


def test_an_unknown_address_sees_the_same_page_as_a_known_one(alice: User) -> None:
    def shape(page: str) -> str:
        return re.sub(r'value="[^"]{64}"', "", page)

    known = ask_for_code(Browser(), "alice@acme.test").replace("alice@acme.test", "X")
    unknown = ask_for_code(Browser(), "nobody@acme.test").replace("nobody@acme.test", "X")
    assert shape(known) == shape(unknown)
    assert [message.to for message in mail.outbox] == [["alice@acme.test"], ["nobody@acme.test"]]
    assert "no ShipOps account" in str(mail.outbox[1].body)
    assert "signup" not in str(mail.outbox[1].body)


def test_a_password_works_where_one_is_set(alice: User) -> None:
    alice.set_password("a rather long secret")
    alice.save()
    browser = Browser()
    page = browser.get("/account/login/?with=password&next=/portal/team/").content.decode()
    assert 'type="password"' in page
    assert 'type="password"' not in Browser().get("/account/login/").content.decode()
    sent = {"login": "alice@acme.test", "password": "wrong", "next": "/portal/team/"}
    assert browser.post("/account/login/?with=password", sent).status_code == 200
    sent["password"] = "a rather long secret"
    answer = browser.post("/account/login/?with=password", sent)
    assert answer["Location"] == "/portal/team/"


@pytest.mark.parametrize("email", ["alice@acme.test", "nobody@acme.test"])
def test_a_mail_server_that_is_down_is_said_and_tells_nobody_who_exists(
    alice: User, settings: LazySettings, email: str
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = Browser().post("/account/login/", {"login": email})
    assert answer.status_code == 503
    assert "The mail could not be sent" in answer.content.decode()


def test_a_new_address_counts_once_its_code_is_typed(alice: User) -> None:
    browser = signed_in(alice)
    sent = {"email": "alice@new.test", "action_add": ""}
    page = browser.post("/account/email/", sent, follow=True).content.decode()
    assert "A code is on its way" in page
    alice.refresh_from_db()
    assert alice.email == "alice@acme.test"

    (message,) = [found for found in mail.outbox if found.to == ["alice@new.test"]]
    code = re.search(r"\d{4}-\d{4}", str(message.body))
    assert code
    browser.post("/account/confirm-email/", {"code": code.group()})
    alice.refresh_from_db()
    assert alice.email == "alice@new.test"
    assert "Mail me a code" not in ask_for_code(Browser(), "alice@new.test")


def test_a_forgotten_password_is_set_anew_with_a_mailed_code(alice: User) -> None:
    browser = Browser()
    browser.post("/account/password/reset/", {"email": "alice@acme.test"})
    code = re.search(r"\d{4}-\d{4}", str(mail.outbox[-1].body))
    assert code
    browser.post("/account/password/reset/confirm/", {"code": code.group()})
    fresh = {"password1": "quite a new secret", "password2": "quite a new secret"}
    assert browser.get("/account/password/reset/complete/").status_code == 200
    browser.post("/account/password/reset/complete/", fresh)
    alice.refresh_from_db()
    assert alice.check_password("quite a new secret")


def test_nobody_signs_up_alone(db: None) -> None:
    for answer in (
        Browser().get("/account/signup/"),
        Browser().post("/account/signup/", {"email": "x@y.test", "password1": "long enough 123"}),
    ):
        assert "Accounts are made by invitation" in answer.content.decode()
    assert not User.objects.filter(email="x@y.test").exists()


def test_asking_for_codes_over_and_over_is_slowed_down(alice: User) -> None:
    for _ in range(3):
        ask_for_code(Browser(), "alice@acme.test")
    answer = Browser().post("/account/login/", {"login": "alice@acme.test"})
    assert "Too many" in answer.content.decode()
    assert len(mail.outbox) == 3


def test_authenticator_secrets_are_stored_encrypted(db: None) -> None:
    adapter = mfa_adapter()
    stored = adapter.encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in stored
    assert adapter.decrypt(stored) == "JBSWY3DPEHPK3PXP"


def test_the_front_page_greets_visitors_and_sends_everybody_else_on(
    alice: User, engineer: User
) -> None:
    assert "You launched it." in Browser().get("/").content.decode()
    assert signed_in(alice).get("/")["Location"] == "/portal/"
    assert signed_in(engineer).get("/")["Location"] == "/console/"


@pytest.mark.parametrize(
    "path",
    [
        "/account/email/",
        "/account/password/set/",
        "/account/2fa/",
        "/account/2fa/totp/activate/",
        "/account/2fa/webauthn/",
        "/account/2fa/webauthn/add/",
        "/account/logout/",
    ],
)
def test_account_pages_open_under_the_strict_policy(alice: User, path: str) -> None:
    page = signed_in(alice).get(path)
    assert page.status_code == 200
    html = page.content.decode()
    assert not re.search(r"<script(?![^>]*(src=|application/json))", html)
    assert not re.search(r"\s(style|on[a-z]+)=", html)
    assert "unsafe" not in page["Content-Security-Policy"]


def test_the_first_code_of_a_new_colleague_opens_the_console(
    engineer: User, settings: LazySettings
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    browser = Browser()
    ask_for_code(browser, engineer.email)
    code = re.search(r"\d{4}-\d{4}", str(mail.outbox[-1].body))
    assert code
    answer = browser.post("/account/login/code/confirm/", {"code": code.group()})

    assert answer["Location"] != "/account/confirm-email/"
    assert browser.get("/console/queue/").status_code == 200
    (message,) = mail.outbox
    assert message.to == [engineer.email]
