from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import CurrencyMismatch, Money, minor_digits

currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLP"])
cents = st.integers(-(10**15), 10**15)


@st.composite
def moneys(draw: st.DrawFn, currency: str | None = None) -> Money:
    code = currency or draw(currencies)
    return Money(Decimal(draw(cents)).scaleb(-minor_digits(code)), code)


@pytest.mark.parametrize("amount", [1.5, 0.1, 1.0, float("nan"), None, b"1", [1]])
def test_money_takes_no_floats_nor_other_things(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "abc", "", "1e40", "9" * 40])
def test_an_amount_that_is_no_plain_number_is_a_value_error(amount: str) -> None:
    with pytest.raises(ValueError):
        Money(amount, "EUR")


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.001", "EUR"), ("0.5", "JPY"), ("1.0001", "KWD")]
)
def test_more_places_than_the_currency_knows_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="decimal places"):
        Money(amount, currency)


@pytest.mark.parametrize("code", ["eur", "EU", "EURO", "", "€", "EUR "])
def test_a_currency_is_an_iso_code(code: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, code)


def test_currencies_do_not_mix() -> None:
    for mix in (
        lambda: Money(1, "EUR") + Money(1, "USD"),
        lambda: Money(1, "EUR") - Money(1, "USD"),
        lambda: Money(1, "EUR") < Money(1, "USD"),
        lambda: Money(1, "EUR") >= Money(1, "USD"),
    ):
        with pytest.raises(CurrencyMismatch):
            mix()
    assert Money(1, "EUR") != Money(1, "USD")


def test_money_is_multiplied_by_whole_numbers_only() -> None:
    assert Money("1.10", "EUR") * 3 == Money("3.30", "EUR")
    with pytest.raises(TypeError):
        Money("1.10", "EUR") * 0.5  # type: ignore[operator]


def test_equal_amounts_are_one_however_written() -> None:
    assert Money("49.9", "EUR") == Money("49.90", "EUR")
    assert hash(Money("49.9", "EUR")) == hash(Money("49.90", "EUR"))
    assert str(Money("1234.5", "EUR")) == "1,234.50 EUR"
    assert str(Money(1234, "JPY")) == "1,234 JPY"


@given(moneys(), st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_splitting_loses_nothing_and_is_fair(whole: Money, weights: list[int]) -> None:
    parts = whole.split(weights)
    assert sum((part.amount for part in parts), Decimal()) == whole.amount
    step = Decimal(1).scaleb(-minor_digits(whole.currency))
    for part, weight in zip(parts, weights, strict=True):
        exact = whole.amount * weight / sum(weights)
        assert abs(part.amount - exact) < step
        assert weight or not part


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [-1, 2]])
def test_weights_that_share_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError):
        Money(1, "EUR").split(weights)


@given(moneys("EUR"), moneys("EUR"))
def test_adding_and_taking_away_are_exact(one: Money, other: Money) -> None:
    assert one + other - other == one
    assert one + -one == other - other
    assert (one < other) == (other > one)
    assert bool(one) == (one.amount != 0)
