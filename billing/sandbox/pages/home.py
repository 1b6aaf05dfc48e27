"""The sandbox's front page: what a newcomer needs to go through a retainer's life on the spot."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.sandbox.api import Answer
from billing.sandbox.books.due import travel
from billing.sandbox.clock import DAY
from billing.sandbox.pages.layout import button, day, money, sent_to, shown, table, told
from billing.sandbox.store import Json
from billing.sandbox.world import World

_NEWEST = 20
_STEPS = {"1": 1, "7": 7, "31": 31}


def show(world: World, given: Json | None) -> Answer:
    """Show the clock, what is open and what happened, or let days pass."""
    if given is not None:
        travel(world, world.now() + _STEPS.get(given.get("days", ""), 0) * DAY)
        # So that nobody travels again by looking again.
        return sent_to("/")
    return shown(
        "The till",
        told(f"It is {day(world.now())} here. Renewals, retries and ends happen as days pass."),
        button("A day later", days="1"),
        button("A week later", days="7"),
        button("A month later", days="31"),
        table(*_sessions(world), head=("Checkout", "State")),
        table(*_invoices(world), head=("Invoice", "Customer", "State", "Total")),
        table(*_events(world), head=("Event", "Day")),
    )


def _sessions(world: World) -> list[tuple[object, ...]]:
    found = world.store.all("checkout.session", lambda each: each["status"] == "open")
    return [(_link(each["url"], each["id"]), each["status"]) for each in _newest(found)]


def _invoices(world: World) -> list[tuple[object, ...]]:
    return [
        (
            _link(each.get("hosted_invoice_url"), each["number"] or "not final yet"),
            each["customer_name"] or each["customer_email"],
            each["status"],
            money(each["total"], each["currency"]),
        )
        for each in _newest(world.store.all("invoice"))
    ]


def _events(world: World) -> list[tuple[object, ...]]:
    return [(each["type"], day(each["created"])) for each in _newest(world.store.all("event"))]


def _newest(things: list[Json]) -> list[Json]:
    return things[: -_NEWEST - 1 : -1]


def _link(url: str | None, label: str) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', url, label) if url else label
