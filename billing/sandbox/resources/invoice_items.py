"""Invoice items."""

from stripe.params import (
    InvoiceItemCreateParams,
    InvoiceItemDeleteParams,
    InvoiceItemListParams,
    InvoiceItemRetrieveParams,
)

from billing.sandbox.books import invoicing
from billing.sandbox.books.lines import from_invoice_item
from billing.sandbox.books.waiting import make_item
from billing.sandbox.faults import ApiFault, missing_parameter
from billing.sandbox.listing import page
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World, merged_metadata


def create(world: World, params: Json) -> Json:
    """Keep an item, on the draft that is named or waiting for the next invoice."""
    for name in ("customer", "amount", "currency"):
        if name not in params:
            raise missing_parameter(name)
    customer = world.store.get("customer", params["customer"], param="customer")
    if "subscription" in params:
        world.store.get("subscription", params["subscription"], param="subscription")
    invoice = None
    if "invoice" in params:
        invoice = world.store.get("invoice", params["invoice"], param="invoice")
        if invoice["status"] != "draft":
            raise ApiFault(
                "This invoice is no longer editable.", code="invoice_not_editable", param="invoice"
            )
    item = make_item(
        world,
        customer=customer["id"],
        amount=params["amount"],
        currency=params["currency"].lower(),
        description=params.get("description"),
        period=params.get("period", {"start": world.now(), "end": world.now()}),
        metadata=merged_metadata({}, params.get("metadata")),
        subscription=params.get("subscription"),
        invoice=params.get("invoice"),
    )
    if invoice is not None:
        invoicing.put_on(invoice, [from_invoice_item(item)])
        invoicing.total_up(world, invoice)
        world.emit("invoice.updated", invoice)
    return item


def retrieve(world: World, params: Json, key: str) -> Json:
    """Give an item."""
    return world.store.get("invoiceitem", key)


def list_all(world: World, params: Json) -> Json:
    """List items."""

    def is_wanted(each: Json) -> bool:
        waits = each["invoice"] is None
        return (
            params.get("customer") in (None, each["customer"])
            and params.get("invoice") in (None, each["invoice"])
            and params.get("pending", waits) == waits
        )

    return page(world.store.all("invoiceitem", is_wanted), params, "/v1/invoiceitems")


def delete(world: World, params: Json, key: str) -> Json:
    """Take a waiting item away."""
    item = world.store.get("invoiceitem", key)
    if item["invoice"] is not None:
        raise ApiFault("You cannot delete an invoice item that is on an invoice.")
    world.emit("invoiceitem.deleted", item)
    del world.store.tables["invoiceitem"][key]
    return {"id": key, "object": "invoiceitem", "deleted": True}


_PATH = "/v1/invoiceitems"
ROUTES = [
    Route("POST", _PATH, InvoiceItemCreateParams, create,
          "customer amount currency description invoice subscription metadata period"),
    Route("GET", _PATH, InvoiceItemListParams, list_all,
          "customer invoice pending created limit starting_after ending_before"),
    Route("GET", _PATH + "/{id}", InvoiceItemRetrieveParams, retrieve),
    Route("DELETE", _PATH + "/{id}", InvoiceItemDeleteParams, delete),
]  # fmt: skip
