"""From the Checkout page to a paid retainer, through the real client."""

import pytest

from billing.gateways.stripe import checkout, invoices, subscriptions
from billing.gateways.stripe.errors import Gone, StripeRefused
from billing.sandbox.failures import Failure, Rule
from billing.sandbox.resources.checkout import complete
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till
from tests.billing.till import day


def test_a_session_is_open_until_somebody_signs_up(world: World) -> None:
    session = checkout.create_session(
        customer_id=till.make_customer(),
        price_id=till.make_price(Money(490, "EUR")),
        success_url="http://localhost/done",
        cancel_url="http://localhost/back",
        reference="client-1",
        metadata={"retainer": "1"},
        key="op:1",
    )

    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.url.startswith(world.base)
    assert session.metadata == {"retainer": "1"}
    with world.lock:
        assert complete(world, world.store.get("checkout.session", session.id))

    done = checkout.get_session(session.id)
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", "")
    assert done.client_reference_id == "client-1"
    assert [each.id for each in checkout.every_session(customer_id=done.customer_id)] == [done.id]


def test_signing_up_makes_a_paid_subscription_with_our_metadata(world: World) -> None:
    subscription = till.sign_up(world)

    assert subscription.status == "active"
    assert subscription.billing_mode == "flexible"
    assert subscription.metadata == {"retainer": "1"}
    assert subscription.currency == "EUR"
    assert subscription.can_be_paused
    (item,) = subscription.items
    assert item.amount == Money(490, "EUR")
    assert (item.period_from, item.period_to) == (day("2026-01-12 10:00"), day("2026-02-12 10:00"))
    (invoice,) = till.invoices_of(subscription)
    assert (invoice.status, invoice.billing_reason) == ("paid", "subscription_create")
    assert invoice.total == invoice.amount_paid == Money(490, "EUR")
    assert invoice.subscription_id == subscription.id
    assert invoice.hosted_url
    assert invoice.pdf_url


def test_the_line_of_a_period_says_so(world: World) -> None:
    subscription = till.sign_up(world)

    (line,) = invoices.every_line(subscription.latest_invoice_id)

    assert (line.parent, line.is_proration) == ("subscription_item_details", False)
    assert line.subscription_id == subscription.id
    assert line.subscription_item_id == subscription.items[0].id
    assert line.price_id == subscription.items[0].price_id
    assert (line.period_from, line.period_to) == (day("2026-01-12 10:00"), day("2026-02-12 10:00"))


def test_a_setup_fee_is_on_the_first_invoice_and_no_period(world: World) -> None:
    subscription = till.sign_up(world, setup=Money(250, "EUR"))

    first, second = invoices.every_line(subscription.latest_invoice_id)

    assert {first.parent, second.parent} == {"subscription_item_details", "invoice_item_details"}
    assert till.invoices_of(subscription)[0].total == Money(740, "EUR")
    till.move(world, days=32)
    assert till.invoices_of(subscription)[-1].total == Money(490, "EUR")


def test_a_trial_costs_nothing_until_it_ends(world: World) -> None:
    subscription = till.sign_up(world, trial_days=14)

    assert subscription.status == "trialing"
    assert subscription.trial_to == day("2026-01-26 10:00")
    (first,) = till.invoices_of(subscription)
    assert (first.status, first.total) == ("paid", Money(0, "EUR"))

    till.move(world, days=14.5)

    after = till.latest(subscription)
    assert after.status == "active"
    assert after.items[0].period_to == day("2026-02-26 10:00")
    assert till.invoices_of(subscription)[-1].amount_paid == Money(490, "EUR")
    assert "customer.subscription.trial_will_end" in till.kinds(world)


def test_a_setup_fee_of_a_trial_is_paid_at_its_beginning(world: World) -> None:
    subscription = till.sign_up(world, setup=Money(250, "EUR"), trial_days=14)

    assert subscription.status == "trialing"
    assert till.invoices_of(subscription)[0].amount_paid == Money(250, "EUR")


@pytest.mark.parametrize("amount", [Money(60000, "JPY"), Money(70000, "ISK"), Money(150, "KWD")])
def test_any_currency_goes_through(world: World, amount: Money) -> None:
    subscription = till.sign_up(world, amount=amount)

    assert subscription.items[0].amount == amount
    assert till.invoices_of(subscription)[0].amount_paid == amount


def test_stripe_tax_is_added_on_top(world: World) -> None:
    subscription = till.sign_up(world, taxed=True)

    (invoice,) = till.invoices_of(subscription)
    (line,) = invoices.every_line(invoice.id)
    assert invoice.subtotal == Money(490, "EUR")
    assert invoice.tax == line.tax == Money("93.10", "EUR")
    assert invoice.total == Money("583.10", "EUR")


def test_a_session_can_be_closed_and_closes_by_itself(world: World) -> None:
    def open_one(key: str) -> str:
        return checkout.create_session(
            customer_id=till.make_customer(),
            price_id=till.make_price(Money(490, "EUR")),
            success_url="http://localhost/done",
            cancel_url="http://localhost/back",
            reference="client-1",
            metadata={},
            key=key,
        ).id

    first, second = open_one("op:1"), open_one("op:2")

    assert checkout.expire_session(session_id=first, key="op:3").status == "expired"
    with pytest.raises(StripeRefused, match="status of expired"):
        checkout.expire_session(session_id=first, key="op:4")
    till.move(world, days=1)
    assert checkout.get_session(second).status == "expired"
    assert till.kinds(world).count("checkout.session.expired") == 2


def test_a_transfer_is_waited_for(world: World) -> None:
    subscription = till.subscribe_by_transfer()

    assert (subscription.status, subscription.collection_method) == ("active", "send_invoice")
    assert not subscription.can_be_paused
    (invoice,) = till.invoices_of(subscription)
    assert (invoice.status, invoice.due_at) == ("open", day("2026-01-26 10:00"))
    paid = invoices.pay_invoice(invoice_id=invoice.id, key="op:pay", elsewhere=True)
    assert (paid.status, paid.amount_remaining) == ("paid", Money(0, "EUR"))


def test_a_late_transfer_makes_it_past_due_and_revives_it(world: World) -> None:
    subscription = till.subscribe_by_transfer()

    till.move(world, days=14.5)
    assert till.latest(subscription).status == "past_due"
    till.move(world, days=31)
    assert till.latest(subscription).status == "unpaid"

    for number, invoice in enumerate(till.invoices_of(subscription)):
        if invoice.status == "open":
            invoices.pay_invoice(invoice_id=invoice.id, key=f"op:{number}", elsewhere=True)
    assert till.latest(subscription).status == "active"


def test_ending_now_is_done_once_though_its_answer_is_lost(world: World) -> None:
    subscription = till.sign_up(world)
    world.failures.add(Rule(Failure.DROP_AFTER, "DELETE", "/v1/subscriptions"))

    ended = subscriptions.cancel_now(subscription_id=subscription.id, key="op:end")

    assert (ended.status, ended.cancellation_reason) == ("canceled", "cancellation_requested")
    assert ended.ended_at == day("2026-01-12 10:00")
    assert till.kinds(world).count("customer.subscription.deleted") == 1
    assert [s.status for s in subscriptions.every_subscription()] == ["canceled"]
    with pytest.raises(Gone):
        subscriptions.cancel_now(subscription_id="sub_none", key="op:none")
