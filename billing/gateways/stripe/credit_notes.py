"""Credit notes: a final invoice is never changed, but made smaller."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import stripe
from stripe.params import CreditNoteCreateParams, CreditNoteListParams

from billing.gateways.stripe.amounts import from_minor, to_minor
from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures
from billing.gateways.stripe.objects import CreditNote, Metadata, Page
from billing.gateways.stripe.reading import PAGE_SIZE, at, every, page, ref, seconds
from billing.gateways.stripe.reading import metadata as metadata_of
from core.money import Money

# Where the money of a paid invoice goes: to the card, to the next invoices, or another way.
Way = Literal["refund", "credit", "elsewhere"]
Reason = Literal["duplicate", "fraudulent", "order_change", "product_unsatisfactory"]


def create_credit_note(
    *,
    invoice_id: str,
    amount: Money,
    metadata: Metadata,
    key: str,
    way: Way | None,
    reason: Reason | None = None,
    memo: str = "",
) -> CreditNote:
    """Credit a part of an invoice; ``way`` is None for one that is not paid yet.

    Raises StripeRefused for more than is left of it.
    """
    units = to_minor(amount)
    params: CreditNoteCreateParams = {
        "invoice": invoice_id,
        "amount": units,
        "metadata": dict(metadata),
    }
    if way == "refund":
        params["refund_amount"] = units
    elif way == "credit":
        params["credit_amount"] = units
    elif way == "elsewhere":
        params["out_of_band_amount"] = units
    if reason is not None:
        params["reason"] = reason
    if memo:
        params["memo"] = memo
    with sorted_failures():
        made = connect().v1.credit_notes.create(params, {"idempotency_key": key})
    return read_credit_note(made)


def get_credit_note(credit_note_id: str) -> CreditNote:
    """Fetch a credit note."""
    with sorted_failures():
        found = connect().v1.credit_notes.retrieve(credit_note_id)
    return read_credit_note(found)


def every_credit_note(
    *, invoice_id: str = "", since: datetime | None = None
) -> Iterator[CreditNote]:
    """Fetch credit notes, of one invoice or all since an instant, newest first."""

    def fetch(after: str) -> Page[CreditNote]:
        params: CreditNoteListParams = {"limit": PAGE_SIZE}
        if invoice_id:
            params["invoice"] = invoice_id
        if since is not None:
            params["created"] = {"gte": seconds(since)}
        if after:
            params["starting_after"] = after
        with sorted_failures():
            return page(connect().v1.credit_notes.list(params), read_credit_note)

    return every(fetch)


def read_credit_note(found: stripe.CreditNote) -> CreditNote:
    """Give a credit note in our words."""
    taxes = getattr(found, "total_taxes", None) or []
    return CreditNote(
        id=found.id,
        number=found.number,
        invoice_id=ref(found.invoice),
        customer_id=ref(found.customer),
        status=found.status,
        reason=getattr(found, "reason", None) or "",
        memo=getattr(found, "memo", None) or "",
        total=from_minor(found.total, found.currency),
        tax=from_minor(sum(tax.amount for tax in taxes), found.currency),
        pre_payment_amount=from_minor(found.pre_payment_amount, found.currency),
        post_payment_amount=from_minor(found.post_payment_amount, found.currency),
        refund_ids=tuple(ref(each.refund) for each in found.refunds),
        pdf_url=found.pdf,
        created_at=at(found.created),
        metadata=metadata_of(found),
    )
