"""Invoices: read with all their lines, and the few things that we do to them."""

from collections.abc import Iterator
from datetime import datetime

import stripe
from stripe.params import (
    InvoiceItemCreateParams,
    InvoiceLineItemListParams,
    InvoiceListParams,
)

from billing.gateways.stripe.amounts import from_minor, to_minor
from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures
from billing.gateways.stripe.objects import Invoice, InvoiceItem, InvoiceLine, Metadata, Page
from billing.gateways.stripe.reading import PAGE_SIZE, at, every, maybe_at, page, ref, seconds
from billing.gateways.stripe.reading import metadata as metadata_of
from core.money import Money


def get_invoice(invoice_id: str) -> Invoice:
    """Fetch an invoice."""
    with sorted_failures():
        found = connect().v1.invoices.retrieve(invoice_id)
    return read_invoice(found)


def list_invoices(
    *,
    customer_id: str = "",
    subscription_id: str = "",
    since: datetime | None = None,
    after: str = "",
) -> Page[Invoice]:
    """Fetch a page of the invoices, drafts included."""
    params: InvoiceListParams = {"limit": PAGE_SIZE}
    if customer_id:
        params["customer"] = customer_id
    if subscription_id:
        params["subscription"] = subscription_id
    if since is not None:
        params["created"] = {"gte": seconds(since)}
    if after:
        params["starting_after"] = after
    with sorted_failures():
        return page(connect().v1.invoices.list(params), read_invoice)


def every_invoice(
    *, customer_id: str = "", subscription_id: str = "", since: datetime | None = None
) -> Iterator[Invoice]:
    """Fetch all of them, newest first."""
    return every(
        lambda after: list_invoices(
            customer_id=customer_id, subscription_id=subscription_id, since=since, after=after
        )
    )


def every_line(invoice_id: str) -> Iterator[InvoiceLine]:
    """Fetch all lines of an invoice; the invoice itself carries the first ten only."""

    def fetch(after: str) -> Page[InvoiceLine]:
        params: InvoiceLineItemListParams = {"limit": PAGE_SIZE}
        if after:
            params["starting_after"] = after
        with sorted_failures():
            return page(connect().v1.invoices.line_items.list(invoice_id, params), read_line)

    return every(fetch)


def add_item(
    *,
    customer_id: str,
    amount: Money,
    description: str,
    metadata: Metadata,
    key: str,
    subscription_id: str = "",
    invoice_id: str = "",
) -> InvoiceItem:
    """Put something on a draft, or, without one, on the next invoice of the subscription."""
    params: InvoiceItemCreateParams = {
        "customer": customer_id,
        "amount": to_minor(amount),
        "currency": amount.currency.lower(),
        "description": description,
        "metadata": dict(metadata),
    }
    if subscription_id:
        params["subscription"] = subscription_id
    if invoice_id:
        params["invoice"] = invoice_id
    with sorted_failures():
        made = connect().v1.invoice_items.create(params, {"idempotency_key": key})
    return read_item(made)


def every_item(*, customer_id: str) -> Iterator[InvoiceItem]:
    """Fetch all invoice items of a customer, newest first."""

    def fetch(after: str) -> Page[InvoiceItem]:
        params: stripe.params.InvoiceItemListParams = {"customer": customer_id, "limit": PAGE_SIZE}
        if after:
            params["starting_after"] = after
        with sorted_failures():
            return page(connect().v1.invoice_items.list(params), read_item)

    return every(fetch)


def finalize_invoice(*, invoice_id: str, key: str) -> Invoice:
    """Make a draft final. Raises StripeRefused for one that is."""
    with sorted_failures():
        changed = connect().v1.invoices.finalize_invoice(invoice_id, {}, {"idempotency_key": key})
    return read_invoice(changed)


def send_invoice(*, invoice_id: str, key: str) -> Invoice:
    """Mail an invoice to the customer, a draft being made final before."""
    with sorted_failures():
        changed = connect().v1.invoices.send_invoice(invoice_id, {}, {"idempotency_key": key})
    return read_invoice(changed)


