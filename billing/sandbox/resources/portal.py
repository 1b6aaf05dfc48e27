"""Customer portal sessions: a page where a client changes the card or leaves."""

from stripe import billing_portal
from stripe.params.billing_portal import SessionCreateParams

from billing.sandbox.faults import missing_parameter
from billing.sandbox.parameters import check_addresses
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World


def create(world: World, params: Json) -> Json:
    """Open a page."""
    if "customer" not in params:
        raise missing_parameter("customer")
    check_addresses(params, "return_url")
    customer = world.store.get("customer", params["customer"], param="customer")
    session = world.make(
        billing_portal.Session,
        "bps",
        {
            "configuration": params.get("configuration", "bpc_sandbox"),
            "customer": customer["id"],
            "flow": _flow(params["flow_data"]) if "flow_data" in params else None,
            "locale": params.get("locale"),
            "return_url": params.get("return_url"),
            "url": "",
        },
    )
    session["url"] = f"{world.base}/p/session/{session['id']}"
    return session


def _flow(given: Json) -> Json:
    redirect = given.get("after_completion", {}).get("redirect")
    cancel = given.get("subscription_cancel")
    return {
        "after_completion": {
            "hosted_confirmation": None,
            "redirect": redirect,
            "type": given.get("after_completion", {}).get("type", "portal_homepage"),
        },
        "customer_update": None,
        "subscription_cancel": cancel
        and {"retention": None, "subscription": cancel["subscription"]},
        "subscription_pause": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": given["type"],
    }


ROUTES = [
    Route("POST", "/v1/billing_portal/sessions", SessionCreateParams, create,
          "customer configuration flow_data locale return_url"),
]  # fmt: skip
