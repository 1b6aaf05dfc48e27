"""The page of an invoice: what it is for, a button to pay it, and its PDF."""

from billing.sandbox.api import Answer
from billing.sandbox.books import collecting
from billing.sandbox.books.cards import give_card
from billing.sandbox.faults import ApiFault
from billing.sandbox.pages.layout import button, cards, day, link, money, shown, table, told
from billing.sandbox.pages.pdf import pdf_of
from billing.sandbox.store import Json
from billing.sandbox.world import World


def show(world: World, given: Json | None, key: str) -> Answer:
    """Show an invoice, or pay it."""
    invoice = world.store.get("invoice", key)
    wrong = ""
    if given is not None:
        wrong = _pay(world, invoice, given.get("declines", ""))
    rows = [
        (line["description"], money(line["amount"], line["currency"]))
        for line in invoice["lines"]["data"]
    ]
    return shown(
        f"Invoice {invoice['number'] or 'to come'}",
        told(f"For {invoice['customer_name'] or invoice['customer_email']}: {_state(invoice)}."),
        table(*rows, *_sums(invoice), head=("", "Amount")),
        told(wrong, wrong=True),
        *([button("Pay", cards())] if invoice["status"] == "open" else []),
        link(invoice.get("invoice_pdf"), "Download as PDF"),
    )


def _pay(world: World, invoice: Json, declines: str) -> str:
    customer = world.store.get("customer", invoice["customer"])
    card = give_card(world, customer, declines=declines, default=False)
    try:
        collecting.pay(world, invoice, card=card)
    except ApiFault as fault:
        return str(fault)
    return ""


def _state(invoice: Json) -> str:
    if invoice["status"] == "open" and invoice["due_date"] is not None:
        return f"open, due on {day(invoice['due_date'])}"
    if invoice["status"] == "paid":
        return f"paid on {day(invoice['status_transitions']['paid_at'])}"
    return str(invoice["status"])


def _sums(invoice: Json) -> list[tuple[str, str]]:
    currency = invoice["currency"]
    found = [("Tax", sum(tax["amount"] for tax in invoice["total_taxes"] or []))]
    found += [("Total", invoice["total"]), ("Balance before", invoice["starting_balance"])]
    found += [("Credited", -invoice["pre_payment_credit_notes_amount"])]
    found += [("Paid", -invoice["amount_paid"]), ("To be paid", invoice["amount_remaining"])]
    return [
        (name, money(units, currency))
        for name, units in found
        if units or name in ("Total", "To be paid")
    ]


def download(world: World, given: Json | None, key: str) -> Answer:
    """Give an invoice as a PDF."""
    invoice = world.store.get("invoice", key)
    lines = [
        f"{line['description']}: {money(line['amount'], line['currency'])}"
        for line in invoice["lines"]["data"]
    ]
    lines += [f"{name}: {amount}" for name, amount in _sums(invoice)]
    return _pdf(f"Invoice {invoice['number']}", [_state(invoice), "", *lines])


def download_note(world: World, given: Json | None, key: str, note_key: str) -> Answer:
    """Give a credit note as a PDF."""
    note = world.store.get("credit_note", note_key)
    lines = [note["memo"] or "", f"Total: {money(note['total'], note['currency'])}"]
    return _pdf(f"Credit note {note['number']}", lines)


def _pdf(title: str, lines: list[str]) -> Answer:
    headers = {
        "Content-Type": "application/pdf",
        "Content-Disposition": f'attachment; filename="{title}.pdf"',
    }
    return Answer(200, pdf_of(title, [*lines, "", "From a sandbox: no money moved."]), headers)
