"""Products and prices."""

import stripe
from stripe.params import (
    PriceCreateParams,
    PriceListParams,
    PriceRetrieveParams,
    PriceUpdateParams,
    ProductCreateParams,
    ProductListParams,
    ProductRetrieveParams,
    ProductUpdateParams,
)

from billing.sandbox.faults import ApiFault, missing_parameter
from billing.sandbox.listing import page
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World, merged_metadata


def create_product(world: World, params: Json) -> Json:
    """Keep a new product."""
    product = world.make(
        stripe.Product,
        "prod",
        {
            "active": params.get("active", True),
            "default_price": None,
            "description": params.get("description"),
            "images": [],
            "marketing_features": [],
            "metadata": merged_metadata({}, params.get("metadata")),
            "name": params["name"],
            "tax_code": params.get("tax_code"),
            "type": "service",
            "updated": world.now(),
        },
    )
    world.emit("product.created", product)
    return product


def update_product(world: World, params: Json, key: str) -> Json:
    """Change a product."""
    product = world.store.get("product", key)
    with world.changing(product, "product.updated"):
        product["metadata"] = merged_metadata(product["metadata"], params.pop("metadata", None))
        product.update({name: value or None for name, value in params.items() if name != "active"})
        product["active"] = params.get("active", product["active"])
    return product


def list_products(world: World, params: Json) -> Json:
    """List products."""
    found = world.store.all(
        "product",
        lambda each: (
            params.get("active") in (None, each["active"])
            and ("ids" not in params or each["id"] in params["ids"])
        ),
    )
    return page(found, params, "/v1/products")


def create_price(world: World, params: Json) -> Json:
    """Keep a new price."""
    if "product" not in params:
        raise missing_parameter("product")
    if "unit_amount" not in params:
        raise missing_parameter("unit_amount")
    world.store.get("product", params["product"], param="product")
    recurring = params.get("recurring")
    _take_lookup_key(world, params, "")
    price = world.make(
        stripe.Price,
        "price",
        {
            "active": params.get("active", True),
            "billing_scheme": "per_unit",
            "currency": params["currency"].lower(),
            "lookup_key": params.get("lookup_key"),
            "metadata": merged_metadata({}, params.get("metadata")),
            "nickname": params.get("nickname"),
            "product": params["product"],
            "recurring": recurring and _recurring(recurring),
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "type": "recurring" if recurring else "one_time",
            "unit_amount": params["unit_amount"],
            "unit_amount_decimal": str(params["unit_amount"]),
        },
    )
    world.emit("price.created", price)
    return price


def _recurring(params: Json) -> Json:
    return {
        "interval": params["interval"],
        "interval_count": params.get("interval_count", 1),
        "usage_type": "licensed",
    }


def _take_lookup_key(world: World, params: Json, own: str) -> None:
    """Refuse a lookup key that another price has, or take it away from there if asked to."""
    key = params.get("lookup_key")
    for other in world.store.all("price", lambda each: bool(key) and each["lookup_key"] == key):
        if other["id"] == own:
            continue
        if not params.get("transfer_lookup_key"):
            raise ApiFault(
                f"A price (`{other['id']}`) already uses that lookup key.", param="lookup_key"
            )
        with world.changing(other, "price.updated"):
            other["lookup_key"] = None


def update_price(world: World, params: Json, key: str) -> Json:
    """Change a price; its amount never changes."""
    price = world.store.get("price", key)
    _take_lookup_key(world, params, key)
    with world.changing(price, "price.updated"):
        price["metadata"] = merged_metadata(price["metadata"], params.get("metadata"))
        for name in ("active", "lookup_key", "nickname", "tax_behavior"):
            if name in params:
                price[name] = params[name] if params[name] != "" else None
    return price


def list_prices(world: World, params: Json) -> Json:
    """List prices, by lookup keys among others."""
    found = world.store.all(
        "price",
        lambda each: (
            params.get("active") in (None, each["active"])
            and params.get("product") in (None, each["product"])
            and ("lookup_keys" not in params or each["lookup_key"] in params["lookup_keys"])
        ),
    )
    return page(found, params, "/v1/prices")


def retrieve_product(world: World, params: Json, key: str) -> Json:
    """Give a product."""
    return world.store.get("product", key)


def retrieve_price(world: World, params: Json, key: str) -> Json:
    """Give a price."""
    return world.store.get("price", key)


_PAGE = "created limit starting_after ending_before"
ROUTES = [
    Route("POST", "/v1/products", ProductCreateParams, create_product,
          "name active description metadata tax_code"),
    Route("GET", "/v1/products", ProductListParams, list_products, _PAGE + " active ids"),
    Route("GET", "/v1/products/{id}", ProductRetrieveParams, retrieve_product),
    Route("POST", "/v1/products/{id}", ProductUpdateParams, update_product,
          "name active description metadata tax_code"),
    Route("POST", "/v1/prices", PriceCreateParams, create_price,
          "currency unit_amount product recurring lookup_key transfer_lookup_key metadata nickname "
          "active tax_behavior"),
    Route("GET", "/v1/prices", PriceListParams, list_prices,
          _PAGE + " active product lookup_keys"),
    Route("GET", "/v1/prices/{id}", PriceRetrieveParams, retrieve_price),
    Route("POST", "/v1/prices/{id}", PriceUpdateParams, update_price,
          "active lookup_key transfer_lookup_key metadata nickname tax_behavior"),
]  # fmt: skip
