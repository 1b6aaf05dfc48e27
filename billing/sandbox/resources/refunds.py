"""Refunds; never more than was paid."""

import stripe
from stripe.params import (
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
    RefundUpdateParams,
)

from billing.sandbox.books.collecting import balance_transaction
from billing.sandbox.faults import ApiFault
from billing.sandbox.listing import page
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World, merged_metadata


def create(world: World, params: Json) -> Json:
    """Give money back, all that is left of the payment unless an amount is named."""
    charge = _charge(world, params)
    return refund_charge(
        world,
        charge,
        amount=params.get("amount", charge["amount"] - charge["amount_refunded"]),
        reason=params.get("reason"),
        metadata=merged_metadata({}, params.get("metadata")),
    )


def _charge(world: World, params: Json) -> Json:
    if "charge" in params:
        return world.store.get("charge", params["charge"], param="charge")
    if "payment_intent" not in params:
        raise ApiFault(
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            code="parameter_missing",
        )
    key = params["payment_intent"]
    intent = world.store.get("payment_intent", key, param="payment_intent")
    if intent["latest_charge"] is None:
        raise ApiFault(f"This PaymentIntent ({key}) does not have a successful charge to refund.")
    return world.store.get("charge", intent["latest_charge"])


def refund_charge(
    world: World, charge: Json, *, amount: int, reason: str | None, metadata: Json
) -> Json:
    """Give money of a charge back."""
    left = charge["amount"] - charge["amount_refunded"]
    if charge["refunded"]:
        raise ApiFault(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if not 0 < amount <= left:
        raise ApiFault(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            if amount > left
            else "Invalid positive integer",
            code="amount_too_large" if amount > left else "parameter_invalid_integer",
            param="amount",
        )
    refund = world.make(
        stripe.Refund,
        "re",
        {
            "amount": amount,
            "charge": charge["id"],
            "currency": charge["currency"],
            "customer": charge["customer"],
            "metadata": metadata,
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": reason,
            "status": "succeeded",
        },
    )
    moved = balance_transaction(world, refund, "refund", -amount, 0)
    refund["balance_transaction"] = moved["id"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.emit("refund.created", refund)
    world.emit("charge.refunded", charge)
    return refund


def retrieve(world: World, params: Json, key: str) -> Json:
    """Give a refund."""
    return world.store.get("refund", key)


def update(world: World, params: Json, key: str) -> Json:
    """Change a refund's metadata."""
    refund = world.store.get("refund", key)
    with world.changing(refund, "refund.updated"):
        refund["metadata"] = merged_metadata(refund["metadata"], params.get("metadata"))
    return refund


def list_all(world: World, params: Json) -> Json:
    """List refunds."""
    found = world.store.all(
        "refund",
        lambda each: (
            params.get("charge") in (None, each["charge"])
            and params.get("payment_intent") in (None, each["payment_intent"])
        ),
    )
    return page(found, params, "/v1/refunds")


ROUTES = [
    Route("POST", "/v1/refunds", RefundCreateParams, create,
          "amount charge payment_intent reason metadata"),
    Route("GET", "/v1/refunds", RefundListParams, list_all,
          "charge payment_intent created limit starting_after ending_before"),
    Route("GET", "/v1/refunds/{id}", RefundRetrieveParams, retrieve),
    Route("POST", "/v1/refunds/{id}", RefundUpdateParams, update, "metadata"),
]  # fmt: skip
