"""Money: an exact decimal amount in one currency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import total_ordering

_CODE = re.compile(r"[A-Z]{3}")
# ISO 4217, minor units: every currency not named here has two digits.
_NO_DIGITS = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
)  # fmt: skip
_THREE_DIGITS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DIGITS = dict.fromkeys(_NO_DIGITS, 0) | dict.fromkeys(_THREE_DIGITS, 3)


def minor_digits(currency: str) -> int:
    """Tell how many decimal places the currency's smallest unit has (ISO 4217)."""
    return _DIGITS.get(currency, 2)


class CurrencyMismatch(TypeError):
    """Two amounts of different currencies met."""


@total_ordering
@dataclass(frozen=True)
class Money:
    """An amount in a currency's major unit (``Money("49.90", "EUR")``).

    Refuses floats, more decimal places than the currency has, and arithmetic across currencies.
    """

    amount: Decimal
    currency: str

    def __init__(self, amount: Decimal | int | str, currency: str) -> None:
        if isinstance(amount, float) or not isinstance(amount, Decimal | int | str):
            raise TypeError("Money takes a Decimal, an int or a string, never a float")
        if not _CODE.fullmatch(currency):
            raise ValueError(f"not an ISO 4217 currency code: {currency!r}")
        try:
            exact = Decimal(amount)
            rounded = exact.quantize(Decimal(1).scaleb(-minor_digits(currency)))
        except InvalidOperation:
            raise ValueError(f"not an amount of money: {str(amount)[:40]!r}") from None
        if not exact.is_finite():
            raise ValueError("Money must be a finite amount")
        if exact != rounded:
            raise ValueError(f"{exact} has more decimal places than {currency} knows")
        object.__setattr__(self, "amount", rounded)
        object.__setattr__(self, "currency", currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not mix")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, count: int) -> Money:
        if not isinstance(count, int):
            raise TypeError("Money is multiplied by whole numbers; use split for shares")
        return Money(self.amount * count, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.amount:,f} {self.currency}"

    def split(self, weights: list[int]) -> list[Money]:
        """Split by whole-number weights; the parts sum to the whole.

        The cents left over go to the largest remainders first (Hamilton's method), ties to the
        earlier part. Refuses negative weights and weights that sum to nothing.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must be non-negative whole numbers with a positive sum")
        scale = minor_digits(self.currency)
        units = int(self.amount.scaleb(scale))
        shares = [units * weight // total for weight in weights]
        left = units - sum(shares)
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(units * weights[i] % total), i))
        for index in by_remainder[:left]:
            shares[index] += 1
        return [Money(Decimal(share).scaleb(-scale), self.currency) for share in shares]
