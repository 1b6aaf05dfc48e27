"""Webhooks come signed, and as unruly as they are at Stripe."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from billing.gateways.stripe import customers, events
from billing.gateways.stripe.reading import at
from billing.gateways.stripe.webhooks import WebhookRefused, verified_event
from billing.sandbox.deliveries import Manner, signed
from billing.sandbox.world import World
from tests.billing import till
from tests.billing.sandbox.post_box import PostBox


@pytest.fixture
def box(world: World) -> Iterator[PostBox]:
    """An endpoint that the sandbox delivers to."""
    box = PostBox()
    world.deliveries.add_endpoint(box.url, "whsec_sandbox")
    yield box
    world.close()
    box.shutdown()
    box.server_close()


def _told(world: World) -> list[str]:
    return [event["id"] for event in world.store.all("event")]


def test_events_come_signed_in_the_order_of_what_happened(world: World, box: PostBox) -> None:
    till.sign_up(world)

    assert world.deliveries.flush()
    assert box.ids == _told(world)
    names = [event.type for event in box.events]
    for name in ("customer.subscription.created", "invoice.paid", "checkout.session.completed"):
        assert name in names
    assert not any(event.is_live for event in box.events)
    assert list(events.every_event(since=_yesterday(world), undelivered=True)) == []


def test_each_event_can_come_twice(world: World, box: PostBox) -> None:
    world.deliveries.manner = Manner(copies=2)
    till.sign_up(world)

    assert world.deliveries.flush()
    assert Counter(box.ids) == dict.fromkeys(_told(world), 2)


def test_events_can_come_in_another_order_the_same_for_a_seed(world: World, box: PostBox) -> None:
    def orders(seed: int) -> list[str]:
        del box.events[:]
        world.deliveries.manner = Manner(shuffled=True, held=True, seed=seed)
        world.deliveries.again(world.store.all("event"))
        world.deliveries.release()
        assert world.deliveries.flush()
        return box.ids

    world.deliveries.manner = Manner(lost=True)
    till.sign_up(world)

    first = orders(1)
    assert sorted(first) == sorted(_told(world))
    assert first != _told(world)
    assert first == orders(1) != orders(2)


def test_events_can_come_at_the_same_time(world: World, box: PostBox) -> None:
    box.seconds = 0.01
    world.deliveries.manner = Manner(parallel=8, held=True, copies=4)
    till.sign_up(world)
    world.deliveries.release()

    assert world.deliveries.flush()
    assert len(box.events) == 4 * len(_told(world))
    assert box.most_at_once > 1


def test_events_can_come_late(world: World, box: PostBox) -> None:
    world.deliveries.manner = Manner(late_seconds=0.3)
    begun = time.monotonic()
    till.make_customer()

    assert box.events == []
    assert world.deliveries.flush()
    assert time.monotonic() - begun >= 0.3
    assert len(box.events) == 1


def test_what_is_held_comes_when_it_is_let_go(world: World, box: PostBox) -> None:
    world.deliveries.manner = Manner(held=True)
    till.make_customer()
    assert world.deliveries.flush()
    assert box.events == []

    world.deliveries.release()

    assert world.deliveries.flush()
    assert box.ids == _told(world)


@pytest.mark.parametrize("why", ["lost", "refused"])
def test_what_was_not_taken_can_be_asked_for_and_delivered_again(
    world: World, box: PostBox, why: str
) -> None:
    if why == "lost":
        world.deliveries.manner = Manner(lost=True)
    box.status = 500
    till.make_customer()
    assert world.deliveries.flush()

    (missed,) = events.every_event(since=_yesterday(world), undelivered=True)
    assert missed.type == "customer.created"

    box.status = 200
    world.deliveries.manner = replace(world.deliveries.manner, lost=False)
    world.deliveries.again(world.store.all("event"))
    assert world.deliveries.flush()
    assert box.ids[-1] == missed.id
    assert list(events.every_event(since=_yesterday(world), undelivered=True)) == []
    assert events.get_event(missed.id).object_id == missed.object_id


def test_an_event_says_what_changed_and_which_call_did_it(world: World) -> None:
    customer_id = till.make_customer()
    customers.update_customer(
        customer_id=customer_id, name="Globex", email="ops@acme.test", key="op:2"
    )

    (changed,) = events.every_event(since=_yesterday(world), types=["customer.updated"])
    assert changed.payload["data"]["previous_attributes"] == {"name": "Acme"}
    assert changed.payload["data"]["object"]["name"] == "Globex"
    assert changed.payload["request"]["idempotency_key"] == "op:2"


def test_an_event_can_be_signed_for_any_instant(world: World) -> None:
    till.make_customer()
    (event,) = world.store.all("event")
    now = datetime.now(UTC)

    body, header = signed(event, "whsec_sandbox")
    assert verified_event(body, header, now=now).id == event["id"]
    body, header = signed(event, "whsec_sandbox", at=int(now.timestamp()) - 900)
    with pytest.raises(WebhookRefused, match="too old"):
        verified_event(body, header, now=now)


def test_nothing_is_delivered_to_another_machine(world: World) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        world.deliveries.add_endpoint("https://shipops.example/stripe/webhook", "whsec_1")


def _yesterday(world: World) -> datetime:
    return at(world.now()) - timedelta(days=1)
