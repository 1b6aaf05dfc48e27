"""Checkout: the page on which a client signs up."""

from collections.abc import Iterator

import stripe
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsSubscriptionData,
    SessionListParams,
)

from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures
from billing.gateways.stripe.objects import CheckoutSession, Metadata, Page
from billing.gateways.stripe.reading import PAGE_SIZE, at, every, page, ref
from billing.gateways.stripe.reading import metadata as metadata_of


def create_session(
    *,
    customer_id: str,
    price_id: str,
    success_url: str,
    cancel_url: str,
    reference: str,
    metadata: Metadata,
    key: str,
    setup_price_id: str = "",
    trial_days: int = 0,
    taxed: bool = False,
) -> CheckoutSession:
    """Open a page for one subscription; session and subscription carry the metadata.

    A setup fee is charged with the first invoice, during a trial at its beginning. ``reference``
    comes back as client_reference_id.
    """
    agreed: SessionCreateParamsSubscriptionData = {
        "billing_mode": {"type": "flexible"},
        "metadata": dict(metadata),
    }
    if trial_days:
        agreed["trial_period_days"] = trial_days
    params: SessionCreateParams = {
        "mode": "subscription",
        "customer": customer_id,
        "client_reference_id": reference,
        "line_items": [{"price": price_id, "quantity": 1}],
        "subscription_data": agreed,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "metadata": dict(metadata),
    }
    if setup_price_id:
        params["line_items"].append({"price": setup_price_id, "quantity": 1})
    if taxed:
        params["automatic_tax"] = {"enabled": True}
        # Stripe Tax goes by the address that is given on the page.
        params["customer_update"] = {"address": "auto", "name": "auto"}
        params["tax_id_collection"] = {"enabled": True}
    with sorted_failures():
        made = connect().v1.checkout.sessions.create(params, {"idempotency_key": key})
    return read_session(made)


def get_session(session_id: str) -> CheckoutSession:
    """Fetch a session."""
    with sorted_failures():
        found = connect().v1.checkout.sessions.retrieve(session_id)
    return read_session(found)


def expire_session(*, session_id: str, key: str) -> CheckoutSession:
    """Close a page that nobody signed up on. Raises StripeRefused once it is complete."""
    with sorted_failures():
        closed = connect().v1.checkout.sessions.expire(session_id, {}, {"idempotency_key": key})
    return read_session(closed)


def list_sessions(*, customer_id: str, after: str = "") -> Page[CheckoutSession]:
    """Fetch a page of a customer's sessions."""
    params: SessionListParams = {"customer": customer_id, "limit": PAGE_SIZE}
    if after:
        params["starting_after"] = after
    with sorted_failures():
        return page(connect().v1.checkout.sessions.list(params), read_session)


def every_session(*, customer_id: str) -> Iterator[CheckoutSession]:
    """Fetch all of a customer's sessions, newest first."""
    return every(lambda after: list_sessions(customer_id=customer_id, after=after))


def read_session(found: stripe.checkout.Session) -> CheckoutSession:
    """Give a session in our words."""
    return CheckoutSession(
        id=found.id,
        url=getattr(found, "url", None) or "",
        status=getattr(found, "status", None) or "",
        payment_status=found.payment_status,
        customer_id=ref(getattr(found, "customer", None)),
        subscription_id=ref(getattr(found, "subscription", None)),
        client_reference_id=getattr(found, "client_reference_id", None) or "",
        metadata=metadata_of(found),
        expires_at=at(found.expires_at),
    )
