"""Amounts cross to Stripe and back without losing or gaining a cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.gateways.stripe.amounts import AmountRefused, from_minor, to_minor
from core.money import Money


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("49.90", "EUR", 4990),
        ("0.01", "USD", 1),
        ("-12.34", "EUR", -1234),
        ("500", "JPY", 500),
        ("500", "MGA", 500),
        ("500", "KRW", 500),
        ("500", "ISK", 50000),
        ("500", "UGX", 50000),
        ("5.120", "KWD", 5120),
        ("5.12", "TND", 5120),
        ("10.00", "HUF", 1000),
        ("999999.99", "USD", 99_999_999),
    ],
)
def test_each_kind_of_currency_has_its_units(amount: str, currency: str, units: int) -> None:
    money = Money(amount, currency)

    assert to_minor(money) == units
    assert from_minor(units, currency.lower()) == money


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("500.20", "MGA", "does not know"),
        ("5.123", "KWD", "only to two digits"),
        ("1000000.00", "USD", "more than Stripe takes"),
        ("100000000", "JPY", "more than Stripe takes"),
    ],
)
def test_what_stripe_would_refuse_is_refused_before_it_is_sent(
    amount: str, currency: str, words: str
) -> None:
    with pytest.raises(AmountRefused, match=words):
        to_minor(Money(amount, currency))


def test_a_fraction_of_a_krona_that_stripe_worked_out_becomes_a_whole_one() -> None:
    assert from_minor(1234, "isk") == Money(12, "ISK")
    assert from_minor(1267, "isk") == Money(13, "ISK")


CURRENCIES = ("EUR", "USD", "JPY", "KRW", "MGA", "ISK", "UGX", "KWD", "BHD", "XPF", "HUF", "TWD")


@given(
    cents=some.integers(min_value=-99_999_900, max_value=99_999_900),
    currency=some.sampled_from(CURRENCIES),
)
def test_whatever_stripe_takes_comes_back_as_it_was(cents: int, currency: str) -> None:
    money = from_minor(cents, currency.lower())
    try:
        units = to_minor(money)
    except AmountRefused:
        assert currency in ("KWD", "BHD")
        assert cents % 10
        return
    assert from_minor(units, currency.lower()) == money
    if currency not in ("ISK", "UGX"):
        assert units == cents


@given(
    first=some.integers(min_value=0, max_value=400_000),
    second=some.integers(min_value=0, max_value=400_000),
    currency=some.sampled_from(("EUR", "JPY", "ISK", "KWD")),
)
def test_sums_are_the_same_on_both_sides(first: int, second: int, currency: str) -> None:
    step = Decimal(10 if currency == "JPY" else 1) / (1 if currency in ("JPY", "ISK") else 100)
    one, other = Money(first * step, currency), Money(second * step, currency)

    assert to_minor(one + other) == to_minor(one) + to_minor(other)
