"""Invoice items: what waits to be put on an invoice."""

import stripe

from billing.sandbox.store import Json
from billing.sandbox.world import World


def keep_waiting(world: World, subscription: Json, line: Json) -> Json:
    """Keep a proration for the next invoice of its subscription."""
    details = line["parent"]["subscription_item_details"]
    return make_item(
        world,
        customer=subscription["customer"],
        amount=line["amount"],
        currency=line["currency"],
        description=line["description"],
        period=line["period"],
        metadata=line["metadata"],
        proration=True,
        subscription=subscription["id"],
        item=details["subscription_item"],
    )


def make_item(
    world: World,
    *,
    customer: str,
    amount: int,
    currency: str,
    description: str | None,
    period: Json,
    metadata: Json,
    proration: bool = False,
    subscription: str | None = None,
    item: str | None = None,
    invoice: str | None = None,
) -> Json:
    """Keep an invoice item; without an invoice it waits for the customer's next."""
    parent = None
    if subscription is not None:
        told: Json = {"subscription": subscription}
        if item is not None:
            told["subscription_item"] = item
        parent = {"type": "subscription_details", "subscription_details": told}
    made = world.make(
        stripe.InvoiceItem,
        "ii",
        {
            "amount": amount,
            "currency": currency,
            "customer": customer,
            "date": world.now(),
            "description": description,
            "discountable": not proration,
            "discounts": [],
            "invoice": invoice,
            "metadata": metadata,
            "net_amount": amount,
            "parent": parent,
            "period": period,
            "pricing": {"type": "price_details", "unit_amount_decimal": str(amount)},
            "proration": proration,
            "quantity": 1,
            "quantity_decimal": "1",
            "tax_rates": [],
        },
    )
    world.emit("invoiceitem.created", made)
    return made
