"""Stripe's objects in our words: frozen values, money as Money, instants aware of their zone.

Each knows as much of the original as somebody here reads. States and reasons are in Stripe's words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from core.money import Money

Metadata = Mapping[str, str]
T = TypeVar("T")


@dataclass(frozen=True)
class Customer:
    """A client at Stripe."""

    id: str
    name: str
    email: str
    metadata: Metadata
    default_card_id: str
    # What the next invoice takes besides; below zero is credit. None before the first invoice.
    balance: Money | None


@dataclass(frozen=True)
class Product:
    """What is sold."""

    id: str
    name: str
    is_active: bool
    metadata: Metadata


@dataclass(frozen=True)
class Price:
    """What it costs; ``interval`` is empty for what is paid once."""

    id: str
    product_id: str
    amount: Money
    lookup_key: str
    interval: str
    interval_count: int
    is_active: bool
    metadata: Metadata


@dataclass(frozen=True)
class CheckoutSession:
    """A page where a client signs up; ``url`` is empty once it is complete or expired."""

    id: str
    url: str
    status: str
    payment_status: str
    customer_id: str
    subscription_id: str
    client_reference_id: str
    metadata: Metadata
    expires_at: datetime


@dataclass(frozen=True)
class SubscriptionItem:
    """One price of a subscription, with the period that is paid or owed; the end is exclusive."""

    id: str
    price_id: str
    product_id: str
    quantity: int
    amount: Money
    interval: str
    interval_count: int
    period_from: datetime
    period_to: datetime


@dataclass(frozen=True)
class Subscription:
    """An agreement that renews itself."""

    id: str
    customer_id: str
    status: str
    collection_method: str
    days_until_due: int | None
    billing_mode: str
    currency: str
    items: tuple[SubscriptionItem, ...]
    latest_invoice_id: str
    schedule_id: str
    cancel_at_period_end: bool
    cancel_at: datetime | None
    canceled_at: datetime | None
    ended_at: datetime | None
    cancellation_reason: str
    trial_from: datetime | None
    trial_to: datetime | None
    # Invoices are still made, and voided or kept; the status does not tell.
    is_collection_paused: bool
    collection_resumes_at: datetime | None
    has_pending_update: bool
    pending_update_expires_at: datetime | None
    started_at: datetime
    created_at: datetime
    metadata: Metadata

    @property
    def can_be_paused(self) -> bool:
        """Tell whether Stripe pauses it (docs: Pause subscriptions, Limitations)."""
        return (
            self.status == "active"
            and self.collection_method == "charge_automatically"
            and self.billing_mode == "flexible"
            and not self.schedule_id
        )


@dataclass(frozen=True)
class Schedule:
    """What is to become of a subscription at the end of its period."""

    id: str
    subscription_id: str
    status: str
    # The prices of each phase, in their order.
    phases: tuple[tuple[str, ...], ...]
    metadata: Metadata


@dataclass(frozen=True)
class InvoiceLine:
    """One line of an invoice; ``period_to`` is exclusive."""

    id: str
    amount: Money
    description: str
    quantity: int
    price_id: str
    # subscription_item_details, invoice_item_details, or nothing.
    parent: str
    subscription_id: str
    subscription_item_id: str
    invoice_item_id: str
    is_proration: bool
    period_from: datetime
    period_to: datetime
    tax: Money
    metadata: Metadata


@dataclass(frozen=True)
class Invoice:
    """What is owed, or was; ``number`` is empty for a draft."""

    id: str
    number: str
    status: str
    billing_reason: str
    collection_method: str
    customer_id: str
    subscription_id: str
    subtotal: Money
    tax: Money
    total: Money
    amount_due: Money
    amount_paid: Money
    # Of it, what came by transfer or another way that Stripe did not see.
    amount_paid_elsewhere: Money
    amount_remaining: Money
    starting_balance: Money
    pre_payment_credit: Money
    post_payment_credit: Money
    attempt_count: int
    next_payment_attempt_at: datetime | None
    due_at: datetime | None
    period_from: datetime
    period_to: datetime
    created_at: datetime
    finalized_at: datetime | None
    paid_at: datetime | None
    voided_at: datetime | None
    hosted_url: str
    pdf_url: str
    metadata: Metadata


@dataclass(frozen=True)
class Preview:
    """What a change would cost if it were made at ``proration_at``."""

    invoice: Invoice
    lines: tuple[InvoiceLine, ...]
    proration_at: datetime


@dataclass(frozen=True)
class InvoiceItem:
    """Something to be put on an invoice; ``invoice_id`` is empty while it waits for the next."""

    id: str
    customer_id: str
    invoice_id: str
    subscription_id: str
    amount: Money
    description: str
    metadata: Metadata


@dataclass(frozen=True)
class InvoicePayment:
    """Money for an invoice, or the attempt to get it."""

    id: str
    invoice_id: str
    payment_intent_id: str
    status: str
    amount_requested: Money
    amount_paid: Money | None
    created_at: datetime
    paid_at: datetime | None


@dataclass(frozen=True)
class Fee:
    """What Stripe kept of a payment, in the currency in which it keeps its accounts."""

    payment_intent_id: str
    fee: Money
    net: Money


@dataclass(frozen=True)
class Refund:
    """Money given back."""

    id: str
    payment_intent_id: str
    charge_id: str
    amount: Money
    status: str
    reason: str
    failure_reason: str
    created_at: datetime
    metadata: Metadata


@dataclass(frozen=True)
class CreditNote:
    """A final invoice made smaller."""

    id: str
    number: str
    invoice_id: str
    customer_id: str
    status: str
    reason: str
    memo: str
    total: Money
    tax: Money
    pre_payment_amount: Money
    post_payment_amount: Money
    refund_ids: tuple[str, ...]
    pdf_url: str
    created_at: datetime
    metadata: Metadata


@dataclass(frozen=True)
class Event:
    """What Stripe told; its ``payload`` is only stored, the object itself is fetched anew."""

    id: str
    type: str
    api_version: str
    object_type: str
    object_id: str
    created_at: datetime
    is_live: bool
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of the objects, newest first; ``next_after`` is empty on the last page."""

    items: tuple[T, ...]
    next_after: str
