"""Subscription schedules: what becomes of a subscription at the end of its period."""

import stripe
from stripe.params import (
    SubscriptionScheduleCreateParams,
    SubscriptionScheduleListParams,
    SubscriptionScheduleReleaseParams,
    SubscriptionScheduleRetrieveParams,
    SubscriptionScheduleUpdateParams,
)

from billing.sandbox.books import periods, standing
from billing.sandbox.books.phases import let_go
from billing.sandbox.clock import later
from billing.sandbox.faults import ApiFault, missing_parameter
from billing.sandbox.listing import page
from billing.sandbox.routing import Route
from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json
from billing.sandbox.world import World, merged_metadata

_LIVE = ("not_started", "active")


def create(world: World, params: Json) -> Json:
    """Take a subscription under a schedule, as it is (docs: from_subscription)."""
    if "from_subscription" not in params:
        raise ApiFault(
            "The sandbox makes schedules from subscriptions.",
            code="sandbox_does_less",
            param="from_subscription",
        )
    key = params["from_subscription"]
    subscription = world.store.get("subscription", key, param="from_subscription")
    if subscription["schedule"]:
        raise ApiFault(
            "You cannot migrate a subscription that is already attached to a schedule: "
            f"{subscription['schedule']}.",
        )
    if subscription["status"] not in ("active", "trialing", "past_due"):
        raise ApiFault("You cannot migrate a subscription in this state.")
    schedule = _made(world, subscription)
    with world.changing(subscription, standing.UPDATED):
        subscription["schedule"] = schedule["id"]
    world.emit("subscription_schedule.created", schedule)
    return schedule


def _made(world: World, subscription: Json) -> Json:
    start, end = periods.current(subscription)
    now = {
        "items": [
            {"price": item["price"]["id"], "quantity": item["quantity"]}
            for item in subscription["items"]["data"]
        ],
        "start_date": start,
        "end_date": end,
    }
    return world.make(
        stripe.SubscriptionSchedule,
        "sub_sched",
        {
            "billing_mode": subscription["billing_mode"],
            "current_phase": {"start_date": start, "end_date": end},
            "customer": subscription["customer"],
            "default_settings": {
                "automatic_tax": {"enabled": False},
                "billing_cycle_anchor": "automatic",
                "collection_method": subscription["collection_method"],
                "invoice_settings": {"issuer": {"type": "self"}},
            },
            "end_behavior": "release",
            "metadata": {},
            "pause_schedules": [],
            "phases": [_phase(world, now, subscription["currency"], 0)],
            "status": "active",
            "subscription": subscription["id"],
        },
    )


def _phase(world: World, given: Json, currency: str, begun: int) -> Json:
    start = given.get("start_date", begun)
    items = []
    for item in given["items"]:
        price = world.store.get("price", item.get("price", ""), param="phases[items][price]")
        items.append(
            {
                "discounts": [],
                "metadata": {},
                "plan": price["id"],
                "price": price["id"],
                "quantity": item.get("quantity", 1),
                "tax_rates": [],
            }
        )
    if "end_date" not in given and "duration" not in given:
        raise missing_parameter("phases[duration]")
    duration = given.get("duration", {})
    end = given.get("end_date") or later(
        start, interval=duration["interval"], count=duration.get("interval_count", 1)
    )
    return shaped(
        stripe.SubscriptionSchedule.Phase,
        {
            "add_invoice_items": [],
            "currency": currency,
            "default_tax_rates": [],
            "discounts": [],
            "end_date": end,
            "items": items,
            "metadata": given.get("metadata", {}),
            "proration_behavior": given.get("proration_behavior", "create_prorations"),
            "start_date": start,
        },
    )


def update(world: World, params: Json, key: str) -> Json:
    """Say what is to become of the subscription."""
    schedule = _live(world, key)
    with world.changing(schedule, "subscription_schedule.updated"):
        schedule["metadata"] = merged_metadata(schedule["metadata"], params.get("metadata"))
        schedule["end_behavior"] = params.get("end_behavior", schedule["end_behavior"])
        if "phases" in params:
            schedule["phases"] = _phases(world, schedule, params["phases"])
    return schedule


def _phases(world: World, schedule: Json, wanted: list[Json]) -> list[Json]:
    current = schedule["current_phase"]
    if wanted[0].get("start_date") != current["start_date"]:
        raise ApiFault(
            "The start_date of the current phase can not be modified.",
            param="phases[0][start_date]",
        )
    found: list[Json] = []
    begun = current["start_date"]
    for given in wanted:
        found.append(_phase(world, given, schedule["phases"][0]["currency"], begun))
        begun = found[-1]["end_date"]
    return found


def release(world: World, params: Json, key: str) -> Json:
    """Let the subscription go on by itself, as it is."""
    schedule = _live(world, key)
    let_go(world, schedule)
    return schedule


def _live(world: World, key: str) -> Json:
    schedule = world.store.get("subscription_schedule", key)
    if schedule["status"] not in _LIVE:
        raise ApiFault(f"You cannot change a subscription schedule that is {schedule['status']}.")
    return schedule


def retrieve(world: World, params: Json, key: str) -> Json:
    """Give a schedule."""
    return world.store.get("subscription_schedule", key)


def list_all(world: World, params: Json) -> Json:
    """List schedules."""
    found = world.store.all(
        "subscription_schedule", lambda each: params.get("customer") in (None, each["customer"])
    )
    return page(found, params, "/v1/subscription_schedules")


_PATH = "/v1/subscription_schedules"
ROUTES = [
    Route("POST", _PATH, SubscriptionScheduleCreateParams, create, "from_subscription"),
    Route("GET", _PATH, SubscriptionScheduleListParams, list_all,
          "customer created limit starting_after ending_before"),
    Route("GET", _PATH + "/{id}", SubscriptionScheduleRetrieveParams, retrieve),
    Route("POST", _PATH + "/{id}", SubscriptionScheduleUpdateParams, update,
          "phases end_behavior metadata proration_behavior"),
    Route("POST", _PATH + "/{id}/release", SubscriptionScheduleReleaseParams, release),
]  # fmt: skip
