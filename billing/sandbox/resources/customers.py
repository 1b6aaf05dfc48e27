"""Customers, and the cards of theirs that tests attach."""

import secrets

import stripe
from stripe.params import (
    CustomerCreateParams,
    CustomerDeleteParams,
    CustomerListParams,
    CustomerPaymentMethodListParams,
    CustomerRetrieveParams,
    CustomerUpdateParams,
    PaymentMethodAttachParams,
    PaymentMethodRetrieveParams,
)

from billing.sandbox.books import standing
from billing.sandbox.books.cards import TEST_CARDS, give_card
from billing.sandbox.faults import no_such
from billing.sandbox.listing import page
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World, merged_metadata

_PLAIN = ("name", "email", "description", "phone", "address", "preferred_locales", "tax_exempt")


def create(world: World, params: Json) -> Json:
    """Keep a new customer."""
    customer = world.make(
        stripe.Customer,
        "cus",
        {
            "address": None,
            "balance": params.get("balance", 0),
            "currency": None,
            "delinquent": False,
            "discount": None,
            "invoice_prefix": secrets.token_hex(4).upper(),
            "invoice_settings": {},
            "metadata": merged_metadata({}, params.get("metadata")),
            "name": None,
            "next_invoice_sequence": 1,
            "phone": None,
            "preferred_locales": [],
            "tax_exempt": "none",
            "test_clock": None,
        },
    )
    _set(customer, params)
    world.emit("customer.created", customer)
    if "payment_method" in params:
        key = params["payment_method"]
        if key not in TEST_CARDS:
            raise no_such("PaymentMethod", key, param="payment_method")
        give_card(world, customer, declines=TEST_CARDS[key])
    return customer


def _set(customer: Json, params: Json) -> None:
    for name in _PLAIN:
        if name in params:
            customer[name] = params[name] or None


def retrieve(world: World, params: Json, key: str) -> Json:
    """Give a customer; of one that was deleted, only that."""
    if "deleted" in world.notes({"id": key}):
        return {"id": key, "object": "customer", "deleted": True}
    return world.store.get("customer", key)


def update(world: World, params: Json, key: str) -> Json:
    """Change a customer."""
    customer = world.store.get("customer", key)
    settings = params.get("invoice_settings", {})
    card = settings.get("default_payment_method")
    if card:
        world.store.get("payment_method", card, param="invoice_settings[default_payment_method]")
    with world.changing(customer, "customer.updated"):
        _set(customer, params)
        customer["metadata"] = merged_metadata(customer["metadata"], params.get("metadata"))
        customer["balance"] = params.get("balance", customer["balance"])
        customer["invoice_settings"] = {**customer["invoice_settings"], **settings}
    return customer


def delete(world: World, params: Json, key: str) -> Json:
    """Delete a customer, and end its subscriptions."""
    customer = world.store.get("customer", key)
    for subscription in world.store.all("subscription", lambda each: each["customer"] == key):
        if subscription["status"] not in standing.ENDED:
            standing.end(world, subscription, reason="cancellation_requested")
    world.emit("customer.deleted", customer)
    del world.store.tables["customer"][key]
    world.notes(customer)["deleted"] = True
    return {"id": key, "object": "customer", "deleted": True}


def list_all(world: World, params: Json) -> Json:
    """List customers."""
    email = params.get("email")
    found = world.store.all("customer", lambda each: email in (None, each["email"]))
    return page(found, params, "/v1/customers")


def attach(world: World, params: Json, key: str) -> Json:
    """Attach one of Stripe's test cards, which becomes one of the customer's own."""
    if key not in TEST_CARDS:
        raise no_such("PaymentMethod", key)
    customer = world.store.get("customer", params["customer"], param="customer")
    return give_card(world, customer, declines=TEST_CARDS[key], default=False)


def list_cards(world: World, params: Json, key: str) -> Json:
    """List a customer's cards."""
    world.store.get("customer", key)
    found = world.store.all("payment_method", lambda each: each["customer"] == key)
    return page(found, params, f"/v1/customers/{key}/payment_methods")


def retrieve_card(world: World, params: Json, key: str) -> Json:
    """Give a card."""
    return world.store.get("payment_method", key)


_SET = "name email description phone address preferred_locales tax_exempt metadata balance"
ROUTES = [
    Route("POST", "/v1/customers", CustomerCreateParams, create, _SET + " payment_method"),
    Route("GET", "/v1/customers", CustomerListParams, list_all,
          "email created limit starting_after ending_before"),
    Route("GET", "/v1/customers/{id}", CustomerRetrieveParams, retrieve),
    Route("POST", "/v1/customers/{id}", CustomerUpdateParams, update, _SET + " invoice_settings"),
    Route("DELETE", "/v1/customers/{id}", CustomerDeleteParams, delete),
    Route("GET", "/v1/customers/{id}/payment_methods", CustomerPaymentMethodListParams, list_cards,
          "type limit starting_after ending_before"),
    Route("GET", "/v1/payment_methods/{id}", PaymentMethodRetrieveParams, retrieve_card),
    Route("POST", "/v1/payment_methods/{id}/attach", PaymentMethodAttachParams, attach, "customer"),
]  # fmt: skip
