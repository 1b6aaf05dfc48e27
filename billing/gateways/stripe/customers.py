"""Customers: clients as Stripe knows them."""

from collections.abc import Iterator
from datetime import datetime

import stripe
from stripe.params import CustomerListParams

from billing.gateways.stripe.amounts import from_minor
from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import Gone, sorted_failures
from billing.gateways.stripe.objects import Customer, Metadata, Page
from billing.gateways.stripe.reading import PAGE_SIZE, every, page, ref, seconds
from billing.gateways.stripe.reading import metadata as metadata_of


def create_customer(*, name: str, email: str, metadata: Metadata, key: str) -> Customer:
    """Make a customer."""
    with sorted_failures():
        made = connect().v1.customers.create(
            {"name": name, "email": email, "metadata": dict(metadata)},
            {"idempotency_key": key},
        )
    return read_customer(made)


def update_customer(*, customer_id: str, name: str, email: str, key: str) -> Customer:
    """Change what invoices are addressed to."""
    with sorted_failures():
        changed = connect().v1.customers.update(
            customer_id, {"name": name, "email": email}, {"idempotency_key": key}
        )
    return read_customer(changed)


def get_customer(customer_id: str) -> Customer:
    """Fetch a customer. Raises Gone for one that was deleted."""
    with sorted_failures():
        found = connect().v1.customers.retrieve(customer_id)
    return read_customer(found)


def every_customer(*, email: str = "", since: datetime | None = None) -> Iterator[Customer]:
    """Fetch customers, those of one address or all since an instant, newest first."""

    def fetch(after: str) -> Page[Customer]:
        params: CustomerListParams = {"limit": PAGE_SIZE}
        if email:
            params["email"] = email
        if since is not None:
            params["created"] = {"gte": seconds(since)}
        if after:
            params["starting_after"] = after
        with sorted_failures():
            return page(connect().v1.customers.list(params), read_customer)

    return every(fetch)


def read_customer(found: stripe.Customer) -> Customer:
    """Give a customer in our words."""
    if getattr(found, "deleted", None):
        # Stripe answers 200 for it, with nothing but its id.
        raise Gone(f"The customer {found.id} was deleted.")
    settings = getattr(found, "invoice_settings", None)
    currency = getattr(found, "currency", None)
    return Customer(
        id=found.id,
        name=getattr(found, "name", None) or "",
        email=getattr(found, "email", None) or "",
        metadata=metadata_of(found),
        default_card_id=ref(getattr(settings, "default_payment_method", None)),
        balance=from_minor(getattr(found, "balance", None) or 0, currency) if currency else None,
    )
