"""Payments of invoices: attempts, fees, dunning, and money that comes in some other way."""

import stripe

from billing.sandbox.books import standing
from billing.sandbox.books.cards import DECLINES, card_for
from billing.sandbox.clock import DAY
from billing.sandbox.faults import ApiFault, declined
from billing.sandbox.store import Json
from billing.sandbox.world import World


def collect(world: World, invoice: Json) -> bool:
    """Do what is next for an open invoice by itself; tell whether it is paid."""
    if invoice["amount_due"] == 0:
        _settle(world, invoice, paid=0)
        return True
    if invoice["collection_method"] == "send_invoice":
        world.emit("invoice.sent", invoice)
        return False
    try:
        pay(world, invoice)
    except ApiFault:
        return False
    return True


def pay(world: World, invoice: Json, *, card: Json | None = None) -> None:
    """Take the money from a card. Raises ApiFault when it is declined, or when there is none."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise ApiFault(
            f"Invoice is already {invoice['status']}"
            if invoice["status"] in ("paid", "void")
            else "This invoice is a draft: finalize it first.",
            code="invoice_not_editable",
        )
    card = card or card_for(world, invoice)
    invoice["attempted"] = True
    invoice["attempt_count"] += 1
    why = "no_card" if card is None else world.notes(card).get("declines", "")
    if why or card is None:
        _failed(world, invoice, card, why)
        raise _fault(why)
    _succeeded(world, invoice, card)


def pay_elsewhere(world: World, invoice: Json) -> None:
    """Note that an invoice was paid, but not through Stripe."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise ApiFault(f"Invoice is already {invoice['status']}", code="invoice_not_editable")
    for payment in payments_of(world, invoice):
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = world.now()
        intent = world.store.get("payment_intent", payment["payment"]["payment_intent"])
        intent["status"], intent["canceled_at"] = "canceled", world.now()
    world.notes(invoice)["paid_out_of_band"] = True
    invoice["amount_paid_off_stripe"] = invoice["amount_remaining"]
    _settle(world, invoice, paid=invoice["amount_remaining"])


def payments_of(world: World, invoice: Json) -> list[Json]:
    """Give the payments of an invoice that are not over."""
    return world.store.all(
        "invoice_payment",
        lambda each: each["invoice"] == invoice["id"] and each["status"] == "open",
    )


def give_up(world: World, invoice: Json, status: str) -> None:
    """Make an invoice void or uncollectible."""
    with world.changing(invoice, "invoice.updated"):
        invoice["status"] = status
        invoice["next_payment_attempt"] = None
        mark = "voided_at" if status == "void" else "marked_uncollectible_at"
        invoice["status_transitions"][mark] = world.now()
    if status == "void":
        world.emit("invoice.voided", invoice)
        standing.invoice_was_voided(world, invoice)
    else:
        world.emit("invoice.marked_uncollectible", invoice)
        standing.invoice_was_settled(world, invoice)


def give_up_awaited(world: World, subscription: Json, what: str) -> None:
    """Take back the invoice with whose payment something was to happen, and that with it.

    ``what`` is the note that names it: update_waits_for, resumes_with.
    """
    invoice = world.store.get("invoice", world.notes(subscription)[what])
    give_up(world, invoice, "void")


def _fault(why: str) -> ApiFault:
    if why == "no_card":
        return ApiFault(
            "This customer has no attached payment source or default payment method.",
            code="resource_missing",
        )
    return declined(DECLINES[why])


def _failed(world: World, invoice: Json, card: Json | None, why: str) -> None:
    days = world.habits.retry_days
    done = invoice["attempt_count"]
    waits = (
        invoice["auto_advance"]
        and done <= len(days)
        and invoice["billing_reason"] not in ("manual", "subscription_create")
    )
    if invoice["billing_reason"] == "subscription_update" and invoice["id"] in (
        world.notes(sub).get("update_waits_for") for sub in world.store.all("subscription")
    ):
        waits = False
    invoice["next_payment_attempt"] = world.now() + days[done - 1] * DAY if waits else None
    for payment in payments_of(world, invoice) if card is not None else []:
        intent = world.store.get("payment_intent", payment["payment"]["payment_intent"])
        intent["last_payment_error"] = {
            "code": "card_declined",
            "decline_code": DECLINES[why],
            "message": "Your card was declined.",
            "type": "card_error",
        }
        world.emit("payment_intent.payment_failed", intent)
    world.emit("invoice.payment_failed", invoice)
    standing.payment_failed(world, invoice)
    if not waits and done > len(days):
        standing.retries_are_over(world, invoice)


def _succeeded(world: World, invoice: Json, card: Json) -> None:
    amount = invoice["amount_remaining"]
    for payment in payments_of(world, invoice):
        intent = world.store.get("payment_intent", payment["payment"]["payment_intent"])
        charge = _charge(world, intent, card, amount)
        intent.update(
            status="succeeded",
            amount=amount,
            amount_received=amount,
            payment_method=card["id"],
            latest_charge=charge["id"],
            last_payment_error=None,
        )
        world.emit("charge.succeeded", charge)
        world.emit("payment_intent.succeeded", intent)
        payment.update(status="paid", amount_paid=amount, amount_requested=amount)
        payment["status_transitions"]["paid_at"] = world.now()
        world.emit("invoice_payment.paid", payment)
    _settle(world, invoice, paid=amount)


def _settle(world: World, invoice: Json, *, paid: int) -> None:
    with world.changing(invoice, "invoice.updated"):
        invoice["status"] = "paid"
        invoice["amount_paid"] += paid
        invoice["amount_remaining"] -= paid
        invoice["attempted"] = True
        invoice["next_payment_attempt"] = None
        invoice["status_transitions"]["paid_at"] = world.now()
    world.emit("invoice.paid", invoice)
    world.emit("invoice.payment_succeeded", invoice)
    standing.invoice_was_settled(world, invoice)


def _charge(world: World, intent: Json, card: Json, amount: int) -> Json:
    charge = world.make(
        stripe.Charge,
        "ch",
        {
            "amount": amount,
            "amount_captured": amount,
            "amount_refunded": 0,
            "billing_details": {},
            "captured": True,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "disputed": False,
            "metadata": {},
            "paid": True,
            "payment_intent": intent["id"],
            "payment_method": card["id"],
            "refunded": False,
            "status": "succeeded",
        },
    )
    # Cards of the European Economic Area (stripe.com/pricing): 1.5 % and 25 cents.
    fee = round(amount * 0.015) + 25
    charge["balance_transaction"] = balance_transaction(world, charge, "charge", amount, fee)["id"]
    return charge


def balance_transaction(world: World, source: Json, kind: str, amount: int, fee: int) -> Json:
    """Keep the row of Stripe's own ledger for money that moved."""
    told = {
        "amount": fee,
        "currency": source["currency"],
        "description": "Stripe processing fees",
        "type": "stripe_fee",
        "application": None,
    }
    return world.make(
        stripe.BalanceTransaction,
        "txn",
        {
            "amount": amount,
            "available_on": world.now() + 7 * DAY,
            "balance_type": "payments",
            "currency": source["currency"],
            "fee": fee,
            "fee_details": [told] if fee else [],
            "net": amount - fee,
            "reporting_category": kind,
            "source": source["id"],
            "status": "pending",
            "type": kind,
        },
    )
