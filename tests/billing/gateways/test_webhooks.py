"""Only what Stripe signed, just now, about our own account, is an event."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stripe import WebhookSignature

from billing.gateways.stripe.client import API_VERSION
from billing.gateways.stripe.objects import Event
from billing.gateways.stripe.webhooks import WebhookRefused, is_other_version, verified_event

NOW = datetime(2026, 1, 12, 10, tzinfo=UTC)
SECRET = "whsec_of_this_test"


@pytest.fixture(autouse=True)
def _keys(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    settings.STRIPE_WEBHOOK_SECRET = SECRET


def _body(**fields: Any) -> str:
    event = {
        "id": "evt_1",
        "object": "event",
        "api_version": API_VERSION,
        "created": 1_768_212_000,
        "data": {"object": {"id": "in_1", "object": "invoice"}},
        "livemode": False,
        "type": "invoice.paid",
        **fields,
    }
    return json.dumps(event, indent=2)


def _header(body: str, *, seconds_ago: float = 0, secret: str = SECRET) -> str:
    at = int((NOW - timedelta(seconds=seconds_ago)).timestamp())
    header: str = WebhookSignature.generate_signature_header(body, secret, at)
    return header


def _verified(body: str, header: str | None = None) -> Event:
    return verified_event(body.encode(), _header(body) if header is None else header, now=NOW)


def test_what_stripe_signed_is_an_event() -> None:
    event = _verified(_body())

    assert (event.id, event.type) == ("evt_1", "invoice.paid")
    assert (event.object_type, event.object_id) == ("invoice", "in_1")
    assert event.created_at == NOW
    assert not event.is_live
    assert not is_other_version(event)
    assert event.payload["data"]["object"]["id"] == "in_1"


def test_an_event_of_another_version_is_given_and_told_apart() -> None:
    assert is_other_version(_verified(_body(api_version="2024-06-20")))
    assert is_other_version(_verified(_body(api_version=None)))


def test_an_event_about_a_preview_names_no_object() -> None:
    event = _verified(_body(type="invoice.upcoming", data={"object": {"object": "invoice"}}))

    assert (event.object_type, event.object_id) == ("invoice", "")


@pytest.mark.parametrize("seconds_ago", [-300, -1, 0, 299, 300])
def test_clocks_may_differ_a_little(seconds_ago: int) -> None:
    body = _body()

    assert _verified(body, _header(body, seconds_ago=seconds_ago)).id == "evt_1"


@pytest.mark.parametrize("seconds_ago", [301, 86_400, -301, -86_400])
def test_a_replay_and_a_timestamp_ahead_of_the_clock_are_refused(seconds_ago: int) -> None:
    body = _body()

    with pytest.raises(WebhookRefused, match="timestamp is too"):
        _verified(body, _header(body, seconds_ago=seconds_ago))


def test_a_second_timestamp_does_not_make_a_replay_young() -> None:
    body = _body()
    old, young = _header(body, seconds_ago=900), _header(body)
    stamp = young.split(",")[0]

    with pytest.raises(WebhookRefused):
        _verified(body, f"{old},{stamp}")
    with pytest.raises(WebhookRefused):
        _verified(body, f"{stamp},{old}")
    with pytest.raises(WebhookRefused, match="too old"):
        _verified(body, old.replace(",", "=0,", 1))


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", "t=,v1=", "t=1768212000", "v1=00", "t=1768212000,v0=00", "t=1768212000,v1=ü"],
)
def test_a_signature_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(WebhookRefused):
        _verified(_body(), header)


def test_another_secret_and_another_body_are_refused() -> None:
    body = _body()

    with pytest.raises(WebhookRefused):
        _verified(body, _header(body, secret="whsec_another"))
    with pytest.raises(WebhookRefused):
        _verified(body.replace("in_1", "in_2"), _header(body))


def test_while_the_secret_is_changed_either_signature_will_do() -> None:
    body = _body()
    new = _header(body, secret="whsec_new").split(",")[1]

    assert _verified(body, f"{_header(body)},{new}").id == "evt_1"


def test_without_a_secret_everything_is_refused(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""
    body = _body()

    with pytest.raises(WebhookRefused, match="secret"):
        _verified(body, _header(body, secret=""))


def test_an_event_of_the_other_mode_is_refused(settings: Any) -> None:
    with pytest.raises(WebhookRefused, match="other mode"):
        _verified(_body(livemode=True))
    settings.STRIPE_SECRET_KEY = "rk_live_1"
    with pytest.raises(WebhookRefused, match="other mode"):
        _verified(_body())
    assert _verified(_body(livemode=True)).is_live


def test_an_event_of_another_account_is_refused() -> None:
    with pytest.raises(WebhookRefused, match="another account"):
        _verified(_body(account="acct_1"))


@pytest.mark.parametrize("body", ["", "[]", "{}", "1", '{"data": 1}', '{"data": {"object": []}}'])
def test_what_is_signed_but_no_event_is_refused(body: str) -> None:
    with pytest.raises(WebhookRefused, match="no event"):
        _verified(body)


def test_a_body_that_is_no_text_is_refused() -> None:
    with pytest.raises(WebhookRefused, match="no text"):
        verified_event(b"\xff\xfe", _header(""), now=NOW)
