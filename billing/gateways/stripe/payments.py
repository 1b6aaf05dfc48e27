"""Payments of invoices, and what Stripe kept of them for itself."""

from collections.abc import Iterator
from datetime import datetime

import stripe
from stripe.params import InvoicePaymentListParams

from billing.gateways.stripe.amounts import from_minor
from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures
from billing.gateways.stripe.objects import Fee, InvoicePayment, Page
from billing.gateways.stripe.reading import PAGE_SIZE, at, every, maybe_at, page, ref, seconds


def every_payment(
    *, invoice_id: str = "", since: datetime | None = None
) -> Iterator[InvoicePayment]:
    """Fetch payments, of one invoice or all since an instant, newest first."""

    def fetch(after: str) -> Page[InvoicePayment]:
        params: InvoicePaymentListParams = {"limit": PAGE_SIZE}
        if invoice_id:
            params["invoice"] = invoice_id
        if since is not None:
            params["created"] = {"gte": seconds(since)}
        if after:
            params["starting_after"] = after
        with sorted_failures():
            return page(connect().v1.invoice_payments.list(params), read_payment)

    return every(fetch)


def get_fee(payment_intent_id: str) -> Fee | None:
    """Fetch what Stripe kept of a payment; nothing before there is a charge, or its booking."""
    with sorted_failures():
        found = connect().v1.payment_intents.retrieve(
            payment_intent_id, {"expand": ["latest_charge.balance_transaction"]}
        )
    charge = getattr(found, "latest_charge", None)
    booked = getattr(charge, "balance_transaction", None)
    if not isinstance(booked, stripe.BalanceTransaction):
        return None
    return Fee(
        payment_intent_id=found.id,
        fee=from_minor(booked.fee, booked.currency),
        net=from_minor(booked.net, booked.currency),
    )


def read_payment(found: stripe.InvoicePayment) -> InvoicePayment:
    """Give a payment in our words."""
    paid = getattr(found, "amount_paid", None)
    moves = getattr(found, "status_transitions", None)
    return InvoicePayment(
        id=found.id,
        invoice_id=ref(found.invoice),
        payment_intent_id=ref(getattr(found.payment, "payment_intent", None)),
        status=found.status,
        amount_requested=from_minor(found.amount_requested, found.currency),
        amount_paid=None if paid is None else from_minor(paid, found.currency),
        created_at=at(found.created),
        paid_at=maybe_at(getattr(moves, "paid_at", None)),
    )
