"""Upgrades, downgrades and ends, through the real client."""

from datetime import timedelta

import pytest

from billing.gateways.stripe import changes, invoices, schedules
from billing.gateways.stripe.errors import OutcomeUnknown, StripeRefused
from billing.gateways.stripe.objects import Preview, Subscription
from billing.gateways.stripe.reading import at
from billing.sandbox.failures import Failure, Rule
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till
from tests.billing.till import day

HALFWAY = day("2026-01-28 10:00") - timedelta(hours=12)


@pytest.fixture
def subscription(world: World) -> Subscription:
    """A retainer, half of its first month gone."""
    return till.sign_up_half_a_month_ago(world)


def _preview(subscription: Subscription, price_id: str) -> Preview:
    return changes.preview_upgrade(
        subscription=subscription, price_id=price_id, proration_at=HALFWAY
    )


def _upgrade(subscription: Subscription, price_id: str, *, key: str = "op:up") -> Subscription:
    return changes.upgrade(
        subscription=subscription,
        price_id=price_id,
        proration_at=HALFWAY,
        metadata={"operation": "7"},
        key=key,
    )


def test_an_upgrade_charges_what_was_shown_though_time_passed(
    world: World, subscription: Subscription
) -> None:
    bigger = till.make_price(Money(990, "EUR"), name="bigger")
    shown = _preview(subscription, bigger)
    assert shown.invoice.amount_due == Money(250, "EUR")
    assert [line.amount for line in shown.lines] == [Money(-245, "EUR"), Money(495, "EUR")]
    assert all(line.is_proration for line in shown.lines)
    assert shown.proration_at == HALFWAY
    assert len(till.invoices_of(subscription)) == 1

    till.move(world, days=0.01)
    changed = _upgrade(subscription, bigger)

    assert changed.items[0].price_id == bigger
    assert not changed.has_pending_update
    assert changed.metadata == {"retainer": "1", "operation": "7"}
    last = till.invoices_of(subscription)[-1]
    assert (last.status, last.total) == ("paid", shown.invoice.total)
    assert last.billing_reason == "subscription_update"
    assert changed.items[0].period_to == subscription.items[0].period_to


def test_an_upgrade_whose_answer_was_lost_is_charged_once(
    world: World, subscription: Subscription, unretried: None
) -> None:
    bigger = till.make_price(Money(990, "EUR"), name="bigger")
    world.failures.add(Rule(Failure.DROP_AFTER, "POST", "/v1/subscriptions"))
    with pytest.raises(OutcomeUnknown):
        _upgrade(subscription, bigger)

    _upgrade(subscription, bigger)

    assert len(till.invoices_of(subscription)) == 2


def test_an_upgrade_that_is_not_paid_waits_and_is_made_with_the_payment(
    world: World, subscription: Subscription
) -> None:
    bigger = till.make_price(Money(990, "EUR"), name="bigger")
    till.new_card(world, subscription, declines="insufficient_funds")

    waiting = _upgrade(subscription, bigger)

    assert waiting.has_pending_update
    assert waiting.items[0].amount == Money(490, "EUR")
    assert waiting.status == "active"
    assert "operation" not in waiting.metadata
    owed = till.invoices_of(subscription)[-1]
    assert owed.status == "open"

    till.new_card(world, subscription)
    invoices.pay_invoice(invoice_id=owed.id, key="op:pay")

    done = till.latest(subscription)
    assert (done.items[0].amount, done.has_pending_update) == (Money(990, "EUR"), False)
    assert done.metadata["operation"] == "7"
    assert "customer.subscription.pending_update_applied" in till.kinds(world)


def test_an_upgrade_that_nobody_pays_for_expires(world: World, subscription: Subscription) -> None:
    till.new_card(world, subscription, declines="declined")
    _upgrade(subscription, till.make_price(Money(990, "EUR"), name="bigger"))

    till.move(world, days=1)

    after = till.latest(subscription)
    assert (after.has_pending_update, after.items[0].amount) == (False, Money(490, "EUR"))
    assert (after.status, till.invoices_of(subscription)[-1].status) == ("active", "void")
    assert "customer.subscription.pending_update_expired" in till.kinds(world)


def test_an_upgrade_waits_no_longer_than_its_period(world: World) -> None:
    subscription = till.sign_up(world)
    till.move(world, days=30.9)
    till.new_card(world, subscription, declines="declined")
    waiting = changes.upgrade(
        subscription=till.latest(subscription),
        price_id=till.make_price(Money(990, "EUR"), name="bigger"),
        proration_at=at(world.now()),
        metadata={},
        key="op:up",
    )
    assert waiting.pending_update_expires_at == subscription.items[0].period_to

    till.move(world, days=0.2)

    _, upgrade, renewal = till.invoices_of(subscription)
    assert (upgrade.status, renewal.total) == ("void", Money(490, "EUR"))


def test_an_upgrade_is_taken_back_with_its_invoice(
    world: World, subscription: Subscription
) -> None:
    till.new_card(world, subscription, declines="declined")
    waiting = _upgrade(subscription, till.make_price(Money(990, "EUR"), name="bigger"))

    invoices.void_invoice(invoice_id=waiting.latest_invoice_id, key="op:void")

    after = till.latest(subscription)
    assert (after.has_pending_update, after.items[0].amount) == (False, Money(490, "EUR"))


