"""The sandbox speaks the pinned version, and its answers are held to the library's types."""

import re
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import stripe

from billing.gateways.stripe.client import connect
from billing.sandbox import optional_fields
from billing.sandbox.faults import ApiFault
from billing.sandbox.parameters import read
from billing.sandbox.resources import customers
from billing.sandbox.routes import ROUTES
from billing.sandbox.routing import Route
from billing.sandbox.shapes import shaped
from billing.sandbox.world import World
from tests.billing import till
from tests.billing.sandbox.conformity import strange_in

# A call of the library: its method, and its path with a name for each id.
_CALL = re.compile(r'self\._request\(\s*"(get|post|delete)",\s*"(/v1/[^"]+)"')


def _named(routes: list[Route]) -> list[Any]:
    return [pytest.param(route, id=f"{route.method} {route.path}") for route in routes]


def test_each_call_is_one_of_the_library_s() -> None:
    folder = Path(stripe.__file__).parent
    sources = [path.read_text(encoding="utf-8") for path in folder.rglob("*_service.py")]
    known = {
        (method.upper(), re.sub(r"\{\w+\}", "{id}", path))
        for source in sources
        for method, path in _CALL.findall(source)
    }

    assert {(route.method, route.path) for route in ROUTES} - known == set()


@pytest.mark.parametrize("route", _named(ROUTES))
def test_each_call_takes_what_it_uses_and_nothing_that_the_library_does_not_know(
    route: Route,
) -> None:
    known = set(route.params.__annotations__)

    assert set(route.uses.split()) <= known
    assert route.params.__required_keys__ <= set(route.uses.split())
    with pytest.raises(ApiFault, match="unknown parameter: bogus"):
        read("bogus=1", route.params)


def test_an_answer_with_a_field_of_another_version_is_never_made() -> None:
    with pytest.raises(AssertionError, match=r"Customer has no \['plan'\]"):
        shaped(stripe.Customer, {"plan": "gold"})
    with pytest.raises(AssertionError, match="Customer lacks"):
        shaped(stripe.Customer, {"id": "cus_1"})


def test_fields_that_may_be_left_out_are_the_library_s() -> None:
    for name, fields in optional_fields.OPTIONAL.items():
        module, classes = re.split(r"\.(?=[A-Z])", name, maxsplit=1)
        kind = attrgetter(classes)(import_module(module))
        assert set(fields.split()) <= set(kind.__annotations__), name


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"plan": "gold"}, "customer.plan: unknown"),
        ({"email": 3}, "customer.email: 3 is no"),
        ({"created": None}, "customer.created: null"),
        ({"livemode": 0}, "customer.livemode: 0 is no"),
        ({"tax_exempt": "perhaps"}, "customer.tax_exempt: 'perhaps' is none of"),
        ({"delinquent": None}, "customer.delinquent: null, but to be left out"),
        ({"invoice_settings": {}}, "customer.invoice_settings.footer: missing"),
        ({"preferred_locales": [1]}, "customer.preferred_locales[0]: 1 is no"),
        ({"subscriptions": {"object": "list"}}, "customer.subscriptions: no list"),
        ({"id": {"object": "customer"}}, "customer.id: an object"),
    ],
)
def test_what_an_answer_has_wrong_is_seen(world: World, change: Any, told: str) -> None:
    customer = customers.create(world, {"name": "Acme"})
    assert list(strange_in(customer)) == []

    assert any(each.startswith(told) for each in strange_in({**customer, **change}))


def test_a_field_that_is_missing_is_seen(world: World) -> None:
    customer = customers.create(world, {"name": "Acme"})
    del customer["email"]

    found = list(strange_in(customer))

    customer["email"] = None
    assert found == ["customer.email: missing"]


@pytest.mark.parametrize(
    ("kind", "expand"),
    [
        ("subscriptions", ["customer", "latest_invoice", "items.data.price.product"]),
        ("invoices", ["payments", "confirmation_secret", "customer"]),
        ("invoices", ["payments.data.payment.payment_intent", "lines.data"]),
        ("checkout.sessions", ["line_items", "subscription.latest_invoice", "customer"]),
    ],
)
def test_what_is_expanded_has_the_shape_of_its_kind(
    world: World, kind: str, expand: list[str]
) -> None:
    till.sign_up(world)
    service: Any = attrgetter(kind)(connect().v1)
    (found,) = service.list().data

    shown = service.retrieve(found.id, {"expand": expand}).to_dict()

    # The sandbox's fixture has looked at all of it.
    for path in expand:
        assert not isinstance(shown[path.split(".")[0]], str), path


def test_more_than_ten_things_inside_are_a_page_of_them(world: World) -> None:
    subscription = till.sign_up(world)
    client = connect()
    draft = client.v1.invoices.create({"customer": subscription.customer_id})
    for number in range(12):
        client.v1.invoice_items.create(
            {
                "customer": subscription.customer_id,
                "invoice": draft.id,
                "amount": number,
                "currency": "eur",
            }
        )

    lines = client.v1.invoices.retrieve(draft.id).lines
    assert (len(lines.data), lines.has_more) == (10, True)
    pages = client.v1.invoices.line_items.list(draft.id, {"limit": 5}).auto_paging_iter()
    assert [line.amount for line in pages] == list(range(12))
