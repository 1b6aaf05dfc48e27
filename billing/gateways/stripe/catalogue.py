"""Products and prices. A price never changes: another amount is another price."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import stripe
from stripe.params import PriceCreateParams, ProductCreateParams, ProductListParams

from billing.gateways.stripe.amounts import from_minor, to_minor
from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures
from billing.gateways.stripe.objects import Metadata, Page, Price, Product
from billing.gateways.stripe.reading import PAGE_SIZE, every, page, ref, seconds
from billing.gateways.stripe.reading import metadata as metadata_of
from core.money import Money

Interval = Literal["month", "year"]


def create_product(
    *, name: str, metadata: Metadata, key: str, description: str = "", tax_code: str = ""
) -> Product:
    """Make a product. ``tax_code`` tells Stripe Tax what it is (txcd_…)."""
    params: ProductCreateParams = {"name": name, "metadata": dict(metadata)}
    if description:
        params["description"] = description
    if tax_code:
        params["tax_code"] = tax_code
    with sorted_failures():
        made = connect().v1.products.create(params, {"idempotency_key": key})
    return read_product(made)


def get_product(product_id: str) -> Product:
    """Fetch a product."""
    with sorted_failures():
        found = connect().v1.products.retrieve(product_id)
    return read_product(found)


def every_product(*, since: datetime | None = None) -> Iterator[Product]:
    """Fetch products, archived or not, all or those since an instant, newest first."""

    def fetch(after: str) -> Page[Product]:
        params: ProductListParams = {"limit": PAGE_SIZE}
        if since is not None:
            params["created"] = {"gte": seconds(since)}
        if after:
            params["starting_after"] = after
        with sorted_failures():
            return page(connect().v1.products.list(params), read_product)

    return every(fetch)


def create_price(
    *,
    product_id: str,
    amount: Money,
    lookup_key: str,
    metadata: Metadata,
    key: str,
    interval: Interval | None = "month",
) -> Price:
    """Make a price, paid each interval, or once without one. Prices are before tax.

    Raises StripeRefused when another price has the lookup key.
    """
    params: PriceCreateParams = {
        "product": product_id,
        "currency": amount.currency.lower(),
        "unit_amount": to_minor(amount),
        "lookup_key": lookup_key,
        "metadata": dict(metadata),
        "tax_behavior": "exclusive",
    }
    if interval is not None:
        params["recurring"] = {"interval": interval, "interval_count": 1}
    with sorted_failures():
        made = connect().v1.prices.create(params, {"idempotency_key": key})
    return read_price(made)


def get_price(price_id: str) -> Price:
    """Fetch a price."""
    with sorted_failures():
        found = connect().v1.prices.retrieve(price_id)
    return read_price(found)


def find_price(lookup_key: str) -> Price | None:
    """Fetch the price that has a lookup key, archived or not."""
    with sorted_failures():
        found = connect().v1.prices.list({"lookup_keys": [lookup_key], "limit": 1})
    return read_price(found.data[0]) if found.data else None


def archive_price(*, price_id: str, key: str) -> Price:
    """Sell at this price no more; who has it keeps it."""
    with sorted_failures():
        changed = connect().v1.prices.update(price_id, {"active": False}, {"idempotency_key": key})
    return read_price(changed)


def read_product(found: stripe.Product) -> Product:
    """Give a product in our words."""
    return Product(
        id=found.id, name=found.name, is_active=found.active, metadata=metadata_of(found)
    )


def read_price(found: stripe.Price) -> Price:
    """Give a price in our words."""
    recurring = getattr(found, "recurring", None)
    return Price(
        id=found.id,
        product_id=ref(found.product),
        amount=from_minor(getattr(found, "unit_amount", None) or 0, found.currency),
        lookup_key=getattr(found, "lookup_key", None) or "",
        interval=recurring.interval if recurring else "",
        interval_count=recurring.interval_count if recurring else 0,
        is_active=found.active,
        metadata=metadata_of(found),
    )
