"""Customers: clients as Stripe knows them."""

import stripe

from billing.gateways.stripe.amounts import from_minor
from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import Gone, sorted_failures
from billing.gateways.stripe.objects import Customer, Metadata
from billing.gateways.stripe.reading import metadata as metadata_of
from billing.gateways.stripe.reading import ref


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
