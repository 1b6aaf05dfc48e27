"""Which page an address shows."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from billing.sandbox.api import Answer, Request
from billing.sandbox.books.due import catch_up
from billing.sandbox.faults import ApiFault
from billing.sandbox.pages import checkout, home, invoice, portal
from billing.sandbox.pages.layout import shown, told
from billing.sandbox.world import World

# Each shows its page, or does what its button says, if a form was sent.
PAGES: list[tuple[str, Callable[..., Answer]]] = [
    (r"/", home.show),
    (r"/c/pay/(\w+)", checkout.show),
    (r"/p/session/(\w+)", portal.show),
    (r"/i/(\w+)", invoice.show),
    (r"/i/(\w+)/pdf", invoice.download),
    (r"/i/(\w+)/credit_notes/(\w+)/pdf", invoice.download_note),
]


def hosted(world: World, request: Request) -> Answer:
    """Show the page of an address, or do what its button says."""
    given = dict(parse_qsl(request.form)) if request.method == "POST" else None
    for pattern, page in PAGES:
        found = re.fullmatch(pattern, request.path)
        if found and request.method in ("GET", "POST"):
            with world.lock:
                return _page(world, page, given, found.groups())
    return shown("There is no such page", status=404)


def _page(
    world: World,
    page: Callable[..., Answer],
    given: dict[str, str] | None,
    keys: tuple[str, ...],
) -> Answer:
    catch_up(world)
    try:
        return page(world, given, *keys)
    except ApiFault as fault:
        return shown("That did not work", told(str(fault), wrong=True), status=fault.status)
    finally:
        if given is not None:
            world.save()
