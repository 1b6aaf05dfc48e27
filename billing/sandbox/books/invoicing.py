"""Invoices from draft to open: totals, numbers, the customer's balance, the payment expected."""

import stripe

from billing.sandbox.books.lines import from_invoice_item
from billing.sandbox.clock import DAY, HOUR
from billing.sandbox.faults import ApiFault
from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json, new_id
from billing.sandbox.world import World

TAX_RATE = "txr_sandbox"


def draft(
    world: World,
    customer: Json,
    lines: list[Json],
    *,
    currency: str,
    reason: str,
    subscription: Json | None = None,
    period: tuple[int, int] | None = None,
    terms: Json | None = None,
) -> Json:
    """Keep a new draft. ``terms`` are fields that the caller decides on."""
    values = _fields(world, customer, currency, reason, subscription, period or (world.now(),) * 2)
    invoice = world.make(stripe.Invoice, "in", {**values, **(terms or {})})
    put_on(invoice, lines)
    total_up(world, invoice)
    world.emit("invoice.created", invoice)
    return invoice


def preview(
    world: World, customer: Json, lines: list[Json], *, subscription: Json, since: int
) -> Json:
    """Give an invoice as it would be, and keep nothing."""
    currency = subscription["currency"]
    values = _fields(world, customer, currency, "upcoming", subscription, (since, since))
    values["parent"]["subscription_details"]["subscription_proration_date"] = since
    common = {"id": new_id("upcoming_in"), "created": world.now(), "livemode": False}
    invoice = shaped(stripe.Invoice, {**common, "object": "invoice", **values})
    put_on(invoice, lines)
    total_up(world, invoice)
    balance = customer["balance"]
    invoice["starting_balance"] = balance
    invoice["amount_due"] = invoice["amount_remaining"] = max(0, invoice["total"] + balance)
    return invoice


def _fields(
    world: World,
    customer: Json,
    currency: str,
    reason: str,
    subscription: Json | None,
    period: tuple[int, int],
) -> Json:
    habits, told = world.habits, subscription or {}
    taxed = told.get("automatic_tax", {}).get("enabled", False)
    parent = None
    if subscription is not None:
        details = {"metadata": told["metadata"], "subscription": told["id"]}
        parent = {"type": "subscription_details", "subscription_details": details}
    return {
        "account_country": habits.country,
        "account_name": habits.name,
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "enabled": taxed,
            "liability": {"type": "self"} if taxed else None,
            "provider": "stripe" if taxed else None,
            "status": "complete" if taxed else None,
        },
        "billing_reason": reason,
        "collection_method": told.get("collection_method", "charge_automatically"),
        "currency": currency,
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "lines": {"object": "list", "data": [], "has_more": False, "url": ""},
        "metadata": {},
        "parent": parent,
        "payment_settings": {},
        "period_start": period[0],
        "period_end": period[1],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "draft",
        "status_transitions": {},
        "subtotal": 0,
        "total": 0,
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }


def put_on(invoice: Json, lines: list[Json]) -> None:
    """Add lines."""
    for line in lines:
        line["invoice"] = invoice["id"]
        invoice["lines"]["data"].append(line)
    invoice["lines"]["url"] = f"/v1/invoices/{invoice['id']}/lines"


def _pending_items(world: World, invoice: Json, subscription: str | None) -> list[Json]:
    """Give the invoice items that wait for the customer's next invoice."""

    def waits(item: Json) -> bool:
        told = (item["parent"] or {}).get("subscription_details") or {}
        return (
            item["customer"] == invoice["customer"]
            and item["invoice"] is None
            and item["currency"] == invoice["currency"]
            and told.get("subscription") in (None, subscription)
        )

    return world.store.all("invoiceitem", waits)


