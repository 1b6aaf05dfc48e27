"""Subscriptions: begun by us, read, listed, ended. Changes are in ``changes``."""

from collections.abc import Iterator

import stripe
from stripe.params import SubscriptionCreateParams, SubscriptionListParams

from billing.gateways.stripe.amounts import from_minor
from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import Gone, sorted_failures
from billing.gateways.stripe.objects import Metadata, Page, Subscription, SubscriptionItem
from billing.gateways.stripe.reading import PAGE_SIZE, at, every, maybe_at, page, ref
from billing.gateways.stripe.reading import metadata as metadata_of


def create_subscription(
    *,
    customer_id: str,
    price_id: str,
    days_until_due: int,
    metadata: Metadata,
    key: str,
    setup_price_id: str = "",
    trial_days: int = 0,
    taxed: bool = False,
) -> Subscription:
    """Begin a subscription that is paid by transfer: invoices are sent, due after some days.

    Those that are paid by card begin on a Checkout page.
    """
    params: SubscriptionCreateParams = {
        "customer": customer_id,
        "items": [{"price": price_id, "quantity": 1}],
        "collection_method": "send_invoice",
        "days_until_due": days_until_due,
        "billing_mode": {"type": "flexible"},
        "metadata": dict(metadata),
    }
    if setup_price_id:
        params["add_invoice_items"] = [{"price": setup_price_id, "quantity": 1}]
    if trial_days:
        params["trial_period_days"] = trial_days
    if taxed:
        params["automatic_tax"] = {"enabled": True}
    with sorted_failures():
        made = connect().v1.subscriptions.create(params, {"idempotency_key": key})
    return read_subscription(made)


def get_subscription(subscription_id: str) -> Subscription:
    """Fetch a subscription, one that is over included."""
    with sorted_failures():
        found = connect().v1.subscriptions.retrieve(subscription_id)
    return read_subscription(found)


def list_subscriptions(*, customer_id: str = "", after: str = "") -> Page[Subscription]:
    """Fetch a page of the subscriptions, those that are over included."""
    params: SubscriptionListParams = {"status": "all", "limit": PAGE_SIZE}
    if customer_id:
        params["customer"] = customer_id
    if after:
        params["starting_after"] = after
    with sorted_failures():
        return page(connect().v1.subscriptions.list(params), read_subscription)


def every_subscription(*, customer_id: str = "") -> Iterator[Subscription]:
    """Fetch all subscriptions, newest first."""
    return every(lambda after: list_subscriptions(customer_id=customer_id, after=after))


def cancel_now(*, subscription_id: str, key: str) -> Subscription:
    """End a subscription at once, without giving anything back.

    Stripe heeds no idempotency key in a DELETE: a call whose answer was lost, sent again, finds
    nothing to end. What has ended is given as it is. Raises Gone if there never was one.
    """
    try:
        with sorted_failures():
            ended = connect().v1.subscriptions.cancel(
                subscription_id,
                {"invoice_now": False, "prorate": False},
                {"idempotency_key": key},
            )
    except Gone:
        return get_subscription(subscription_id)
    return read_subscription(ended)


def read_subscription(found: stripe.Subscription) -> Subscription:
    """Give a subscription in our words."""
    details = getattr(found, "cancellation_details", None)
    paused = getattr(found, "pause_collection", None)
    pending = getattr(found, "pending_update", None)
    return Subscription(
        id=found.id,
        customer_id=ref(found.customer),
        status=found.status,
        collection_method=found.collection_method,
        days_until_due=getattr(found, "days_until_due", None),
        billing_mode=found.billing_mode.type,
        currency=found.currency.upper(),
        items=tuple(_item(item) for item in found.items.data),
        latest_invoice_id=ref(getattr(found, "latest_invoice", None)),
        schedule_id=ref(getattr(found, "schedule", None)),
        cancel_at_period_end=found.cancel_at_period_end,
        cancel_at=maybe_at(getattr(found, "cancel_at", None)),
        canceled_at=maybe_at(getattr(found, "canceled_at", None)),
        ended_at=maybe_at(getattr(found, "ended_at", None)),
        cancellation_reason=getattr(details, "reason", None) or "",
        trial_from=maybe_at(getattr(found, "trial_start", None)),
        trial_to=maybe_at(getattr(found, "trial_end", None)),
        is_collection_paused=paused is not None,
        collection_resumes_at=maybe_at(getattr(paused, "resumes_at", None)),
        has_pending_update=pending is not None,
        pending_update_expires_at=maybe_at(getattr(pending, "expires_at", None)),
        started_at=at(found.start_date),
        created_at=at(found.created),
        metadata=metadata_of(found),
    )


def _item(found: stripe.SubscriptionItem) -> SubscriptionItem:
    price = found.price
    recurring = getattr(price, "recurring", None)
    return SubscriptionItem(
        id=found.id,
        price_id=price.id,
        product_id=ref(price.product),
        quantity=getattr(found, "quantity", None) or 1,
        amount=from_minor(getattr(price, "unit_amount", None) or 0, price.currency),
        interval=recurring.interval if recurring else "",
        interval_count=recurring.interval_count if recurring else 0,
        period_from=at(found.current_period_start),
        period_to=at(found.current_period_end),
    )
