"""Cards that pay, and cards that do not (docs: Testing, Declined payments)."""

import stripe

from billing.sandbox.store import Json
from billing.sandbox.world import World

# What a card says, by the name a test gives it, and the payment methods that Stripe has for tests.
DECLINES = {
    "declined": "generic_decline",
    "insufficient_funds": "insufficient_funds",
    "expired": "expired_card",
}
TEST_CARDS = {
    "pm_card_visa": "",
    "pm_card_mastercard": "",
    "pm_card_chargeCustomerFail": "declined",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
}
_LAST4 = {"": "4242", "declined": "0341", "insufficient_funds": "9995", "expired": "0069"}


def give_card(world: World, customer: Json, *, declines: str = "", default: bool = True) -> Json:
    """Attach a new card to a customer, from then on the one that pays if it is to be."""
    card = world.make(
        stripe.PaymentMethod,
        "pm",
        {
            "billing_details": {},
            "card": {
                "brand": "visa",
                "country": "DE",
                "display_brand": "visa",
                "exp_month": 12,
                "exp_year": 2040,
                "funding": "credit",
                "last4": _LAST4[declines],
            },
            "customer": customer["id"],
            "metadata": {},
            "type": "card",
        },
    )
    world.notes(card)["declines"] = declines
    world.emit("payment_method.attached", card)
    if default:
        with world.changing(customer, "customer.updated"):
            settings = customer["invoice_settings"]
            customer["invoice_settings"] = {**settings, "default_payment_method": card["id"]}
    return card


def card_for(world: World, invoice: Json) -> Json | None:
    """Give the card that an invoice is paid with: its own, the subscription's, the customer's."""
    told = (invoice["parent"] or {}).get("subscription_details") or {}
    subscription = world.store.find("subscription", told.get("subscription")) or {}
    customer = world.store.find("customer", invoice["customer"]) or {}
    for key in (
        invoice["default_payment_method"],
        subscription.get("default_payment_method"),
        customer.get("invoice_settings", {}).get("default_payment_method"),
    ):
        card = world.store.find("payment_method", key)
        if card is not None:
            return card
    return None
