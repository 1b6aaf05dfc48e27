"""Events, for as long as Stripe keeps them."""

from stripe.params import EventListParams, EventRetrieveParams

from billing.sandbox.clock import DAY
from billing.sandbox.faults import ApiFault
from billing.sandbox.listing import page
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World

_KEPT_DAYS = 30


def retrieve(world: World, params: Json, key: str) -> Json:
    """Give an event."""
    return world.store.get("event", key)


def list_all(world: World, params: Json) -> Json:
    """List the events of the last 30 days (docs: List all events)."""
    if "type" in params and "types" in params:
        raise ApiFault("You may only specify one of these parameters: type, types.")
    oldest = world.now() - _KEPT_DAYS * DAY
    wanted = params.get("types") or ([params["type"]] if "type" in params else [])
    delivered = params.get("delivery_success")
    found = world.store.all(
        "event",
        lambda each: (
            each["created"] >= oldest
            and (not wanted or each["type"] in wanted)
            and delivered in (None, each["pending_webhooks"] == 0)
        ),
    )
    return page(found, params, "/v1/events")


ROUTES = [
    Route("GET", "/v1/events", EventListParams, list_all,
          "created delivery_success type types limit starting_after ending_before"),
    Route("GET", "/v1/events/{id}", EventRetrieveParams, retrieve),
]  # fmt: skip
