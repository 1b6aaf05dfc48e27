"""Refunds, through the real client: money goes back once, and never more than came."""

import pytest

from billing.gateways.stripe import payments, refunds
from billing.gateways.stripe.errors import Gone, OutcomeUnknown, StripeRefused
from billing.gateways.stripe.objects import Refund
from billing.sandbox.failures import Failure, Rule
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till


@pytest.fixture
def intent(world: World) -> str:
    """A payment of 490 EUR."""
    (payment,) = payments.every_payment(invoice_id=till.sign_up(world).latest_invoice_id)
    return payment.payment_intent_id


def _refund(intent: str, amount: str, *, key: str) -> Refund:
    return refunds.create_refund(
        payment_intent_id=intent,
        amount=Money(amount, "EUR"),
        metadata={"operation": "3"},
        key=key,
    )


def test_a_part_is_refunded_and_found_by_its_metadata(world: World, intent: str) -> None:
    made = _refund(intent, "90.50", key="op:1")

    assert (made.amount, made.status) == (Money("90.50", "EUR"), "succeeded")
    assert (made.reason, made.payment_intent_id) == ("requested_by_customer", intent)
    assert made.metadata == {"operation": "3"}
    assert refunds.get_refund(made.id) == made
    assert list(refunds.every_refund(payment_intent_id=intent)) == [made]
    assert list(refunds.every_refund(since=made.created_at)) == [made]
    assert till.kinds(world)[-2:] == ["refund.created", "charge.refunded"]


def test_refunds_never_exceed_what_was_paid(intent: str) -> None:
    _refund(intent, "400", key="op:1")

    with pytest.raises(StripeRefused) as refused:
        _refund(intent, "90.01", key="op:2")
    assert refused.value.code == "amount_too_large"
    _refund(intent, "90", key="op:3")
    with pytest.raises(StripeRefused) as refused:
        _refund(intent, "0.01", key="op:4")
    assert refused.value.code == "charge_already_refunded"
    assert len(list(refunds.every_refund(payment_intent_id=intent))) == 2


def test_a_refund_whose_answer_was_lost_is_made_once(
    world: World, intent: str, unretried: None
) -> None:
    world.failures.add(Rule(Failure.DROP_AFTER, "POST", "/v1/refunds"))
    with pytest.raises(OutcomeUnknown):
        _refund(intent, "90", key="op:1")

    again = _refund(intent, "90", key="op:1")

    assert list(refunds.every_refund()) == [again]


def test_a_payment_that_was_never_made_is_not_refunded(world: World) -> None:
    subscription = till.subscribe_by_transfer()
    (payment,) = payments.every_payment(invoice_id=subscription.latest_invoice_id)

    with pytest.raises(StripeRefused, match="does not have a successful charge"):
        _refund(payment.payment_intent_id, "1", key="op:1")
    with pytest.raises(Gone):
        refunds.get_refund("re_none")
