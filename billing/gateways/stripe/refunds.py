"""Refunds: money of a payment given back."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import stripe
from stripe.params import RefundCreateParams, RefundListParams

from billing.gateways.stripe.amounts import from_minor, to_minor
from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures
from billing.gateways.stripe.objects import Metadata, Page, Refund
from billing.gateways.stripe.reading import PAGE_SIZE, at, every, page, ref, seconds
from billing.gateways.stripe.reading import metadata as metadata_of
from core.money import Money

Reason = Literal["duplicate", "fraudulent", "requested_by_customer"]


def create_refund(
    *,
    payment_intent_id: str,
    amount: Money,
    metadata: Metadata,
    key: str,
    reason: Reason | None = "requested_by_customer",
) -> Refund:
    """Give money back. Raises StripeRefused for more than is left of the payment."""
    params: RefundCreateParams = {
        "payment_intent": payment_intent_id,
        "amount": to_minor(amount),
        "metadata": dict(metadata),
    }
    if reason is not None:
        params["reason"] = reason
    with sorted_failures():
        made = connect().v1.refunds.create(params, {"idempotency_key": key})
    return read_refund(made)


def get_refund(refund_id: str) -> Refund:
    """Fetch a refund."""
    with sorted_failures():
        found = connect().v1.refunds.retrieve(refund_id)
    return read_refund(found)


def every_refund(*, payment_intent_id: str = "", since: datetime | None = None) -> Iterator[Refund]:
    """Fetch refunds, of one payment or all since an instant, newest first."""

    def fetch(after: str) -> Page[Refund]:
        params: RefundListParams = {"limit": PAGE_SIZE}
        if payment_intent_id:
            params["payment_intent"] = payment_intent_id
        if since is not None:
            params["created"] = {"gte": seconds(since)}
        if after:
            params["starting_after"] = after
        with sorted_failures():
            return page(connect().v1.refunds.list(params), read_refund)

    return every(fetch)


def read_refund(found: stripe.Refund) -> Refund:
    """Give a refund in our words."""
    return Refund(
        id=found.id,
        payment_intent_id=ref(getattr(found, "payment_intent", None)),
        charge_id=ref(getattr(found, "charge", None)),
        amount=from_minor(found.amount, found.currency),
        status=getattr(found, "status", None) or "",
        reason=getattr(found, "reason", None) or "",
        failure_reason=getattr(found, "failure_reason", None) or "",
        created_at=at(found.created),
        metadata=metadata_of(found),
    )
