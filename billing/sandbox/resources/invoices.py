"""Invoices: read, listed, previewed, and moved on by hand."""

from stripe.params import (
    InvoiceCreateParams,
    InvoiceCreatePreviewParams,
    InvoiceFinalizeInvoiceParams,
    InvoiceLineItemListParams,
    InvoiceListParams,
    InvoiceMarkUncollectibleParams,
    InvoicePayParams,
    InvoiceRetrieveParams,
    InvoiceSendInvoiceParams,
    InvoiceUpdateParams,
    InvoiceVoidInvoiceParams,
)

from billing.sandbox.books import collecting, invoicing, periods, prorations
from billing.sandbox.books.standing import subscription_of
from billing.sandbox.faults import ApiFault, missing_parameter
from billing.sandbox.listing import INCLUDABLE, page
from billing.sandbox.routing import Route
from billing.sandbox.store import Json, new_id
from billing.sandbox.world import World, merged_metadata


def create(world: World, params: Json) -> Json:
    """Keep a draft of its own; waiting items only if asked for (docs: Create an invoice)."""
    if "customer" not in params:
        raise missing_parameter("customer")
    customer = world.store.get("customer", params["customer"], param="customer")
    subscription = None
    if "subscription" in params:
        key = params["subscription"]
        subscription = world.store.get("subscription", key, param="subscription")
    terms: Json = {
        "auto_advance": params.get("auto_advance", False),
        "description": params.get("description"),
        "metadata": merged_metadata({}, params.get("metadata")),
    }
    if "collection_method" in params:
        terms["collection_method"] = params["collection_method"]
    currency = params.get("currency") or customer["currency"] or "usd"
    invoice = invoicing.draft(
        world,
        customer,
        [],
        currency=currency.lower(),
        reason="manual",
        subscription=subscription,
        terms=terms,
    )
    if "days_until_due" in params:
        world.notes(invoice)["days_until_due"] = params["days_until_due"]
    if params.get("pending_invoice_items_behavior") == "include":
        invoicing.take_pending(world, invoice, params.get("subscription"))
    if invoice["auto_advance"]:
        invoicing.will_finalize(world, invoice)
    return invoice


def preview(world: World, params: Json) -> Json:
    """Show what a change would cost, or what the next period will."""
    if "subscription" not in params:
        raise missing_parameter("subscription")
    key = params["subscription"]
    subscription = world.store.get("subscription", key, param="subscription")
    customer = world.store.get("customer", subscription["customer"])
    details = params.get("subscription_details", {})
    for name in set(details) - {"items", "proration_behavior", "proration_date"}:
        raise ApiFault(
            f"The sandbox does not know what to do with '{name}' here.", code="sandbox_does_less"
        )
    at = details.get("proration_date", world.now())
    if "items" in details:
        path = "subscription_details[items]"
        items = prorations.changed_items(world, subscription, details["items"], path=path)
        found = []
        if details.get("proration_behavior") != "none":
            found = prorations.proration_lines(subscription, items, at=at)
        return invoicing.preview(world, customer, found, subscription=subscription, since=at)
    start = periods.current(subscription)[1]
    coming = {**subscription, "items": {"data": [dict(i) for i in subscription["items"]["data"]]}}
    periods.begin_period(coming, start)
    found = periods.recurring_lines(coming)
    return invoicing.preview(world, customer, found, subscription=subscription, since=start)


def retrieve(world: World, params: Json, key: str) -> Json:
    """Give an invoice."""
    return world.store.get("invoice", key)


def update(world: World, params: Json, key: str) -> Json:
    """Change what may be changed."""
    invoice = world.store.get("invoice", key)
    with world.changing(invoice, "invoice.updated"):
        invoice["metadata"] = merged_metadata(invoice["metadata"], params.get("metadata"))
        for name in ("auto_advance", "description"):
            if name in params:
                invoice[name] = params[name]
    return invoice


def list_all(world: World, params: Json) -> Json:
    """List invoices."""

    def is_wanted(each: Json) -> bool:
        told = (each["parent"] or {}).get("subscription_details") or {}
        return all(
            params.get(name) in (None, value)
            for name, value in (
                ("customer", each["customer"]),
                ("status", each["status"]),
                ("collection_method", each["collection_method"]),
                ("subscription", told.get("subscription")),
            )
        )

    return page(world.store.all("invoice", is_wanted), params, "/v1/invoices")