def take_pending(world: World, invoice: Json, subscription: str | None) -> None:
    """Put the customer's pending invoice items onto a draft."""
    waiting = _pending_items(world, invoice, subscription)
    for item in waiting:
        item["invoice"] = invoice["id"]
        put_on(invoice, [from_invoice_item(item)])
    if waiting:
        total_up(world, invoice)


def total_up(world: World, invoice: Json) -> None:
    """Work out the sums from the lines, tax on top where Stripe Tax is asked."""
    lines = invoice["lines"]["data"]
    percent = world.habits.tax_percent if invoice["automatic_tax"]["enabled"] else 0
    for line in lines:
        line["taxes"] = [_tax(line["amount"], percent)] if percent else []
    tax = sum(each["amount"] for line in lines for each in line["taxes"])
    subtotal = sum(line["amount"] for line in lines)
    invoice["subtotal"] = invoice["subtotal_excluding_tax"] = subtotal
    invoice["total_excluding_tax"] = subtotal
    invoice["total_taxes"] = [{**_tax(subtotal, percent), "amount": tax}] if percent else []
    invoice["total"] = subtotal + tax
    invoice["amount_due"] = invoice["amount_remaining"] = max(0, invoice["total"])


def _tax(amount: int, percent: int) -> Json:
    return {
        "amount": round(amount * percent / 100),
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": TAX_RATE},
        "taxability_reason": "standard_rated",
        "taxable_amount": amount,
        "type": "tax_rate_details",
    }


def finalize(world: World, invoice: Json, *, auto_advance: bool | None = None) -> None:
    """Make a draft final: it has a number, and is open, or paid if nothing is due."""
    if invoice["status"] != "draft":
        raise ApiFault(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    customer = world.store.get("customer", invoice["customer"])
    total_up(world, invoice)
    with world.changing(customer, "customer.updated"):
        _use_balance(invoice, customer)
    number = len(world.store.all("invoice", lambda each: each["number"] is not None)) + 1
    invoice["number"] = f"{customer['invoice_prefix']}-{number:04d}"
    invoice["status"] = "open"
    invoice["effective_at"] = invoice["status_transitions"]["finalized_at"] = world.now()
    invoice["automatically_finalizes_at"] = None
    if auto_advance is not None:
        invoice["auto_advance"] = auto_advance
    page = f"{world.base}/i/{invoice['id']}"
    invoice["hosted_invoice_url"], invoice["invoice_pdf"] = page, f"{page}/pdf"
    if invoice["collection_method"] == "send_invoice":
        days = world.notes(invoice).get("days_until_due", 30)
        invoice["due_date"] = invoice["due_date"] or world.now() + days * DAY
    _expect_payment(world, invoice)
    world.emit("invoice.finalized", invoice)


def _use_balance(invoice: Json, customer: Json) -> None:
    """Set the customer's balance against the total; what is below zero is kept for later."""
    start = customer["balance"]
    rest = invoice["total"] + start
    invoice["starting_balance"] = start
    invoice["ending_balance"] = customer["balance"] = min(0, rest)
    invoice["amount_due"] = invoice["amount_remaining"] = max(0, rest)


def _expect_payment(world: World, invoice: Json) -> None:
    if invoice["amount_due"] == 0:
        return
    intent = world.make(
        stripe.PaymentIntent,
        "pi",
        {
            "amount": invoice["amount_due"],
            "amount_capturable": 0,
            "amount_received": 0,
            "capture_method": "automatic",
            "client_secret": new_id("pi_secret"),
            "confirmation_method": "automatic",
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "description": f"Invoice {invoice['number']}",
            "metadata": {},
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
        },
    )
    world.emit("payment_intent.created", intent)
    world.make(
        stripe.InvoicePayment,
        "inpay",
        {
            "amount_requested": invoice["amount_due"],
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
            "status": "open",
            "status_transitions": {},
        },
    )


def will_finalize(world: World, invoice: Json) -> None:
    """Leave a draft for an hour, as Stripe does with renewals."""
    invoice["automatically_finalizes_at"] = world.now() + HOUR
