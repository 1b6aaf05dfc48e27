"""Invoices, through the real client: all of their lines, and what we do to them."""

import pytest

from billing.gateways.stripe import invoices
from billing.gateways.stripe.errors import Gone, OutcomeUnknown, StripeRefused
from billing.gateways.stripe.objects import Invoice, Subscription
from billing.sandbox.failures import Failure, Rule
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till
from tests.billing.till import day


@pytest.fixture
def transfer(world: World) -> Subscription:
    """A retainer that is paid by transfer."""
    return till.subscribe_by_transfer()


def _renewal(world: World, subscription: Subscription) -> Invoice:
    """Give the draft of a renewal."""
    till.move(world, days=31)
    draft = till.invoices_of(subscription)[-1]
    assert draft.status == "draft"
    return draft


def _add(subscription: Subscription, number: int, *, invoice_id: str = "") -> None:
    invoices.add_item(
        customer_id=subscription.customer_id,
        amount=Money(number, "EUR"),
        description=f"Item {number}",
        metadata={"number": str(number)},
        key=f"op:{number}",
        invoice_id=invoice_id,
    )


def test_a_draft_is_made_final_once(world: World, transfer: Subscription) -> None:
    draft = _renewal(world, transfer)
    assert (draft.number, draft.finalized_at, draft.hosted_url) == ("", None, "")

    final = invoices.finalize_invoice(invoice_id=draft.id, key="op:final")

    assert (final.status, final.finalized_at) == ("open", day("2026-02-12 10:00"))
    assert final.number
    assert final.due_at == day("2026-02-26 10:00")
    assert invoices.finalize_invoice(invoice_id=draft.id, key="op:final") == final
    with pytest.raises(StripeRefused, match="already finalized"):
        invoices.finalize_invoice(invoice_id=draft.id, key="op:again")


def test_an_invoice_is_sent_and_may_be_sent_again(world: World, transfer: Subscription) -> None:
    draft = _renewal(world, transfer)

    assert invoices.send_invoice(invoice_id=draft.id, key="op:send").status == "open"
    invoices.send_invoice(invoice_id=draft.id, key="op:again")
    assert till.kinds(world).count("invoice.sent") == 3


def test_only_invoices_that_are_waited_for_are_sent(world: World) -> None:
    paid = till.sign_up(world).latest_invoice_id

    with pytest.raises(StripeRefused, match="send_invoice"):
        invoices.send_invoice(invoice_id=paid, key="op:send")


def test_money_that_came_by_transfer_is_told_apart(world: World, transfer: Subscription) -> None:
    paid = invoices.pay_invoice(invoice_id=transfer.latest_invoice_id, key="op:pay", elsewhere=True)

    assert paid.amount_paid == paid.amount_paid_elsewhere == Money(490, "EUR")
    assert paid.paid_at == day("2026-01-12 10:00")
    by_card = invoices.get_invoice(till.sign_up(world, name="Globex").latest_invoice_id)
    assert by_card.amount_paid_elsewhere == Money(0, "EUR")


def test_a_payment_whose_answer_was_lost_is_seen_by_looking(
    world: World, transfer: Subscription, unretried: None
) -> None:
    owed = transfer.latest_invoice_id
    world.failures.add(Rule(Failure.DROP_AFTER, "POST", "/v1/invoices/.*/pay"))
    with pytest.raises(OutcomeUnknown):
        invoices.pay_invoice(invoice_id=owed, key="op:pay", elsewhere=True)

    assert invoices.get_invoice(owed).status == "paid"
    with pytest.raises(StripeRefused, match="already paid"):
        invoices.pay_invoice(invoice_id=owed, key="op:other", elsewhere=True)


def test_what_is_paid_is_not_taken_back(world: World) -> None:
    paid = till.sign_up(world).latest_invoice_id

    with pytest.raises(StripeRefused):
        invoices.void_invoice(invoice_id=paid, key="op:void")


def test_all_lines_are_read_however_many_there_are(world: World, transfer: Subscription) -> None:
    draft = _renewal(world, transfer)
    for number in range(1, 121):
        _add(transfer, number, invoice_id=draft.id)

    found = list(invoices.every_line(draft.id))

    assert [line.metadata.get("number") for line in found[1:]] == [
        str(number) for number in range(1, 121)
    ]
    total = invoices.get_invoice(draft.id).total
    assert total == sum((line.amount for line in found), Money(0, "EUR"))


def test_nothing_is_put_on_what_is_final(transfer: Subscription) -> None:
    with pytest.raises(StripeRefused) as refused:
        _add(transfer, 1, invoice_id=transfer.latest_invoice_id)

    assert refused.value.code == "invoice_not_editable"


def test_invoices_since_an_instant_are_found(world: World, transfer: Subscription) -> None:
    renewal = _renewal(world, transfer)

    assert [each.id for each in invoices.every_invoice(since=renewal.created_at)] == [renewal.id]
    assert len(list(invoices.every_invoice(customer_id=transfer.customer_id))) == 2


def test_an_invoice_that_is_not_there_is_gone(world: World) -> None:
    for call in (invoices.get_invoice, lambda key: list(invoices.every_line(key))):
        with pytest.raises(Gone):
            call("in_none")
