"""Items of subscriptions, and the plan that each still carries."""

import stripe

from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json, new_id
from billing.sandbox.world import World


def plan_of(price: Json) -> Json:
    """Give the plan, as prices were called before, that every item still carries."""
    recurring = price["recurring"]
    return shaped(
        stripe.Plan,
        {
            "id": price["id"],
            "object": "plan",
            "active": price["active"],
            "amount": price["unit_amount"],
            "amount_decimal": price["unit_amount_decimal"],
            "billing_scheme": "per_unit",
            "created": price["created"],
            "currency": price["currency"],
            "interval": recurring["interval"],
            "interval_count": recurring["interval_count"],
            "livemode": False,
            "metadata": price["metadata"],
            "nickname": price["nickname"],
            "product": price["product"],
            "usage_type": "licensed",
        },
    )


def new_item(world: World, subscription: str, price: Json, quantity: int, metadata: Json) -> Json:
    """Give an item of a new subscription, its period still to be set."""
    return shaped(
        stripe.SubscriptionItem,
        {
            "id": new_id("si"),
            "object": "subscription_item",
            "created": world.now(),
            "current_period_start": 0,
            "current_period_end": 0,
            "discounts": [],
            "metadata": metadata,
            "plan": plan_of(price),
            "price": price,
            "quantity": quantity,
            "subscription": subscription,
            "tax_rates": [],
        },
    )
