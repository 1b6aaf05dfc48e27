"""Checkout: sign up with a card, or go back."""

from billing.sandbox.api import Answer
from billing.sandbox.pages.layout import (
    button,
    cards,
    day,
    link,
    money,
    sent_to,
    shown,
    table,
    told,
)
from billing.sandbox.resources.checkout import complete
from billing.sandbox.resources.subscriptions import trial_end
from billing.sandbox.store import Json
from billing.sandbox.world import World


def show(world: World, given: Json | None, key: str) -> Answer:
    """Show what is signed up for, or sign up."""
    session = world.store.get("checkout.session", key)
    if session["status"] != "open":
        return shown(
            "This page is over",
            told(f"The checkout is {session['status']}."),
            link(session["cancel_url"], "Back"),
        )
    wrong = ""
    if given is not None:
        if complete(world, session, declines=given.get("declines", "")):
            return sent_to(session["success_url"].replace("{CHECKOUT_SESSION_ID}", key))
        wrong = "Your card was declined. Try another one."
    rows = [_row(world, item) for item in world.notes(session)["line_items"]]
    trial = trial_end(world, world.notes(session)["subscription_data"])
    return shown(
        "Subscribe",
        table(*rows, head=("", "Every", "Price")),
        told(f"Free until {day(trial)}; then it is charged." if trial else ""),
        told(f"Due today: {money(session['amount_total'], session['currency'])}, before tax."),
        told(wrong, wrong=True),
        button("Subscribe", cards()),
        link(session["cancel_url"], "Go back"),
    )


def _row(world: World, item: Json) -> tuple[object, ...]:
    price = world.store.get("price", item["price"])
    product = world.store.get("product", price["product"])
    recurring = price["recurring"]
    return (
        f"{item.get('quantity', 1)} × {product['name']}",
        recurring["interval"] if recurring else "once",
        money(price["unit_amount"], price["currency"]),
    )
