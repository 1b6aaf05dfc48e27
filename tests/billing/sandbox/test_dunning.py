"""What becomes of a retainer that is not paid, and of one that is paid late."""

import pytest

from billing.gateways.stripe import invoices
from billing.gateways.stripe.errors import StripeRefused
from billing.gateways.stripe.objects import Invoice, Subscription
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till
from tests.billing.till import day


@pytest.fixture
def unpaid(world: World) -> Subscription:
    """A retainer whose first renewal was declined."""
    subscription = till.sign_up(world)
    till.new_card(world, subscription, declines="insufficient_funds")
    till.move(world, days=31.5)
    return subscription


def _owed(subscription: Subscription) -> Invoice:
    return till.invoices_of(subscription)[1]


def test_a_declined_renewal_makes_it_past_due_and_is_tried_again(
    world: World, unpaid: Subscription
) -> None:
    assert till.latest(unpaid).status == "past_due"
    owed = _owed(unpaid)
    assert (owed.status, owed.attempt_count) == ("open", 1)
    assert owed.next_payment_attempt_at == day("2026-02-15 11:00")

    till.move(world, days=3)
    assert _owed(unpaid).attempt_count == 2
    assert _owed(unpaid).next_payment_attempt_at == day("2026-02-20 11:00")


def test_a_retry_that_is_paid_revives_it(world: World, unpaid: Subscription) -> None:
    till.new_card(world, unpaid)
    till.move(world, days=3)

    assert till.latest(unpaid).status == "active"
    owed = _owed(unpaid)
    assert (owed.status, owed.attempt_count, owed.paid_at) == ("paid", 2, day("2026-02-15 11:00"))


def test_after_the_last_retry_it_is_unpaid_and_drafts_pile_up(
    world: World, unpaid: Subscription
) -> None:
    till.move(world, days=16)

    assert till.latest(unpaid).status == "unpaid"
    owed = _owed(unpaid)
    assert (owed.attempt_count, owed.next_payment_attempt_at) == (4, None)
    till.move(world, days=31)
    assert till.invoices_of(unpaid)[-1].status == "draft"
    assert _owed(unpaid).attempt_count == 4


def test_a_late_payment_revives_what_is_unpaid(world: World, unpaid: Subscription) -> None:
    till.move(world, days=16)
    till.new_card(world, unpaid)

    paid = invoices.pay_invoice(invoice_id=_owed(unpaid).id, key="op:pay")

    assert paid.amount_paid == Money(490, "EUR")
    assert till.latest(unpaid).status == "active"


def test_an_account_can_end_it_after_the_last_retry_and_nothing_revives_it(
    world: World, unpaid: Subscription
) -> None:
    world.habits.after_retries = "cancel"
    till.move(world, days=16)

    ended = till.latest(unpaid)
    assert (ended.status, ended.cancellation_reason) == ("canceled", "payment_failed")
    till.new_card(world, unpaid)
    invoices.pay_invoice(invoice_id=_owed(unpaid).id, key="op:pay")
    till.move(world, days=60)
    assert till.latest(unpaid).status == "canceled"
    assert len(till.invoices_of(unpaid)) == 2


def test_an_account_without_retries_gives_up_at_once(world: World) -> None:
    world.habits.retry_days = ()
    subscription = till.sign_up(world)
    till.new_card(world, subscription, declines="declined")
    till.move(world, days=31.5)

    assert till.latest(subscription).status == "unpaid"


def test_a_card_that_declines_by_hand_says_why(unpaid: Subscription) -> None:
    with pytest.raises(StripeRefused) as refused:
        invoices.pay_invoice(invoice_id=_owed(unpaid).id, key="op:pay")

    assert (refused.value.code, refused.value.decline_code) == (
        "card_declined", "insufficient_funds"
    )  # fmt: skip


def test_an_invoice_taken_back_is_owed_no_more(world: World, unpaid: Subscription) -> None:
    invoices.void_invoice(invoice_id=_owed(unpaid).id, key="op:void")

    assert _owed(unpaid).voided_at == day("2026-02-12 22:00")
    assert till.latest(unpaid).status == "active"


def test_events_tell_of_each_attempt(world: World, unpaid: Subscription) -> None:
    till.move(world, days=16)

    assert till.kinds(world).count("invoice.payment_failed") == 4
    assert till.kinds(world).count("customer.subscription.updated") >= 3
