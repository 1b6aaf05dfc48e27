"""Subscriptions: begun, read, ended."""

from stripe.params import (
    SubscriptionCancelParams,
    SubscriptionCreateParams,
    SubscriptionListParams,
    SubscriptionRetrieveParams,
)

from billing.sandbox.books import periods, prorations, standing
from billing.sandbox.books.signup import Terms, subscribe
from billing.sandbox.books.waiting import keep_waiting
from billing.sandbox.faults import ApiFault, missing_parameter
from billing.sandbox.listing import page
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World, merged_metadata


def create(world: World, params: Json) -> Json:
    """Begin a subscription."""
    for name in ("customer", "items"):
        if name not in params:
            raise missing_parameter(name)
    customer = world.store.get("customer", params["customer"], param="customer")
    sends = params.get("collection_method") == "send_invoice"
    if sends and "days_until_due" not in params:
        raise missing_parameter("days_until_due")
    if not sends and "days_until_due" in params:
        raise ApiFault(
            "You can only set `days_until_due` if `collection_method` is `send_invoice`.",
            param="days_until_due",
        )
    terms = Terms(
        collection_method=params.get("collection_method", "charge_automatically"),
        days_until_due=params.get("days_until_due"),
        trial_end=trial_end(world, params),
        trial_settings=params.get("trial_settings"),
        billing_mode=params.get("billing_mode", {}).get("type", "flexible"),
        metadata=merged_metadata({}, params.get("metadata")),
        description=params.get("description"),
        default_payment_method=params.get("default_payment_method"),
        taxed=params.get("automatic_tax", {}).get("enabled", False),
        payment_behavior=params.get("payment_behavior", "allow_incomplete"),
    )
    return subscribe(world, customer, params["items"], params.get("add_invoice_items", []), terms)


def trial_end(world: World, params: Json) -> int | None:
    """Give the end of the trial that was asked for, if one was."""
    if params.get("trial_period_days"):
        return periods.trial_until(world, params["trial_period_days"])
    wanted = params.get("trial_end")
    return wanted if isinstance(wanted, int) else None


def retrieve(world: World, params: Json, key: str) -> Json:
    """Give a subscription."""
    return world.store.get("subscription", key)


def list_all(world: World, params: Json) -> Json:
    """List subscriptions; those that are over only for whoever asks (docs: List subscriptions)."""
    wanted = params.get("status")

    def is_wanted(each: Json) -> bool:
        over = each["status"] in standing.ENDED
        if wanted in (None, "all", "ended"):
            fits = wanted == "all" or over == (wanted == "ended")
        else:
            fits = each["status"] == wanted
        return (
            fits
            and params.get("customer") in (None, each["customer"])
            and params.get("collection_method") in (None, each["collection_method"])
            and ("price" not in params or params["price"] in _prices(each))
        )

    return page(world.store.all("subscription", is_wanted), params, "/v1/subscriptions")


def _prices(subscription: Json) -> list[str]:
    return [item["price"]["id"] for item in subscription["items"]["data"]]


def cancel(world: World, params: Json, key: str) -> Json:
    """End a subscription now."""
    subscription = world.store.get("subscription", key)
    if subscription["status"] in standing.ENDED:
        raise ApiFault(f"No such subscription: {key}", status=404, code="resource_missing")
    if params.get("prorate") and subscription["status"] in ("active", "past_due"):
        for credit in prorations.unused_time(subscription, at=world.now()):
            keep_waiting(world, subscription, credit)
    given = params.get("cancellation_details", {})
    details = {**(subscription["cancellation_details"] or {}), **given}
    subscription["cancellation_details"] = details
    if params.get("invoice_now"):
        periods.bill(world, subscription, [], reason="manual", now=True)
    standing.end(world, subscription, reason="cancellation_requested")
    return subscription


ROUTES = [
    Route("POST", "/v1/subscriptions", SubscriptionCreateParams, create,
          "customer items add_invoice_items collection_method days_until_due trial_period_days "
          "trial_end trial_settings billing_mode metadata description default_payment_method "
          "automatic_tax payment_behavior off_session"),
    Route("GET", "/v1/subscriptions", SubscriptionListParams, list_all,
          "status customer price collection_method created limit starting_after ending_before"),
    Route("GET", "/v1/subscriptions/{id}", SubscriptionRetrieveParams, retrieve),
    Route("DELETE", "/v1/subscriptions/{id}", SubscriptionCancelParams, cancel,
          "prorate invoice_now cancellation_details"),
]  # fmt: skip
