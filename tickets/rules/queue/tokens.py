"""Commitment tokens: how many promises a client may have made (a token bucket)."""

from dataclasses import dataclass
from decimal import Decimal

WEEK = 7 * 24 * 3600 * 1_000_000


@dataclass(frozen=True)
class Bucket:
    """Tokens at an instant: ``refill`` a week, at most ``most``."""

    tokens: float
    at: int
    refill: float
    most: float

    @classmethod
    def of(cls, tokens: float, at: int, slots: int, a_week: Decimal, most: Decimal) -> "Bucket":
        """Give the bucket of so many slots: what one gets ``a_week``, and holds at ``most``."""
        return cls(tokens, at, float(a_week) * slots, float(most) * slots)

    def level(self, now: int) -> float:
        """Give the tokens at an instant."""
        return min(self.most, self.tokens + self.refill * max(0, now - self.at) / WEEK)

    def taken(self, now: int) -> "Bucket":
        """Give the bucket after one was taken; there may have to be one."""
        level = self.level(now)
        if level < 1:
            raise ValueError("no token is free")
        return Bucket(level - 1, now, self.refill, self.most)

    def charged(self, now: int) -> "Bucket":
        """Give the bucket after one was taken that may not be there: then it fills only from the
        instant on at which what is missing would have been refilled.
        """
        missing = 1 - self.level(now)
        if missing <= 0:
            return self.taken(now)
        earned = int(missing / self.refill * WEEK) if self.refill else 0
        return Bucket(0, max(now, self.at) + earned, self.refill, self.most)

    def next_at(self, now: int) -> int | None:
        """Give when one is free again; None if never."""
        missing = 1 - self.level(now)
        if missing <= 0:
            return now
        if self.refill <= 0 or self.most < 1:
            return None
        return max(now, self.at) + int(missing / self.refill * WEEK) + 1
