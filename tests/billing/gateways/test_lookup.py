"""What was made though its answer was lost is found by its metadata, also without the key.

Listing, not searching: Stripe's search lags behind what was just written.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from billing.gateways.stripe import (
    catalogue,
    checkout,
    credit_notes,
    customers,
    invoices,
    payments,
    refunds,
    subscriptions,
)
from billing.gateways.stripe.errors import OutcomeUnknown
from billing.gateways.stripe.objects import Metadata, Subscription
from billing.sandbox.clock import DAY
from billing.sandbox.failures import Failure, Rule
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till

OURS = {"operation": "0b5c"}
KEY = "op:0b5c"
Make = Callable[[Subscription, Metadata, str], Any]
Find = Callable[[Subscription], Iterator[Any]]


def _intent(subscription: Subscription) -> str:
    (payment,) = payments.every_payment(invoice_id=subscription.latest_invoice_id)
    return payment.payment_intent_id


def _session(subscription: Subscription, metadata: Metadata, key: str) -> Any:
    return checkout.create_session(
        customer_id=subscription.customer_id,
        price_id=subscription.items[0].price_id,
        success_url="http://localhost/done",
        cancel_url="http://localhost/back",
        reference="client-1",
        metadata=metadata,
        key=key,
    )


def _transfer(subscription: Subscription, metadata: Metadata, key: str) -> Any:
    return subscriptions.create_subscription(
        customer_id=subscription.customer_id,
        price_id=subscription.items[0].price_id,
        days_until_due=14,
        metadata=metadata,
        key=key,
    )


def _item(subscription: Subscription, metadata: Metadata, key: str) -> Any:
    return invoices.add_item(
        customer_id=subscription.customer_id,
        amount=Money(75, "EUR"),
        description="30 minutes more",
        metadata=metadata,
        key=key,
        subscription_id=subscription.id,
    )


def _note(subscription: Subscription, metadata: Metadata, key: str) -> Any:
    return credit_notes.create_credit_note(
        invoice_id=subscription.latest_invoice_id,
        amount=Money(10, "EUR"),
        metadata=metadata,
        key=key,
        way="credit",
    )


WRITES: dict[str, tuple[str, Make, Find]] = {
    "customer": (
        "/v1/customers",
        lambda _, metadata, key: customers.create_customer(
            name="B", email="b@acme.test", metadata=metadata, key=key
        ),
        lambda _: customers.every_customer(email="b@acme.test"),
    ),
    "product": (
        "/v1/products",
        lambda _, metadata, key: catalogue.create_product(name="B", metadata=metadata, key=key),
        lambda subscription: catalogue.every_product(since=subscription.created_at),
    ),
    "session": (
        "/v1/checkout/sessions",
        _session,
        lambda subscription: checkout.every_session(customer_id=subscription.customer_id),
    ),
    "subscription": (
        "/v1/subscriptions",
        _transfer,
        lambda subscription: subscriptions.every_subscription(customer_id=subscription.customer_id),
    ),
    "item": (
        "/v1/invoiceitems",
        _item,
        lambda subscription: invoices.every_item(customer_id=subscription.customer_id),
    ),
    "refund": (
        "/v1/refunds",
        lambda subscription, metadata, key: refunds.create_refund(
            payment_intent_id=_intent(subscription),
            amount=Money(10, "EUR"),
            metadata=metadata,
            key=key,
        ),
        lambda subscription: refunds.every_refund(payment_intent_id=_intent(subscription)),
    ),
    "credit note": (
        "/v1/credit_notes",
        _note,
        lambda subscription: credit_notes.every_credit_note(
            invoice_id=subscription.latest_invoice_id
        ),
    ),
}


@pytest.mark.parametrize("what", WRITES)
def test_it_is_found_after_the_key_was_forgotten(world: World, unretried: None, what: str) -> None:
    path, make, find = WRITES[what]
    subscription = till.sign_up(world)
    world.failures.add(Rule(Failure.DROP_AFTER, "POST", path))
    with pytest.raises(OutcomeUnknown):
        make(subscription, OURS, KEY)
    world.clock.move_to(world.now() + DAY + 1)

    (found,) = (each for each in find(subscription) if each.metadata == OURS)

    made_again = make(subscription, OURS, KEY)
    assert made_again.id != found.id


@pytest.mark.parametrize("what", WRITES)
def test_what_was_never_made_is_not_found(world: World, unretried: None, what: str) -> None:
    path, make, find = WRITES[what]
    subscription = till.sign_up(world)
    world.failures.add(Rule(Failure.DROP_BEFORE, "POST", path))
    with pytest.raises(OutcomeUnknown):
        make(subscription, OURS, KEY)

    assert [each for each in find(subscription) if each.metadata == OURS] == []
    assert make(subscription, OURS, KEY).metadata == OURS


def test_a_price_is_found_by_its_lookup_key(world: World, unretried: None) -> None:
    product = catalogue.create_product(name="B", metadata={}, key="op:product")

    def make() -> str:
        return catalogue.create_price(
            product_id=product.id,
            amount=Money(10, "EUR"),
            lookup_key="care-2",
            metadata=OURS,
            key=KEY,
        ).id

    world.failures.add(Rule(Failure.DROP_AFTER, "POST", "/v1/prices"))
    with pytest.raises(OutcomeUnknown):
        make()
    world.clock.move_to(world.now() + DAY + 1)

    found = catalogue.find_price("care-2")
    assert found is not None
    assert found.metadata == OURS
