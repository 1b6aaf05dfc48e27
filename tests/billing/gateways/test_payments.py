"""Payments and their fees are read as they stand, made or not."""

from billing.gateways.stripe import payments
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till


def test_a_payment_and_its_fee_are_read(world: World) -> None:
    subscription = till.sign_up(world)

    (payment,) = payments.every_payment(invoice_id=subscription.latest_invoice_id)
    fee = payments.get_fee(payment.payment_intent_id)

    assert (payment.status, payment.amount_paid) == ("paid", Money(490, "EUR"))
    assert payment.paid_at == subscription.started_at
    assert fee is not None
    assert fee.fee + fee.net == Money(490, "EUR")
    assert fee.fee == Money("7.60", "EUR")


def test_a_failed_attempt_leaves_a_payment_open(world: World) -> None:
    subscription = till.sign_up(world)
    till.new_card(world, subscription, declines="declined")
    till.move(world, days=32)

    (payment,) = payments.every_payment(invoice_id=till.invoices_of(subscription)[-1].id)

    assert (payment.status, payment.amount_paid, payment.paid_at) == ("open", None, None)
    assert payment.amount_requested == Money(490, "EUR")


def test_there_is_no_fee_before_there_is_money(world: World) -> None:
    subscription = till.subscribe_by_transfer()
    (payment,) = payments.every_payment(invoice_id=subscription.latest_invoice_id)

    assert payments.get_fee(payment.payment_intent_id) is None


def test_all_payments_since_an_instant_are_found(world: World) -> None:
    subscription = till.sign_up(world)
    till.move(world, days=32)

    since = till.invoices_of(subscription)[-1].created_at
    (last,) = payments.every_payment(since=since)

    assert last.invoice_id == till.invoices_of(subscription)[-1].id