def list_lines(world: World, params: Json, key: str) -> Json:
    """List the lines of an invoice, the first first."""
    invoice = world.store.get("invoice", key)
    return page(invoice["lines"]["data"][::-1], params, f"/v1/invoices/{key}/lines")


def finalize(world: World, params: Json, key: str) -> Json:
    """Make a draft final."""
    invoice = world.store.get("invoice", key)
    invoicing.finalize(world, invoice, auto_advance=params.get("auto_advance"))
    if invoice["amount_due"] == 0 or invoice["auto_advance"]:
        collecting.collect(world, invoice)
    return invoice


def send(world: World, params: Json, key: str) -> Json:
    """Send an invoice; a draft is made final before."""
    invoice = world.store.get("invoice", key)
    if invoice["collection_method"] != "send_invoice":
        raise ApiFault("You can only manually send an invoice if its collection is send_invoice.")
    if invoice["status"] == "draft":
        invoicing.finalize(world, invoice)
    if invoice["status"] != "open":
        raise ApiFault(f"You cannot send an invoice that is {invoice['status']}.")
    world.emit("invoice.sent", invoice)
    return invoice


def pay(world: World, params: Json, key: str) -> Json:
    """Pay an invoice now: by card, or because the money came in some other way."""
    invoice = world.store.get("invoice", key)
    if invoice["status"] == "draft":
        invoicing.finalize(world, invoice)
        if invoice["amount_due"] == 0:
            collecting.collect(world, invoice)
            return invoice
    if params.get("paid_out_of_band"):
        collecting.pay_elsewhere(world, invoice)
        return invoice
    card = None
    if "payment_method" in params:
        given = params["payment_method"]
        card = world.store.get("payment_method", given, param="payment_method")
    collecting.pay(world, invoice, card=card)
    return invoice


def void(world: World, params: Json, key: str) -> Json:
    """Take an invoice back."""
    return _give_up(world, key, "void")


def mark_uncollectible(world: World, params: Json, key: str) -> Json:
    """Expect no money for an invoice any more."""
    return _give_up(world, key, "uncollectible")


def _give_up(world: World, key: str, status: str) -> Json:
    invoice = world.store.get("invoice", key)
    if invoice["status"] not in ("open", "uncollectible"):
        raise ApiFault(f"You cannot do that to an invoice that is {invoice['status']}.")
    collecting.give_up(world, invoice, status)
    return invoice


def _payments(world: World, invoice: Json) -> Json:
    found = world.store.all("invoice_payment", lambda each: each["invoice"] == invoice["id"])
    return page(found, {}, f"/v1/invoice_payments?invoice={invoice['id']}")


def _secret(world: World, invoice: Json) -> Json | None:
    if invoice["status"] != "open" or subscription_of(world, invoice) is None:
        return None
    return {"client_secret": new_id("pi_secret"), "type": "payment_intent"}


INCLUDABLE["invoice", "payments"] = _payments
INCLUDABLE["invoice", "confirmation_secret"] = _secret
_PAGE = "created limit starting_after ending_before"
_ONE = "/v1/invoices/{id}"
ROUTES = [
    Route("POST", "/v1/invoices", InvoiceCreateParams, create,
          "customer subscription auto_advance description metadata collection_method currency "
          "days_until_due pending_invoice_items_behavior"),
    Route("POST", "/v1/invoices/create_preview", InvoiceCreatePreviewParams, preview,
          "customer subscription subscription_details preview_mode"),
    Route("GET", "/v1/invoices", InvoiceListParams, list_all,
          _PAGE + " customer status subscription collection_method"),
    Route("GET", _ONE, InvoiceRetrieveParams, retrieve),
    Route("POST", _ONE, InvoiceUpdateParams, update, "metadata auto_advance description"),
    Route("GET", _ONE + "/lines", InvoiceLineItemListParams, list_lines,
          "limit starting_after ending_before"),
    Route("POST", _ONE + "/finalize", InvoiceFinalizeInvoiceParams, finalize, "auto_advance"),
    Route("POST", _ONE + "/send", InvoiceSendInvoiceParams, send),
    Route("POST", _ONE + "/pay", InvoicePayParams, pay,
          "paid_out_of_band payment_method off_session"),
    Route("POST", _ONE + "/void", InvoiceVoidInvoiceParams, void),
    Route("POST", _ONE + "/mark_uncollectible", InvoiceMarkUncollectibleParams,
          mark_uncollectible),
]  # fmt: skip
