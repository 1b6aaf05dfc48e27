"""Combinations of settings that cannot be meant are named by a system check."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured

from shipops.checks import check_settings, is_local, refuse_wrong_settings
from tests.shipops.test_deploy_checks import PRODUCTION, ROOT


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    """Settings as a production system has them, all of a piece."""
    settings.DEBUG = False
    settings.SITE_URL = "https://ops.example.com"
    settings.ALLOWED_HOSTS = ["ops.example.com"]
    settings.EMAIL_URL = "smtp://mail"
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.S3_BUCKET = settings.S3_ENDPOINT_URL = ""
    settings.STAFF_SECOND_FACTOR = True
    settings.STRIPE_SECRET_KEY = settings.STRIPE_WEBHOOK_SECRET = ""
    settings.STRIPE_API_BASE = "https://api.stripe.com"


def _found(settings: Any, **changes: Any) -> list[CheckMessage]:
    for name, value in changes.items():
        setattr(settings, name, value)
    return check_settings()


MAIL_IN = {
    "INBOUND_MAIL_ADDRESS": "bugs@in.example.com",
    "INBOUND_MAIL_SERVICES": ["postmark"],
    "ANYMAIL": {"WEBHOOK_SECRET": "ops:hush"},
}
ELSEWHERE = {"STRIPE_API_BASE": "http://10.0.0.7:4242", "STRIPE_WEBHOOK_SECRET": "whsec_hush"}
LOCAL = {"SITE_URL": "http://localhost:8000", "ALLOWED_HOSTS": ["localhost"]}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ALLOWED_HOSTS": ["*"]},
        {"ALLOWED_HOSTS": [".example.com"]},
        LOCAL,
        {"SITE_URL": "http://127.0.0.1:8000", "ALLOWED_HOSTS": ["127.0.0.1"]},
        {"SITE_URL": "http://[::1]:8000", "ALLOWED_HOSTS": ["[::1]"]},
        {**LOCAL, "DEBUG": True, "STAFF_SECOND_FACTOR": False},
        {"EMAIL_HOST_USER": "ops", "EMAIL_HOST_PASSWORD": "hush"},
        {"S3_BUCKET": "files"},
        MAIL_IN,
        {"S3_BUCKET": "files", "S3_ENDPOINT_URL": "https://s3.example"},
        {"STRIPE_SECRET_KEY": "rk_live_hush", "STRIPE_WEBHOOK_SECRET": "whsec_hush"},
        {**ELSEWHERE, "STRIPE_SECRET_KEY": "sk_test_hush"},
    ],
)
def test_what_fits_together_is_let_be(settings: Any, changes: dict[str, Any]) -> None:
    assert _found(settings, **changes) == []


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("shipops.E001", {"ALLOWED_HOSTS": ["ops.example.org"]}, "ALLOWED_HOSTS lacks ops.example.com"),
    ("shipops.E002", {"SITE_URL": "http://ops.example.com"}, "SITE_URL is not https"),
    ("shipops.E003", {"EMAIL_HOST_USER": "ops"}, "EMAIL_URL has a user but no password"),
    ("shipops.E003", {"EMAIL_HOST_PASSWORD": "hush"}, "EMAIL_URL has a password but no user"),
    ("shipops.E004", {"S3_ENDPOINT_URL": "https://s3.example"}, "S3_BUCKET is not"),
    ("shipops.E005", {"Q_CLUSTER": {"timeout": 180, "retry": 180}}, "timeout must be below"),
    ("shipops.E006", {"SEMANTIC_DUPLICATES": True}, "numpy cannot be found"),
    ("shipops.E007", {**MAIL_IN, "INBOUND_MAIL_SERVICES": ["pigeon"]}, "names pigeon"),
    ("shipops.E008", {**MAIL_IN, "ANYMAIL": {"WEBHOOK_SECRET": ""}}, "needs INBOUND_WEBHOOK"),
    ("shipops.E009", {"IMAP_URL": "imaps://ops:hush@mail"}, "INBOUND_MAIL_ADDRESS does not say"),
    (
        "shipops.E010",
        {**ELSEWHERE, "STRIPE_SECRET_KEY": "sk_live_hush"},
        "a live key, but",
    ),
    (
        "shipops.E010",
        {**ELSEWHERE, "STRIPE_SECRET_KEY": "rk_live_hush"},
        "a live key, but",
    ),
    ("shipops.E011", {"STRIPE_SECRET_KEY": "sk_test_hush"}, "STRIPE_WEBHOOK_SECRET is not"),
    ("shipops.W001", {"DEBUG": True}, "DEBUG is on"),
    ("shipops.W002", {"STAFF_SECOND_FACTOR": False}, "STAFF_SECOND_FACTOR is off"),
]


@pytest.mark.parametrize(("name", "changes", "words"), WRONG)
def test_what_contradicts_itself_is_named(
    settings: Any, monkeypatch: pytest.MonkeyPatch, name: str, changes: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr("shipops.checks.missing_packages", lambda: ["numpy"])
    (found,) = _found(settings, **changes)

    assert found.id == name
    assert words in found.msg
    assert "hush" not in found.msg and "\n" not in found.msg
    if found.is_serious():
        with pytest.raises(ImproperlyConfigured, match=words):
            refuse_wrong_settings()
    else:
        refuse_wrong_settings()


def test_django_runs_the_check(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["ops.example.org"]
    assert "shipops.E001" in {message.id for message in run_checks()}


def test_every_finding_is_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    source = (ROOT / "shipops" / "checks.py").read_text(encoding="utf-8")
    tested = {name for name, _, _ in WRONG}

    assert {name for name in tested if f"`{name}`" not in page} == set()
    assert {f'id="{name}"' in source for name in tested} == {True}
    assert source.count('id="shipops.') == len(tested), "a finding without a test"


def test_a_user_without_password_in_an_address_is_half_a_sign_in(tmp_path: Path) -> None:
    environment = {**PRODUCTION, "EMAIL_URL": "smtp://ops@mail", "VAR_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip

    assert done.returncode != 0
    assert "(shipops.E003) EMAIL_URL has a user but no password" in done.stderr


@pytest.mark.parametrize("host", ["", "ops.example.com", "localhost.example.com", "10.0.0.1"])
def test_only_this_machine_is_local(host: str) -> None:
    assert not is_local(host)


@pytest.mark.parametrize("host", ["localhost", "shop.localhost", "127.0.0.2", "::1"])
def test_this_machine_is_local(host: str) -> None:
    assert is_local(host)
