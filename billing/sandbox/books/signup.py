"""New subscriptions, however they come about: by the API or by a Checkout page."""

from dataclasses import dataclass, field
from typing import Any

import stripe

from billing.sandbox.books import collecting, invoicing, lines, periods
from billing.sandbox.books.cards import DECLINES
from billing.sandbox.books.plans import new_item
from billing.sandbox.faults import ApiFault, declined
from billing.sandbox.store import Json
from billing.sandbox.world import World

FLEXIBLE = {"flexible": {"proration_discounts": "included"}, "type": "flexible"}


@dataclass
class Terms:
    """What a new subscription is to be like."""

    collection_method: str = "charge_automatically"
    days_until_due: int | None = None
    trial_end: int | None = None
    trial_settings: Json | None = None
    billing_mode: str = "flexible"
    metadata: Json = field(default_factory=dict)
    description: str | None = None
    default_payment_method: str | None = None
    taxed: bool = False
    payment_behavior: str = "allow_incomplete"


def subscribe(
    world: World, customer: Json, items: list[Json], extras: list[Json], terms: Terms
) -> Json:
    """Begin a subscription with its first invoice; ``extras`` are prices paid once."""
    recurring = [_recurring_price(world, item, index) for index, item in enumerate(items)]
    once = [world.store.get("price", extra["price"]) for extra in extras]
    due = sum(price["unit_amount"] for price in once)
    if terms.trial_end is None:
        due += sum(
            price["unit_amount"] * item.get("quantity", 1)
            for price, item in zip(recurring, items, strict=True)
        )
    if terms.collection_method == "charge_automatically" and due:
        _check_card(world, customer, terms)
    subscription = _made(world, customer, recurring[0]["currency"], terms)
    subscription["items"]["data"] = [
        new_item(
            world, subscription["id"], price, item.get("quantity", 1), item.get("metadata", {})
        )
        for price, item in zip(recurring, items, strict=True)
    ]
    periods.begin_period(subscription, world.now(), until=terms.trial_end)
    waits = terms.collection_method == "charge_automatically" and due
    subscription["status"] = "incomplete" if waits else _served(terms)
    with world.changing(customer, "customer.updated"):
        customer["currency"] = customer["currency"] or subscription["currency"]
    world.emit("customer.subscription.created", subscription)
    what = periods.recurring_lines(subscription, trial=terms.trial_end is not None)
    what += [_once(subscription, price, world.now()) for price in once]
    _bill_first(world, subscription, what, terms)
    return subscription


def _recurring_price(world: World, item: Json, index: int) -> Json:
    path = f"items[{index}][price]"
    price = world.store.get("price", item.get("price", ""), param=path)
    if price["recurring"] is None:
        raise ApiFault(
            "The price specified is set to `type=one_time` but this field only accepts prices "
            "with `type=recurring`.",
            param=path,
        )
    if not price["active"]:
        raise ApiFault("The price specified is inactive.", param=path)
    return price


def _check_card(world: World, customer: Json, terms: Terms) -> None:
    key = terms.default_payment_method or customer["invoice_settings"]["default_payment_method"]
    card = world.store.find("payment_method", key)
    if terms.payment_behavior == "default_incomplete":
        return
    if card is None:
        raise ApiFault(
            "This customer has no attached payment source or default payment method. Please "
            "consider adding a default payment method.",
            code="resource_missing",
        )
    why = world.notes(card).get("declines", "")
    if why and terms.payment_behavior == "error_if_incomplete":
        raise declined(DECLINES[why])


def _made(world: World, customer: Json, currency: str, terms: Terms) -> Json:
    now = world.now()
    values: dict[str, Any] = {
        "automatic_tax": {
            "enabled": terms.taxed,
            "liability": {"type": "self"} if terms.taxed else None,
        },
        "billing_cycle_anchor": terms.trial_end or now,
        "billing_mode": FLEXIBLE if terms.billing_mode == "flexible" else {"type": "classic"},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": {},
        "collection_method": terms.collection_method,
        "currency": currency,
        "customer": customer["id"],
        "days_until_due": terms.days_until_due,
        "default_payment_method": terms.default_payment_method,
        "default_tax_rates": [],
        "description": terms.description,
        "discounts": [],
        "invoice_settings": {"issuer": {"type": "self"}},
        "items": {"object": "list", "data": [], "has_more": False, "url": ""},
        "metadata": terms.metadata,
        "payment_settings": {"save_default_payment_method": "off"},
        "start_date": now,
        "status": "incomplete",
        "trial_end": terms.trial_end,
        "trial_settings": terms.trial_settings
        or {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": now if terms.trial_end else None,
    }
    subscription = world.make(stripe.Subscription, "sub", values)
    subscription["items"]["url"] = f"/v1/subscription_items?subscription={subscription['id']}"
    return subscription


def _served(terms: Terms) -> str:
    return "trialing" if terms.trial_end is not None else "active"


def _once(subscription: Json, price: Json, now: int) -> Json:
    details = {
        "invoice_item": "",
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": subscription["id"],
    }
    made = lines.line(
        amount=price["unit_amount"],
        currency=price["currency"],
        description=price["nickname"] or price["lookup_key"] or "Once",
        period=(now, now),
        parent={"type": "invoice_item_details", "invoice_item_details": details},
        price=price,
    )
    # Stripe makes an invoice item for it, which is on the invoice at once.
    details["invoice_item"] = made["id"].replace("il_", "ii_")
    return made


def _bill_first(world: World, subscription: Json, what: list[Json], terms: Terms) -> None:
    later = terms.payment_behavior == "default_incomplete"
    invoice = periods.bill(world, subscription, what, reason="subscription_create", now=not later)
    if later:
        invoicing.finalize(world, invoice)
        if invoice["amount_due"] == 0:
            collecting.collect(world, invoice)