def pay_invoice(*, invoice_id: str, key: str, elsewhere: bool = False) -> Invoice:
    """Take the money from the card again; ``elsewhere`` notes that it came by transfer."""
    with sorted_failures():
        changed = connect().v1.invoices.pay(
            invoice_id,
            {"paid_out_of_band": True} if elsewhere else {},
            {"idempotency_key": key},
        )
    return read_invoice(changed)


def void_invoice(*, invoice_id: str, key: str) -> Invoice:
    """Take back an invoice that nobody paid."""
    with sorted_failures():
        changed = connect().v1.invoices.void_invoice(invoice_id, {}, {"idempotency_key": key})
    return read_invoice(changed)


def read_invoice(found: stripe.Invoice) -> Invoice:
    """Give an invoice in our words."""

    def money(units: int) -> Money:
        return from_minor(units, found.currency)

    parent = getattr(found, "parent", None)
    details = getattr(parent, "subscription_details", None)
    moves = found.status_transitions
    taxes = getattr(found, "total_taxes", None) or []
    return Invoice(
        id=found.id,
        number=getattr(found, "number", None) or "",
        status=getattr(found, "status", None) or "",
        billing_reason=getattr(found, "billing_reason", None) or "",
        collection_method=found.collection_method,
        customer_id=ref(getattr(found, "customer", None)),
        subscription_id=ref(getattr(details, "subscription", None)),
        subtotal=money(found.subtotal),
        tax=money(sum(tax.amount for tax in taxes)),
        total=money(found.total),
        amount_due=money(found.amount_due),
        amount_paid=money(found.amount_paid),
        amount_paid_elsewhere=money(getattr(found, "amount_paid_off_stripe", None) or 0),
        amount_remaining=money(found.amount_remaining),
        starting_balance=money(found.starting_balance),
        pre_payment_credit=money(found.pre_payment_credit_notes_amount),
        post_payment_credit=money(found.post_payment_credit_notes_amount),
        attempt_count=found.attempt_count,
        next_payment_attempt_at=maybe_at(getattr(found, "next_payment_attempt", None)),
        due_at=maybe_at(getattr(found, "due_date", None)),
        period_from=at(found.period_start),
        period_to=at(found.period_end),
        created_at=at(found.created),
        finalized_at=maybe_at(getattr(moves, "finalized_at", None)),
        paid_at=maybe_at(getattr(moves, "paid_at", None)),
        voided_at=maybe_at(getattr(moves, "voided_at", None)),
        hosted_url=getattr(found, "hosted_invoice_url", None) or "",
        pdf_url=getattr(found, "invoice_pdf", None) or "",
        metadata=metadata_of(found),
    )


def read_line(found: stripe.InvoiceLineItem) -> InvoiceLine:
    """Give a line in our words."""
    parent = getattr(found, "parent", None)
    kind = parent.type if parent else ""
    details = getattr(parent, kind, None) if kind else None
    pricing = getattr(getattr(found, "pricing", None), "price_details", None)
    taxes = getattr(found, "taxes", None) or []
    return InvoiceLine(
        id=found.id,
        amount=from_minor(found.amount, found.currency),
        description=getattr(found, "description", None) or "",
        quantity=getattr(found, "quantity", None) or 0,
        price_id=ref(getattr(pricing, "price", None)),
        parent=kind,
        subscription_id=ref(getattr(details, "subscription", None)),
        subscription_item_id=getattr(details, "subscription_item", None) or "",
        invoice_item_id=getattr(details, "invoice_item", None) or "",
        is_proration=bool(getattr(details, "proration", False)),
        period_from=at(found.period.start),
        period_to=at(found.period.end),
        tax=from_minor(sum(tax.amount for tax in taxes), found.currency),
        metadata=metadata_of(found),
    )


def read_item(found: stripe.InvoiceItem) -> InvoiceItem:
    """Give an invoice item in our words."""
    parent = getattr(found, "parent", None)
    details = getattr(parent, "subscription_details", None)
    return InvoiceItem(
        id=found.id,
        customer_id=ref(found.customer),
        invoice_id=ref(getattr(found, "invoice", None)),
        subscription_id=ref(getattr(details, "subscription", None)),
        amount=from_minor(found.amount, found.currency),
        description=getattr(found, "description", None) or "",
        metadata=metadata_of(found),
    )
