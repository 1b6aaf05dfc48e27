"""Pauses and resumptions, through the real client."""

import pytest

from billing.gateways.stripe import changes, invoices
from billing.gateways.stripe.objects import Subscription
from billing.gateways.stripe.reading import at
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till
from tests.billing.till import day


@pytest.fixture
def subscription(world: World) -> Subscription:
    """A retainer, half of its first month gone."""
    return till.sign_up_half_a_month_ago(world)


def test_a_paused_retainer_is_not_billed_and_resumes_with_a_new_period(
    world: World, subscription: Subscription
) -> None:
    paused = changes.pause(subscription=till.latest(subscription), key="op:pause")
    assert paused.status == "paused"
    (credit,) = invoices.every_item(customer_id=subscription.customer_id)
    assert credit.amount == Money(-245, "EUR")
    till.move(world, days=60)
    assert len(till.invoices_of(subscription)) == 1

    resumed = changes.resume(subscription=till.latest(subscription), key="op:resume")

    assert resumed.status == "active"
    assert resumed.items[0].period_from == day("2026-03-28 22:00")
    last = till.invoices_of(subscription)[-1]
    assert (last.status, last.total) == ("paid", Money(245, "EUR"))
    names = till.kinds(world)
    assert "customer.subscription.paused" in names
    assert "customer.subscription.resumed" in names


def test_a_retainer_stays_paused_until_its_new_period_is_paid(
    world: World, subscription: Subscription
) -> None:
    changes.pause(subscription=till.latest(subscription), key="op:pause")
    till.new_card(world, subscription, declines="declined")

    waiting = changes.resume(subscription=till.latest(subscription), key="op:resume")
    assert waiting.status == "paused"

    till.new_card(world, subscription)
    owed = till.invoices_of(subscription)[-1]
    invoices.pay_invoice(invoice_id=owed.id, key="op:pay")
    assert till.latest(subscription).status == "active"


def test_a_resumption_is_tried_again_and_voided_after_the_last_time(
    world: World, subscription: Subscription
) -> None:
    changes.pause(subscription=till.latest(subscription), key="op:pause")
    till.new_card(world, subscription, declines="declined")
    changes.resume(subscription=till.latest(subscription), key="op:resume")

    till.move(world, days=1)
    assert till.invoices_of(subscription)[-1].status == "open"
    till.move(world, days=16)

    assert till.latest(subscription).status == "paused"
    last = till.invoices_of(subscription)[-1]
    assert (last.status, last.attempt_count) == ("void", 4)


def test_a_resumption_without_a_card_is_voided_within_a_day(
    world: World, subscription: Subscription
) -> None:
    changes.pause(subscription=till.latest(subscription), key="op:pause")
    with world.lock:
        till.stored(world, subscription)["default_payment_method"] = None
    changes.resume(subscription=till.latest(subscription), key="op:resume")

    till.move(world, days=1)

    assert till.latest(subscription).status == "paused"
    assert till.invoices_of(subscription)[-1].status == "void"


def test_another_resumption_takes_the_place_of_one_that_waits(
    world: World, subscription: Subscription
) -> None:
    changes.pause(subscription=till.latest(subscription), key="op:pause")
    till.new_card(world, subscription, declines="declined")
    first = changes.resume(subscription=till.latest(subscription), key="op:resume")
    till.new_card(world, subscription)

    resumed = changes.resume(subscription=first, key="op:resume2")

    assert resumed.status == "active"
    _, voided, paid = till.invoices_of(subscription)
    assert (voided.status, paid.status) == ("void", "paid")


def test_who_stays_paused_after_all_can_resume_again(
    world: World, subscription: Subscription
) -> None:
    changes.pause(subscription=till.latest(subscription), key="op:pause")
    till.new_card(world, subscription, declines="declined")
    waiting = changes.resume(subscription=till.latest(subscription), key="op:resume")

    invoices.void_invoice(invoice_id=waiting.latest_invoice_id, key="op:void")
    assert till.latest(subscription).status == "paused"

    till.new_card(world, subscription)
    resumed = changes.resume(subscription=till.latest(subscription), key="op:resume2")
    assert resumed.status == "active"


def test_what_stripe_cannot_pause_has_its_invoices_voided(world: World) -> None:
    subscription = till.subscribe_by_transfer()
    first = subscription.latest_invoice_id
    invoices.pay_invoice(invoice_id=first, key="op:pay", elsewhere=True)

    paused = changes.pause(subscription=subscription, key="op:pause")
    assert (paused.status, paused.is_collection_paused) == ("active", True)
    till.move(world, days=40)
    assert [invoice.status for invoice in till.invoices_of(subscription)][1:] == ["void"]

    resumed = changes.resume(subscription=till.latest(subscription), key="op:resume")
    assert not resumed.is_collection_paused
    till.move(world, days=31)
    assert till.invoices_of(subscription)[-1].status == "open"


def test_an_upgrade_while_nothing_is_collected_is_made_at_once(
    world: World, subscription: Subscription
) -> None:
    till.new_card(world, subscription, declines="declined")
    till.move(world, days=16)
    late = till.latest(subscription)
    assert (late.status, late.can_be_paused) == ("past_due", False)
    changes.pause(subscription=late, key="op:pause")

    done = changes.upgrade(
        subscription=till.latest(subscription),
        price_id=till.make_price(Money(990, "EUR"), name="bigger"),
        proration_at=at(world.now()),
        metadata={},
        key="op:up",
    )

    assert (done.items[0].amount, done.has_pending_update) == (Money(990, "EUR"), False)
    assert till.invoices_of(subscription)[-1].status == "void"
