"""Credit notes: final invoices made smaller, before they are paid or after (docs: Credit notes)."""

import stripe
from stripe.params import (
    CreditNoteCreateParams,
    CreditNoteListParams,
    CreditNoteRetrieveParams,
    CreditNoteVoidCreditNoteParams,
)

from billing.sandbox.books import collecting
from billing.sandbox.faults import ApiFault
from billing.sandbox.listing import page
from billing.sandbox.resources.refunds import refund_charge
from billing.sandbox.routing import Route
from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json, new_id
from billing.sandbox.world import World, merged_metadata


def create(world: World, params: Json) -> Json:
    """Credit a part of an invoice; after its payment it says where the money goes."""
    invoice = world.store.get("invoice", params["invoice"], param="invoice")
    if invoice["status"] not in ("open", "paid"):
        raise ApiFault("You can only create a credit note on a finalized invoice.")
    amount = _amount(params)
    paid = invoice["status"] == "paid"
    _check(invoice, amount, params, paid=paid)
    refunds = _refunds(world, invoice, params)
    note = _made(world, invoice, amount, params, refunds, paid=paid)
    with world.changing(invoice, "invoice.updated"):
        if paid:
            invoice["post_payment_credit_notes_amount"] += amount
        else:
            invoice["pre_payment_credit_notes_amount"] += amount
            invoice["amount_due"] -= amount
            invoice["amount_remaining"] -= amount
    customer = world.store.get("customer", invoice["customer"])
    with world.changing(customer, "customer.updated"):
        customer["balance"] -= params.get("credit_amount", 0)
    world.emit("credit_note.created", note)
    if not paid and invoice["amount_remaining"] == 0:
        collecting.collect(world, invoice)
    return note


def _amount(params: Json) -> int:
    if "amount" in params:
        return int(params["amount"])
    if "lines" in params:
        return sum(
            int(line.get("amount", line.get("unit_amount", 0) * line.get("quantity", 1)))
            for line in params["lines"]
        )
    return _told(params)


def _told(params: Json) -> int:
    """Give what the call says becomes of the money."""
    parts = ("refund_amount", "credit_amount", "out_of_band_amount")
    refunded = sum(int(each.get("amount_refunded", 0)) for each in params.get("refunds", []))
    return refunded + sum(int(params.get(name, 0)) for name in parts)


def _check(invoice: Json, amount: int, params: Json, *, paid: bool) -> None:
    if amount <= 0:
        raise ApiFault("You must pass one of `amount`, `lines`, or `shipping_cost`.")
    credited = invoice["post_payment_credit_notes_amount"]
    left = invoice["total"] - invoice["pre_payment_credit_notes_amount"] - credited
    most = left if paid else invoice["amount_remaining"]
    if amount > most:
        raise ApiFault(
            f"The credit note amount ({amount}) is greater than what is left to credit ({most}).",
            param="amount",
        )
    if _told(params) != (amount if paid else 0):
        raise ApiFault(
            "The sum of refund, credit and outside of Stripe amounts must equal the post payment "
            "amount of the credit note."
        )


def _refunds(world: World, invoice: Json, params: Json) -> list[Json]:
    found = []
    for given in params.get("refunds", []):
        refund = world.store.get("refund", given["refund"], param="refunds[0][refund]")
        found.append((refund["id"], given.get("amount_refunded", refund["amount"])))
    if params.get("refund_amount"):
        payment = world.store.all(
            "invoice_payment",
            lambda each: each["invoice"] == invoice["id"] and each["status"] == "paid",
        )
        if not payment:
            raise ApiFault("There is no payment to refund.", param="refund_amount")
        intent = world.store.get("payment_intent", payment[0]["payment"]["payment_intent"])
        charge = world.store.get("charge", intent["latest_charge"])
        amount = params["refund_amount"]
        made = refund_charge(world, charge, amount=amount, reason=None, metadata={})
        found.append((made["id"], amount))
    return [{"amount_refunded": amount, "refund": key, "type": "refund"} for key, amount in found]


def _made(
    world: World, invoice: Json, amount: int, params: Json, refunds: list[Json], *, paid: bool
) -> Json:
    others = world.store.all("credit_note", lambda each: each["invoice"] == invoice["id"])
    line = shaped(
        stripe.CreditNoteLineItem,
        {
            "id": new_id("cnli"),
            "object": "credit_note_line_item",
            "amount": amount,
            "description": params.get("memo"),
            "discount_amount": 0,
            "discount_amounts": [],
            "livemode": False,
            "pretax_credit_amounts": [],
            "quantity": 1,
            "tax_rates": [],
            "taxes": [],
            "type": "custom_line_item",
            "unit_amount": amount,
            "unit_amount_decimal": str(amount),
        },
    )
    key = new_id("cn")
    return world.make(
        stripe.CreditNote,
        "cn",
        {
            "id": key,
            "amount": amount,
            "amount_shipping": 0,
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "discount_amount": 0,
            "discount_amounts": [],
            "effective_at": world.now(),
            "invoice": invoice["id"],
            "lines": {
                "object": "list",
                "data": [line],
                "has_more": False,
                "url": f"/v1/credit_notes/{key}/lines",
            },
            "memo": params.get("memo"),
            "metadata": merged_metadata({}, params.get("metadata")),
            "number": f"{invoice['number']}-CN-{len(others) + 1:02d}",
            "out_of_band_amount": params.get("out_of_band_amount"),
            "pdf": f"{world.base}/i/{invoice['id']}/credit_notes/{key}/pdf",
            "post_payment_amount": amount if paid else 0,
            "pre_payment_amount": 0 if paid else amount,
            "pretax_credit_amounts": [],
            "reason": params.get("reason"),
            "refunds": refunds,
            "status": "issued",
            "subtotal": amount,
            "subtotal_excluding_tax": amount,
            "total": amount,
            "total_excluding_tax": amount,
            "total_taxes": [],
            "type": "post_payment" if paid else "pre_payment",
        },
    )


def retrieve(world: World, params: Json, key: str) -> Json:
    """Give a credit note."""
    return world.store.get("credit_note", key)


def list_all(world: World, params: Json) -> Json:
    """List credit notes."""
    found = world.store.all(
        "credit_note",
        lambda each: (
            params.get("invoice") in (None, each["invoice"])
            and params.get("customer") in (None, each["customer"])
        ),
    )
    return page(found, params, "/v1/credit_notes")


def void(world: World, params: Json, key: str) -> Json:
    """Take back a credit note of an invoice that is still open."""
    note = world.store.get("credit_note", key)
    invoice = world.store.get("invoice", note["invoice"])
    if note["status"] == "void" or invoice["status"] != "open":
        raise ApiFault("You can only void a credit note of an open invoice.")
    note["status"], note["voided_at"] = "void", world.now()
    with world.changing(invoice, "invoice.updated"):
        invoice["pre_payment_credit_notes_amount"] -= note["amount"]
        invoice["amount_due"] += note["amount"]
        invoice["amount_remaining"] += note["amount"]
    world.emit("credit_note.voided", note)
    return note


ROUTES = [
    Route("POST", "/v1/credit_notes", CreditNoteCreateParams, create,
          "invoice amount lines memo metadata reason refund_amount credit_amount "
          "out_of_band_amount refunds email_type"),
    Route("GET", "/v1/credit_notes", CreditNoteListParams, list_all,
          "invoice customer created limit starting_after ending_before"),
    Route("GET", "/v1/credit_notes/{id}", CreditNoteRetrieveParams, retrieve),
    Route("POST", "/v1/credit_notes/{id}/void", CreditNoteVoidCreditNoteParams, void),
]  # fmt: skip
