"""Stripe's customer portal: where a client changes the card, reads invoices or leaves."""

from typing import Literal

from stripe.params.billing_portal import SessionCreateParams

from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures


def open_portal(
    *,
    customer_id: str,
    return_url: str,
    flow: Literal["payment_method_update", "subscription_cancel"] | None = None,
    subscription_id: str = "",
) -> str:
    """Give the address of a page for one visit; ``flow`` leads straight to one thing."""
    params: SessionCreateParams = {"customer": customer_id, "return_url": return_url}
    if flow == "payment_method_update":
        params["flow_data"] = {"type": flow}
    elif flow == "subscription_cancel":
        params["flow_data"] = {
            "type": flow,
            "subscription_cancel": {"subscription": subscription_id},
        }
    with sorted_failures():
        return connect().v1.billing_portal.sessions.create(params).url
