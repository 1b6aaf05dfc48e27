"""Whatever staff, clients and time do to a retainer in whatever order, the books stay in order."""

import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from billing.gateways.stripe import (
    changes,
    credit_notes,
    invoices,
    payments,
    refunds,
    schedules,
    subscriptions,
)
from billing.gateways.stripe.errors import StripeRefused
from billing.gateways.stripe.objects import Invoice, Subscription
from billing.gateways.stripe.reading import at
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till

STATES = {"trialing", "active", "past_due", "unpaid", "paused", "canceled"}


class Life:
    """One retainer, and everything that can be done to it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)  # noqa: S311
        self.count = 0
        self.prices = [
            till.make_price(Money(290, "EUR"), name="smaller"),
            till.make_price(Money(990, "EUR"), name="bigger"),
        ]
        if seed % 3:
            self.first = till.sign_up(world, trial_days=14 * (seed % 2))
        else:
            self.first = till.subscribe_by_transfer()

    @property
    def now(self) -> Subscription:
        return till.latest(self.first)

    def key(self) -> str:
        self.count += 1
        return f"op:{self.count}"

    def step(self) -> None:
        """Do one thing, which may be refused, a minute later."""
        till.move(self.world, days=1 / 1440)
        with suppress(StripeRefused):
            self.random.choice(self._deeds())()

    def _deeds(self) -> list[Callable[[], object]]:
        return [
            lambda: till.move(self.world, days=self.random.choice([0.1, 1, 7, 31, 62])),
            lambda: till.move(self.world, days=self.random.choice([3, 16, 31])),
            lambda: till.new_card(
                self.world, self.first, declines=self.random.choice(["", "", "declined"])
            ),
            self._upgrade,
            lambda: changes.schedule_downgrade(
                subscription=self.now, price_id=self.prices[0], metadata={}, key=self.key()
            ),
            self._release,
            lambda: changes.pause(subscription=self.now, key=self.key()),
            lambda: changes.resume(subscription=self.now, key=self.key()),
            lambda: changes.resume(subscription=self.now, key=self.key()),
            self._end,
            self._overage,
            lambda: self._invoice(lambda one: invoices.pay_invoice(invoice_id=one, key=self.key())),
            lambda: self._invoice(
                lambda one: invoices.pay_invoice(invoice_id=one, key=self.key(), elsewhere=True)
            ),
            lambda: self._invoice(
                lambda one: invoices.void_invoice(invoice_id=one, key=self.key())
            ),
            self._credit,
            self._refund,
        ]

    def _upgrade(self) -> None:
        subscription, price = self.now, self.random.choice(self.prices)
        when = at(self.world.now())
        changes.preview_upgrade(subscription=subscription, price_id=price, proration_at=when)
        changes.upgrade(
            subscription=subscription,
            price_id=price,
            proration_at=when,
            metadata={"operation": self.key()},
            key=self.key(),
        )

    def _release(self) -> None:
        if schedule_id := self.now.schedule_id:
            schedules.release_schedule(schedule_id=schedule_id, key=self.key())

    def _end(self) -> None:
        if self.random.random() < 0.2:
            subscriptions.cancel_now(subscription_id=self.first.id, key=self.key())
        else:
            changes.cancel_at_period_end(
                subscription_id=self.first.id,
                metadata={},
                key=self.key(),
                cancel=self.random.random() < 0.5,
            )

    def _overage(self) -> None:
        invoices.add_item(
            customer_id=self.first.customer_id,
            amount=Money(75, "EUR"),
            description="30 minutes more",
            metadata={},
            key=self.key(),
            subscription_id=self.first.id,
        )

    def _invoice(self, deed: Callable[[str], object]) -> None:
        deed(self.random.choice(till.invoices_of(self.first)).id)

    def _credit(self) -> None:
        invoice = self.random.choice(till.invoices_of(self.first))
        credit_notes.create_credit_note(
            invoice_id=invoice.id,
            amount=Money(self.random.choice([10, 300]), "EUR"),
            metadata={},
            key=self.key(),
            way=self.random.choice(["refund", "credit"]) if invoice.status == "paid" else None,
        )

    def _refund(self) -> None:
        for payment in payments.every_payment(since=self.first.created_at):
            refunds.create_refund(
                payment_intent_id=payment.payment_intent_id,
                amount=Money(self.random.choice([10, 300]), "EUR"),
                metadata={},
                key=self.key(),
            )


def _check(invoice: Invoice) -> None:
    """An invoice adds up, and nobody gets back more than came."""
    assert invoice.total == invoice.subtotal + invoice.tax
    if invoice.status == "paid":
        assert invoice.amount_remaining == Money(0, "EUR")
        assert invoice.post_payment_credit + invoice.pre_payment_credit <= max(
            invoice.total, Money(0, "EUR")
        )
    lines = list(invoices.every_line(invoice.id))
    assert sum((line.amount for line in lines), Money(0, "EUR")) == invoice.subtotal


@pytest.mark.parametrize("seed", range(10))
def test_the_books_stay_in_order(world: World, seed: int) -> None:
    life = Life(world, seed)
    for _ in range(40):
        life.step()

    subscription = life.now
    assert subscription.status in STATES
    if subscription.status == "canceled":
        assert subscription.ended_at is not None
    found = till.invoices_of(subscription)
    for invoice in found:
        _check(invoice)
    for payment in payments.every_payment():
        back = [
            refund.amount
            for refund in refunds.every_refund(payment_intent_id=payment.payment_intent_id)
        ]
        assert sum(back, Money(0, "EUR")) <= (payment.amount_paid or Money(0, "EUR"))
    spans = sorted(
        (line.period_from, line.period_to)
        for invoice in found
        if invoice.status != "void"
        for line in invoices.every_line(invoice.id)
        if line.parent == "subscription_item_details" and not line.is_proration
    )
    assert all(begin < end for begin, end in spans)
    assert len(set(spans)) == len(spans)
