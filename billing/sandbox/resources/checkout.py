"""Checkout sessions: a page where somebody signs up."""

from typing import Any

import stripe
from stripe import checkout
from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionListParams,
    SessionRetrieveParams,
)

from billing.sandbox.books.cards import give_card
from billing.sandbox.books.signup import Terms, subscribe
from billing.sandbox.clock import DAY
from billing.sandbox.faults import ApiFault, missing_parameter
from billing.sandbox.listing import INCLUDABLE, page
from billing.sandbox.parameters import check_addresses
from billing.sandbox.resources import customers
from billing.sandbox.resources.subscriptions import trial_end
from billing.sandbox.routing import Route
from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json, new_id
from billing.sandbox.world import World, merged_metadata


def create(world: World, params: Json) -> Json:
    """Open a page."""
    if params.get("mode") != "subscription":
        raise ApiFault(
            "The sandbox signs up subscriptions.", code="sandbox_does_less", param="mode"
        )
    for name in ("line_items", "success_url"):
        if name not in params:
            raise missing_parameter(name)
    check_addresses(params, "success_url", "cancel_url")
    customer: Json = {}
    if "customer" in params:
        customer = world.store.get("customer", params["customer"], param="customer")
    prices = [
        world.store.get("price", item.get("price", ""), param=f"line_items[{index}][price]")
        for index, item in enumerate(params["line_items"])
    ]
    if not any(price["recurring"] for price in prices):
        raise ApiFault("You must provide at least one recurring price in `subscription` mode.")
    now = world.now()
    expires = params.get("expires_at", now + DAY)
    if not now + 1800 <= expires <= now + DAY:
        raise ApiFault(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.",
            param="expires_at",
        )
    session = world.make(checkout.Session, "cs_test", _values(params, customer, prices, expires))
    session["url"] = f"{world.base}/c/pay/{session['id']}"
    notes = world.notes(session)
    notes["line_items"] = params["line_items"]
    notes["subscription_data"] = params.get("subscription_data", {})
    notes["taxed"] = params.get("automatic_tax", {}).get("enabled", False)
    return session


def _values(params: Json, customer: Json, prices: list[Json], expires: int) -> Json:
    trial = params.get("subscription_data", {})
    free = bool(trial.get("trial_period_days") or trial.get("trial_end"))
    amount = sum(
        price["unit_amount"] * item.get("quantity", 1)
        for price, item in zip(prices, params["line_items"], strict=True)
        if not (free and price["recurring"])
    )
    values: dict[str, Any] = {
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": params.get("automatic_tax", {}).get("enabled", False)},
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "currency": prices[0]["currency"],
        "custom_fields": [],
        "custom_text": {},
        "customer": customer.get("id"),
        "customer_details": {
            "address": None,
            "email": customer.get("email") or params.get("customer_email"),
            "name": customer.get("name"),
            "tax_exempt": "none",
            "tax_ids": None,
        },
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": expires,
        "metadata": merged_metadata({}, params.get("metadata")),
        "mode": "subscription",
        "payment_method_collection": params.get("payment_method_collection", "always"),
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }
    return values


def complete(world: World, session: Json, *, declines: str = "") -> bool:
    """Sign up with a card, as the button of the page does; tell whether the card was taken."""
    if session["status"] != "open":
        raise ApiFault("This Checkout Session is not open any more.")
    if declines:
        return False
    customer = world.store.find("customer", session["customer"])
    if customer is None:
        customer = customers.create(world, {"email": session["customer_email"] or "a@b.test"})
        session["customer"] = customer["id"]
    card = give_card(world, customer, default=False)
    notes = world.notes(session)
    items = [each for each in notes["line_items"] if _is_recurring(world, each)]
    extras = [each for each in notes["line_items"] if not _is_recurring(world, each)]
    data = notes["subscription_data"]
    subscription = subscribe(
        world,
        customer,
        items,
        extras,
        Terms(
            trial_end=trial_end(world, data),
            trial_settings=data.get("trial_settings"),
            billing_mode=data.get("billing_mode", {}).get("type", "flexible"),
            metadata=merged_metadata({}, data.get("metadata")),
            description=data.get("description"),
            default_payment_method=card["id"],
            taxed=notes["taxed"],
        ),
    )
    session.update(
        status="complete",
        url=None,
        subscription=subscription["id"],
        invoice=subscription["latest_invoice"],
        payment_status="paid" if session["amount_total"] else "no_payment_required",
    )
    world.emit("checkout.session.completed", session)
    return True


def _is_recurring(world: World, item: Json) -> bool:
    return world.store.get("price", item["price"])["recurring"] is not None


def expire(world: World, params: Json, key: str) -> Json:
    """Close a page."""
    session = world.store.get("checkout.session", key)
    if session["status"] != "open":
        raise ApiFault(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session['status']}."
        )
    session["status"], session["url"] = "expired", None
    world.emit("checkout.session.expired", session)
    return session


def retrieve(world: World, params: Json, key: str) -> Json:
    """Give a session."""
    return world.store.get("checkout.session", key)


def list_all(world: World, params: Json) -> Json:
    """List sessions."""
    found = world.store.all(
        "checkout.session",
        lambda each: all(
            params.get(name) in (None, each[name])
            for name in ("customer", "subscription", "status")
        ),
    )
    return page(found, params, "/v1/checkout/sessions")


def _line_items(world: World, session: Json) -> Json:
    data = []
    for item in world.notes(session)["line_items"]:
        price = world.store.get("price", item["price"])
        amount = price["unit_amount"] * item.get("quantity", 1)
        values = {
            "id": new_id("li"),
            "object": "item",
            "amount_discount": 0,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount,
            "currency": price["currency"],
            "description": price["nickname"] or price["lookup_key"],
            "price": price,
            "quantity": item.get("quantity", 1),
        }
        data.append(shaped(stripe.LineItem, values))
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return {"object": "list", "data": data, "has_more": False, "url": url}


INCLUDABLE["checkout.session", "line_items"] = _line_items
_PATH = "/v1/checkout/sessions"
ROUTES = [
    Route("POST", _PATH, SessionCreateParams, create,
          "mode line_items success_url cancel_url customer customer_email client_reference_id "
          "metadata subscription_data automatic_tax expires_at payment_method_collection "
          "allow_promotion_codes billing_address_collection customer_update tax_id_collection "
          "locale"),
    Route("GET", _PATH, SessionListParams, list_all,
          "customer subscription status created limit starting_after ending_before"),
    Route("GET", _PATH + "/{id}", SessionRetrieveParams, retrieve),
    Route("POST", _PATH + "/{id}/expire", SessionExpireParams, expire),
]  # fmt: skip
