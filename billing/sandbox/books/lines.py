"""Lines of invoices: what is charged, for which time, and on what account."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import stripe

from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json, new_id

# Currencies whose amounts end in zeros at Stripe (docs: Supported currencies).
_STEPS = {"isk": 100, "ugx": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}


def share(amount: int, part: Fraction, currency: str) -> int:
    """Give a part of an amount in whole units, as a currency can have it."""
    step = _STEPS.get(currency, 1)
    exact = amount * part / step
    whole = Decimal(exact.numerator) / Decimal(exact.denominator)
    return int(whole.quantize(Decimal(1), ROUND_HALF_UP)) * step


def line(
    *,
    amount: int,
    currency: str,
    description: str,
    period: tuple[int, int],
    parent: Json,
    price: Json | None,
    quantity: int = 1,
    metadata: Json | None = None,
    discountable: bool = True,
) -> Json:
    """Give one line; the invoice that takes it in writes its own id on it."""
    inside = parent.get(parent["type"]) or {}
    pricing: Json = {"type": "price_details", "unit_amount_decimal": str(amount)}
    if price is not None:
        pricing["unit_amount_decimal"] = price["unit_amount_decimal"]
        pricing["price_details"] = {"price": price["id"], "product": price["product"]}
    return shaped(
        stripe.InvoiceLineItem,
        {
            "id": new_id("il"),
            "object": "line_item",
            "amount": amount,
            "currency": currency,
            "description": description,
            "discount_amounts": [],
            "discountable": discountable,
            "discounts": [],
            "livemode": False,
            "metadata": metadata or {},
            "parent": parent,
            "period": {"start": period[0], "end": period[1]},
            "pretax_credit_amounts": [],
            "pricing": pricing,
            "quantity": quantity,
            "quantity_decimal": str(quantity),
            "subscription": inside.get("subscription"),
            "subtotal": amount,
            "taxes": [],
        },
    )


def recurring(
    subscription: Json, item: Json, period: tuple[int, int], *, trial: bool = False
) -> Json:
    """Give the line for one period of an item of a subscription."""
    price, quantity = item["price"], item.get("quantity", 1)
    return line(
        amount=0 if trial else price["unit_amount"] * quantity,
        currency=price["currency"],
        description=f"Trial period for {_name(price)}" if trial else f"{quantity} × {_name(price)}",
        period=period,
        parent=of_item(subscription, item),
        price=price,
        quantity=quantity,
        metadata=subscription["metadata"],
    )


def proration(
    subscription: Json,
    item: Json,
    *,
    price: Json,
    part: Fraction,
    sign: int,
    since: int,
    until: int,
    credited: Json | None = None,
) -> Json:
    """Give the line for the rest of a period: what a price gives back, or what another takes."""
    quantity = item.get("quantity", 1)
    word = "Unused" if sign < 0 else "Remaining"
    day = datetime.fromtimestamp(since, UTC).strftime("%d %b %Y")
    amount = sign * share(price["unit_amount"] * quantity, part, price["currency"])
    return line(
        amount=amount,
        currency=price["currency"],
        description=f"{word} time on {_name(price)} after {day}",
        period=(since, until),
        parent=of_item(subscription, item, proration=True, credited=credited),
        price=price,
        quantity=quantity,
        metadata=subscription["metadata"],
        discountable=False,
    )


def of_item(
    subscription: Json, item: Json, *, proration: bool = False, credited: Json | None = None
) -> Json:
    """Give the parent of a line that a subscription's item brought about."""
    return {
        "type": "subscription_item_details",
        "subscription_item_details": {
            "invoice_item": new_id("ii") if proration else None,
            "proration": proration,
            "proration_details": {"credited_items": credited},
            "subscription": subscription["id"],
            "subscription_item": item["id"],
        },
    }


def from_invoice_item(thing: Json) -> Json:
    """Give the line by which a pending invoice item comes onto an invoice."""
    told = (thing["parent"] or {}).get("subscription_details") or {}
    details: Json = {
        "invoice_item": thing["id"],
        "proration": thing["proration"],
        "proration_details": {"credited_items": None},
        "subscription": told.get("subscription"),
    }
    kind = "invoice_item_details"
    if thing["proration"]:
        kind, details = (
            "subscription_item_details",
            {**details, "subscription_item": told.get("subscription_item")},
        )
    return line(
        amount=thing["amount"],
        currency=thing["currency"],
        description=thing["description"] or "",
        period=(thing["period"]["start"], thing["period"]["end"]),
        parent={"type": kind, kind: details},
        price=None,
        quantity=thing["quantity"],
        metadata=thing["metadata"],
        discountable=thing["discountable"],
    )


def _name(price: Json) -> str:
    return str(price["nickname"] or price["lookup_key"] or price["product"])
