"""The customer portal: another card, an end or none, and the invoices so far."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.sandbox.api import Answer
from billing.sandbox.books import periods, standing
from billing.sandbox.books.cards import give_card
from billing.sandbox.pages.layout import button, cards, day, link, money, shown, table, told
from billing.sandbox.resources.subscription_changes import set_cancel_at
from billing.sandbox.store import Json
from billing.sandbox.world import World


def show(world: World, given: Json | None, key: str) -> Answer:
    """Show a customer's affairs, or change one thing."""
    session = world.store.get("billing_portal.session", key)
    customer = world.store.get("customer", session["customer"])
    done = _change(world, customer, given) if given is not None else ""
    running = world.store.all(
        "subscription",
        lambda each: each["customer"] == customer["id"] and each["status"] not in standing.ENDED,
    )
    kind = (session["flow"] or {}).get("type")
    parts = [told(done)]
    if kind != "payment_method_update":
        parts += [part for each in running for part in _subscription(each)]
    if kind != "subscription_cancel":
        parts.append(button("Use this card from now on", cards(), do="card"))
    if kind is None:
        parts.append(_invoices(world, customer))
    return shown(customer["name"] or "Your account", *parts, link(session["return_url"], "Return"))


def _change(world: World, customer: Json, given: Json) -> str:
    if given.get("do") == "card":
        return _use_card(world, customer, given.get("declines", ""))
    subscription = world.store.get("subscription", given.get("subscription", ""))
    if subscription["customer"] != customer["id"] or subscription["status"] in standing.ENDED:
        return "There is nothing to change."
    if subscription["schedule"]:
        return "Another plan is waiting for the end of the period. Ask us first."
    ends = given.get("do") == "cancel"
    # The portal names an instant and leaves cancel_at_period_end alone (docs: Cancellations).
    until = periods.current(subscription)[1] if ends else None
    with world.changing(subscription, standing.UPDATED):
        subscription["cancel_at_period_end"] = False
        set_cancel_at(world, subscription, until)
    return f"It ends on {day(until)}." if ends else "It goes on."


def _use_card(world: World, customer: Json, declines: str) -> str:
    card = give_card(world, customer, declines=declines)
    for subscription in world.store.all(
        "subscription", lambda each: each["customer"] == customer["id"]
    ):
        with world.changing(subscription, standing.UPDATED):
            subscription["default_payment_method"] = card["id"]
    return f"The card ending in {card['card']['last4']} is used from now on."


def _subscription(subscription: Json) -> list[SafeString]:
    (start, end), until = periods.current(subscription), subscription["cancel_at"]
    prices = [
        money(item["price"]["unit_amount"], item["price"]["currency"])
        for item in subscription["items"]["data"]
    ]
    standing_now = f"ends on {day(until)}" if until else subscription["status"]
    row = (", ".join(prices), f"{day(start)} to {day(end)}", standing_now)
    label, do = ("Keep it after all", "keep") if until else ("Cancel", "cancel")
    return [
        table(row, head=("Subscription", "Period", "State")),
        button(label, do=do, subscription=subscription["id"]),
    ]


def _invoices(world: World, customer: Json) -> SafeString:
    found = world.store.all(
        "invoice",
        lambda each: each["customer"] == customer["id"] and each["status"] != "draft",
    )
    rows = [
        (
            format_html('<a href="{}">{}</a>', each["hosted_invoice_url"], each["number"]),
            each["status"],
            money(each["total"], each["currency"]),
        )
        for each in reversed(found)
    ]
    return table(*rows, head=("Invoice", "State", "Total"))
