"""The client is made from the settings, and says where money is taken."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe import RequestsClient, StripeClient

from billing.gateways.stripe.client import API_VERSION, BillingOff, Mode, connect, mode, why_off

ROOT = Path(__file__).parents[3]


def _set(settings: Any, key: str, *, base: str = "https://api.stripe.com") -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = key, base
    settings.STRIPE_SANDBOX = False


def _http(client: StripeClient) -> RequestsClient:
    http = client._requestor._client
    assert isinstance(http, RequestsClient)
    return http


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("sk_live_x", Mode.LIVE),
        ("rk_live_x", Mode.LIVE),
        ("sk_test_x", Mode.TEST),
        ("rk_test_x", Mode.TEST),
    ],
)
def test_the_key_says_whether_money_is_real(settings: Any, key: str, expected: Mode) -> None:
    _set(settings, key)

    assert mode() is expected
    assert why_off() == ""


def test_without_a_key_billing_is_off_and_says_so(settings: Any) -> None:
    _set(settings, "")

    assert mode() is Mode.OFF
    assert "STRIPE_SECRET_KEY is not set" in why_off()
    with pytest.raises(BillingOff, match="STRIPE_SECRET_KEY"):
        connect()


def test_the_version_is_the_one_that_the_library_is_made_for() -> None:
    assert stripe.api_version == API_VERSION


def test_timeouts_retries_and_silence_are_ours(settings: Any) -> None:
    _set(settings, "sk_test_x")
    client = connect()

    assert _http(client)._timeout == (3.0, 20.0)
    assert client._requestor._options.max_network_retries == 2
    assert client._requestor._options.stripe_version == API_VERSION
    assert stripe.enable_telemetry is False


@pytest.mark.parametrize(
    ("base", "believed"),
    [
        ("https://api.stripe.com", True),
        ("http://10.1.2.3:4242", True),
        ("http://127.0.0.1:12111", False),
        ("http://localhost:12111", False),
        ("http://[::1]:12111", False),
    ],
)
def test_proxies_of_the_environment_are_not_asked_for_this_machine(
    settings: Any, base: str, believed: bool
) -> None:
    _set(settings, "sk_test_x", base=base)
    session = _http(connect())._session

    assert session is not None
    assert session.trust_env is believed


def test_another_key_or_address_gives_another_client(settings: Any) -> None:
    _set(settings, "sk_test_x")
    first = connect()

    assert connect() is first
    _set(settings, "sk_test_y")
    assert connect() is not first


@pytest.mark.parametrize(("debug", "expected"), [("1", "sandbox"), ("0", "off")])
def test_only_with_debug_a_missing_key_means_the_sandbox(
    tmp_path: Path, debug: str, expected: str
) -> None:
    code = (
        "from django.conf import settings; from billing.gateways.stripe.client import mode; "
        "print(mode(), settings.STRIPE_API_BASE)"
    )
    environment = {
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "shipops.settings",
        "DEBUG": debug,
        "SECRET_KEY": "x" * 50,
        "SITE_URL": "https://ops.example.com",
        "EMAIL_URL": "smtp://mail",
        "DEFAULT_FROM_EMAIL": "ops@example.com",
        "DATABASE_URL": "postgresql://ops@127.0.0.1:1/shipops",
        "VAR_DIR": str(tmp_path),
        "PORT": "8100",
    }

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    base = "http://127.0.0.1:12211" if expected == "sandbox" else "https://api.stripe.com"
    assert done.stdout.split() == [expected, base], done.stderr