def test_another_upgrade_takes_the_place_of_one_that_waits(
    world: World, subscription: Subscription
) -> None:
    till.new_card(world, subscription, declines="declined")
    first = _upgrade(subscription, till.make_price(Money(990, "EUR"), name="bigger"))
    till.new_card(world, subscription)

    done = _upgrade(first, till.make_price(Money(1490, "EUR"), name="biggest"), key="op:up2")

    assert (done.has_pending_update, done.items[0].amount) == (False, Money(1490, "EUR"))
    assert invoices.get_invoice(first.latest_invoice_id).status == "void"


def test_a_retainer_paid_by_transfer_is_upgraded_at_once(world: World) -> None:
    subscription = till.subscribe_by_transfer()
    till.move(world, days=15.5)
    bigger = till.make_price(Money(990, "EUR"), name="bigger")

    changed = _upgrade(till.latest(subscription), bigger)

    assert changed.items[0].price_id == bigger
    assert till.invoices_of(subscription)[-1].amount_due == Money(250, "EUR")


def test_a_proration_in_yen_has_no_part_of_a_yen(world: World) -> None:
    subscription = till.sign_up(world, amount=Money(10_001, "JPY"))
    till.move(world, days=15.5)
    bigger = till.make_price(Money(20_002, "JPY"), name="bigger")

    shown = _preview(subscription, bigger)

    assert [line.amount for line in shown.lines] == [Money(-5001, "JPY"), Money(10001, "JPY")]


def test_a_downgrade_waits_for_the_end_of_the_period(
    world: World, subscription: Subscription
) -> None:
    smaller = till.make_price(Money(290, "EUR"), name="smaller")

    planned = changes.schedule_downgrade(
        subscription=subscription, price_id=smaller, metadata={"operation": "8"}, key="op:down"
    )

    assert planned.phases == ((subscription.items[0].price_id,), (smaller,))
    assert planned.metadata == {"operation": "8"}
    waiting = till.latest(subscription)
    assert (waiting.schedule_id, waiting.items[0].amount) == (planned.id, Money(490, "EUR"))
    assert not waiting.can_be_paused

    till.move(world, days=16)

    after = till.latest(subscription)
    assert after.items[0].price_id == smaller
    assert till.invoices_of(subscription)[-1].total == Money(290, "EUR")
    till.move(world, days=31)
    assert till.latest(subscription).schedule_id == ""
    assert schedules.get_schedule(planned.id).status == "released"
    assert till.invoices_of(subscription)[-1].total == Money(290, "EUR")


def test_a_downgrade_of_what_is_paid_by_the_year_waits_for_its_end(world: World) -> None:
    yearly = till.sign_up(world, interval="year")
    smaller = till.make_price(Money(290, "EUR"), name="smaller", interval="year")

    changes.schedule_downgrade(subscription=yearly, price_id=smaller, metadata={}, key="op:down")

    till.move(world, days=364)
    assert till.latest(yearly).items[0].amount == Money(490, "EUR")
    till.move(world, days=400)
    assert till.latest(yearly).schedule_id == ""
    assert [invoice.total for invoice in till.invoices_of(yearly)] == [
        Money(490, "EUR"), Money(290, "EUR"), Money(290, "EUR")
    ]  # fmt: skip


def test_a_downgrade_can_be_thought_over(world: World, subscription: Subscription) -> None:
    smaller = till.make_price(Money(290, "EUR"), name="smaller")
    planned = changes.schedule_downgrade(
        subscription=subscription, price_id=smaller, metadata={}, key="op:down"
    )

    other = till.make_price(Money(190, "EUR"), name="least")
    again = changes.schedule_downgrade(
        subscription=till.latest(subscription), price_id=other, metadata={}, key="op:down2"
    )
    assert (again.id, again.phases[1]) == (planned.id, (other,))

    released = schedules.release_schedule(schedule_id=planned.id, key="op:release")
    assert (released.status, released.subscription_id) == ("released", subscription.id)
    till.move(world, days=16)
    assert till.latest(subscription).items[0].amount == Money(490, "EUR")


def test_ending_with_the_period_can_be_taken_back(world: World, subscription: Subscription) -> None:
    ending = changes.cancel_at_period_end(
        subscription_id=subscription.id, metadata={"operation": "9"}, key="op:end"
    )
    assert ending.cancel_at_period_end
    assert ending.cancel_at == subscription.items[0].period_to

    kept = changes.cancel_at_period_end(
        subscription_id=subscription.id, metadata={}, key="op:keep", cancel=False
    )
    assert (kept.cancel_at_period_end, kept.cancel_at, kept.canceled_at) == (False, None, None)

    changes.cancel_at_period_end(subscription_id=subscription.id, metadata={}, key="op:end2")
    till.move(world, days=17)
    ended = till.latest(subscription)
    assert (ended.status, ended.ended_at) == ("canceled", subscription.items[0].period_to)
    assert len(till.invoices_of(subscription)) == 1


def test_a_schedule_stands_in_the_way_of_an_end(world: World, subscription: Subscription) -> None:
    changes.schedule_downgrade(
        subscription=subscription,
        price_id=till.make_price(Money(290, "EUR"), name="smaller"),
        metadata={},
        key="op:down",
    )

    with pytest.raises(StripeRefused, match="managed by the subscription schedule"):
        changes.cancel_at_period_end(subscription_id=subscription.id, metadata={}, key="op:end")
