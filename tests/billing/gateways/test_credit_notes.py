"""Credit notes, through the real client: an invoice made smaller, before its payment or after."""

import pytest

from billing.gateways.stripe import credit_notes, customers, invoices, refunds
from billing.gateways.stripe.credit_notes import Way
from billing.gateways.stripe.errors import StripeRefused
from billing.gateways.stripe.objects import CreditNote
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till


def _credit(invoice_id: str, amount: Money, *, way: Way | None, key: str = "op:1") -> CreditNote:
    return credit_notes.create_credit_note(
        invoice_id=invoice_id,
        amount=amount,
        metadata={"operation": "4"},
        key=key,
        way=way,
        reason="order_change",
        memo="An hour less",
    )


def test_a_credit_before_the_payment_leaves_less_to_pay(world: World) -> None:
    owed = till.subscribe_by_transfer().latest_invoice_id

    note = _credit(owed, Money(90, "EUR"), way=None)

    assert (note.status, note.total) == ("issued", Money(90, "EUR"))
    assert (note.pre_payment_amount, note.post_payment_amount) == (
        Money(90, "EUR"),
        Money(0, "EUR"),
    )
    assert (note.reason, note.memo) == ("order_change", "An hour less")
    assert note.metadata == {"operation": "4"}
    invoice = invoices.get_invoice(owed)
    assert (invoice.amount_remaining, invoice.status) == (Money(400, "EUR"), "open")
    assert invoice.pre_payment_credit == Money(90, "EUR")
    assert credit_notes.get_credit_note(note.id) == note
    assert list(credit_notes.every_credit_note(invoice_id=owed)) == [note]


def test_an_invoice_that_is_credited_whole_is_paid(world: World) -> None:
    owed = till.subscribe_by_transfer().latest_invoice_id

    _credit(owed, Money(490, "EUR"), way=None)

    assert invoices.get_invoice(owed).status == "paid"


def test_a_credit_after_the_payment_goes_back_to_the_card(world: World) -> None:
    subscription = till.sign_up(world)

    note = _credit(subscription.latest_invoice_id, Money(90, "EUR"), way="refund")

    (refund,) = refunds.every_refund()
    assert (refund.amount, note.refund_ids) == (Money(90, "EUR"), (refund.id,))
    invoice = invoices.get_invoice(subscription.latest_invoice_id)
    assert (invoice.status, invoice.post_payment_credit) == ("paid", Money(90, "EUR"))


def test_a_credit_can_wait_for_the_next_invoice(world: World) -> None:
    subscription = till.sign_up(world)

    _credit(subscription.latest_invoice_id, Money(90, "EUR"), way="credit")

    assert customers.get_customer(subscription.customer_id).balance == Money(-90, "EUR")
    till.move(world, days=32)
    renewal = till.invoices_of(subscription)[-1]
    assert (renewal.total, renewal.amount_paid) == (Money(490, "EUR"), Money(400, "EUR"))
    assert renewal.starting_balance == Money(-90, "EUR")
    assert customers.get_customer(subscription.customer_id).balance == Money(0, "EUR")


def test_credits_never_exceed_what_was_paid(world: World) -> None:
    paid = till.sign_up(world).latest_invoice_id
    _credit(paid, Money(400, "EUR"), way="elsewhere")

    with pytest.raises(StripeRefused, match="greater than what is left"):
        _credit(paid, Money("90.01", "EUR"), way="refund", key="op:2")
    assert list(refunds.every_refund()) == []


def test_a_paid_invoice_is_credited_only_with_a_way_for_the_money(world: World) -> None:
    paid = till.sign_up(world).latest_invoice_id

    with pytest.raises(StripeRefused, match="must equal the post payment amount"):
        _credit(paid, Money(90, "EUR"), way=None)
