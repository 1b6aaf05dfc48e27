"""Another process turns the sandbox over HTTP, and finds everything again after a restart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from billing.gateways.stripe import customers, subscriptions
from billing.gateways.stripe.errors import OutcomeUnknown, RateLimited
from billing.gateways.stripe.reading import at
from billing.sandbox.http_server import Server
from billing.sandbox.world import World
from tests.billing import till
from tests.billing.conftest import START
from tests.billing.sandbox.post_box import PostBox
from tests.billing.till import day


@pytest.fixture
def box() -> Iterator[PostBox]:
    """An endpoint on this machine."""
    box = PostBox()
    yield box
    box.shutdown()
    box.server_close()


def _turn(world: World, name: str, **given: Any) -> Any:
    answer = requests.post(f"{world.base}/_sandbox/{name}", json=given, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _read(world: World, name: str) -> Any:
    return requests.get(f"{world.base}/_sandbox/{name}", timeout=30).json()


def test_the_clock_is_moved_by_days_or_to_an_instant(world: World) -> None:
    subscription = till.sign_up(world)

    assert _turn(world, "clock", days=31, seconds=3600) == {"now": START + 31 * 86_400 + 3600}
    assert len(till.invoices_of(subscription)) == 2
    to = int(day("2026-06-01 00:00").timestamp())
    _turn(world, "clock", to=to)
    assert _read(world, "clock") == {"now": to}
    assert till.latest(subscription).items[0].period_to == day("2026-06-12 10:00")


def test_calls_fail_as_ordered(world: World, unretried: None) -> None:
    _turn(world, "failures", failure="drop_before", method="POST", path="/v1/customers")
    _turn(world, "failures", failure="rate_limit", times=2)

    with pytest.raises(OutcomeUnknown):
        till.make_customer()
    with pytest.raises(RateLimited):
        customers.get_customer("cus_none")
    _turn(world, "failures/clear")
    assert till.make_customer()
    calls = _read(world, "calls")["calls"]
    assert [(call["path"], call["status"]) for call in calls][-1] == ("/v1/customers", 200)
    assert _read(world, "objects")["customer"] == 1


def test_events_go_where_and_how_they_are_told_to(world: World, box: PostBox) -> None:
    _turn(world, "endpoints", url=box.url, secret="whsec_sandbox")
    _turn(world, "manner", held=True, copies=2, shuffled=True, parallel=4)
    till.make_customer()
    assert _turn(world, "wait") == {"idle": True}
    assert box.events == []

    _turn(world, "manner", held=False)

    assert _turn(world, "wait", seconds=20) == {"idle": True}
    assert len(box.events) == 2
    _turn(world, "manner", copies=1)
    _turn(world, "deliver", ids=[box.events[0].id])
    _turn(world, "wait")
    assert len(box.events) == 3
    assert _turn(world, "deliver") == {"events": []}
    assert _turn(world, "endpoints") == {"endpoints": []}


def test_a_card_can_be_made_to_decline(world: World) -> None:
    subscription = till.sign_up(world)
    with world.lock:
        till.stored(world, subscription)["default_payment_method"] = None
    _turn(world, "cards", customer=subscription.customer_id, declines="expired")
    _turn(world, "habits", retry_days=[1], after_retries="cancel")

    _turn(world, "clock", days=33)

    assert till.latest(subscription).status == "canceled"


def test_a_control_that_is_turned_wrongly_says_so(world: World) -> None:
    def status(name: str, given: Any) -> int:
        url = f"{world.base}/_sandbox/{name}"
        return requests.post(url, json=given, timeout=30).status_code

    assert status("failures", {"failure": "earthquake"}) == 400
    assert status("cards", {"customer": "cus_none"}) == 404
    assert status("manner", {"colour": "red"}) == 400
    assert status("nothing", {}) == 404
    assert status("endpoints", {"url": "http://192.0.2.1/hook", "secret": "whsec_1"}) == 400


def test_after_a_restart_objects_keys_and_clock_are_as_they_were(
    settings: Any, world: World, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.json"

    def begin() -> Server:
        server = Server(World(path=path))
        server.start()
        settings.STRIPE_API_BASE = server.address
        return server

    before = begin()
    subscription = till.sign_up(before.world)
    till.move(before.world, days=400)
    now = before.world.now()
    before.stop()

    after = begin()

    assert 0 <= after.world.now() - now < 60
    assert len(till.invoices_of(subscription)) == 14
    assert subscriptions.get_subscription(subscription.id).items[0].period_to > at(now)
    key = "op:again"
    made = customers.create_customer(name="A", email="a@acme.test", metadata={}, key=key)
    after.stop()
    last = begin()
    assert customers.create_customer(name="A", email="a@acme.test", metadata={}, key=key) == made
    assert len(last.world.store.all("customer")) == 2
    last.stop()
