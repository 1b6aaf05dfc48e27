"""Customers, products and prices through the real client."""

import pytest

from billing.gateways.stripe import catalogue, customers
from billing.gateways.stripe.errors import StripeRefused
from billing.sandbox.world import World
from core.money import Money


def _product() -> str:
    made = catalogue.create_product(name="Care", metadata={"plan": "7"}, key="op:product")
    return made.id


def _price(product_id: str, amount: Money, *, lookup_key: str = "care-1") -> str:
    return catalogue.create_price(
        product_id=product_id,
        amount=amount,
        lookup_key=lookup_key,
        metadata={"plan_version": "1"},
        key=f"op:{lookup_key}",
    ).id


def test_a_customer_is_made_changed_and_read(world: World) -> None:
    made = customers.create_customer(
        name="Acme", email="ops@acme.test", metadata={"client": "3"}, key="op:1"
    )

    customers.update_customer(customer_id=made.id, name="Acme Ltd", email="new@acme.test", key="2")

    found = customers.get_customer(made.id)
    assert (found.name, found.email, found.metadata) == (
        "Acme Ltd",
        "new@acme.test",
        {"client": "3"},
    )
    assert found.default_card_id == ""
    assert found.balance is None


def test_a_product_is_read_as_it_was_made(world: World) -> None:
    product_id = _product()

    found = catalogue.get_product(product_id)

    assert (found.name, found.is_active, found.metadata) == ("Care", True, {"plan": "7"})


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        (Money("490.00", "EUR"), 49000),
        (Money(60000, "JPY"), 60000),
        (Money(70000, "ISK"), 7_000_000),
        (Money("150.500", "KWD"), 150_500),
    ],
)
def test_a_price_keeps_its_amount_in_any_currency(world: World, amount: Money, units: int) -> None:
    price_id = _price(_product(), amount)

    found = catalogue.get_price(price_id)

    assert found.amount == amount
    assert (found.interval, found.interval_count, found.is_active) == ("month", 1, True)
    assert world.store.get("price", price_id)["unit_amount"] == units


def test_a_price_is_found_by_its_lookup_key(world: World) -> None:
    price_id = _price(_product(), Money(490, "EUR"))

    found = catalogue.find_price("care-1")

    assert found is not None
    assert found.id == price_id
    assert catalogue.find_price("care-2") is None


def test_a_lookup_key_belongs_to_one_price(world: World) -> None:
    product_id = _product()
    _price(product_id, Money(490, "EUR"))

    with pytest.raises(StripeRefused, match="already uses that lookup key"):
        catalogue.create_price(
            product_id=product_id,
            amount=Money(590, "EUR"),
            lookup_key="care-1",
            metadata={},
            key="op:other",
        )


def test_an_archived_price_is_still_found(world: World) -> None:
    price_id = _price(_product(), Money(490, "EUR"))

    catalogue.archive_price(price_id=price_id, key="op:archive")

    found = catalogue.find_price("care-1")
    assert found is not None
    assert not found.is_active


def test_a_setup_fee_is_a_price_without_an_interval(world: World) -> None:
    made = catalogue.create_price(
        product_id=_product(),
        amount=Money(250, "EUR"),
        lookup_key="setup",
        metadata={},
        key="op:setup",
        interval=None,
    )

    assert made.interval == ""
