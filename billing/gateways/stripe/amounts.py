"""Stripe's minor units: the only place where amounts become whole numbers, and back.

Docs: "Supported currencies", Zero-decimal, Special cases and Three-decimal currencies.
"""

from decimal import Decimal

from core.errors import InvalidInput
from core.money import Money

# MGA has two digits by ISO 4217, but a fifth of an ariary is no amount to Stripe.
_NO_DIGITS = (
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
)  # fmt: skip
_THREE_DIGITS = ("BHD", "JOD", "KWD", "OMR", "TND")
# Sent with two digits, which must be zeros.
_WHOLE_ONLY = ("ISK", "UGX")
# Stripe: at most eight digits.
_MOST = 99_999_999


class AmountRefused(InvalidInput):
    """Stripe cannot take this amount in this currency."""


def to_minor(money: Money) -> int:
    """Give the amount in the units that Stripe counts in.

    Refuses what Stripe would: parts of an ariary, a third digit other than zero in three-decimal
    currencies, and more than eight digits.
    """
    units = money.amount.scaleb(_digits(money.currency))
    if units != units.to_integral_value():
        raise AmountRefused(f"{money} has a part that Stripe does not know.")
    if money.currency in _THREE_DIGITS and units % 10:
        raise AmountRefused(f"Stripe takes amounts in {money.currency} only to two digits.")
    if abs(units) > _MOST:
        raise AmountRefused(f"{money} is more than Stripe takes at once.")
    return int(units)


def from_minor(units: int, currency: str) -> Money:
    """Give an amount of Stripe's as money; its currency codes are in small letters."""
    code = currency.upper()
    amount = Decimal(units).scaleb(-_digits(code))
    if code in _WHOLE_ONLY:
        # Fees and prorations may come out with a fraction that the currency does not have.
        amount = amount.to_integral_value()
    return Money(amount, code)


def _digits(code: str) -> int:
    if code in _NO_DIGITS:
        return 0
    return 3 if code in _THREE_DIGITS else 2
