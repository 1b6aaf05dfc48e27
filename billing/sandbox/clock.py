"""The sandbox's time, which can be moved forwards, and months counted as Stripe counts them."""

import time
from calendar import monthrange
from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Clock:
    """Whole seconds since 1970. It runs with the machine's, or stands still from ``start`` on."""

    def __init__(self, start: int | None = None, *, ahead: int = 0) -> None:
        self.stands_at = start
        self.ahead = ahead

    def now(self) -> int:
        """Tell the present second."""
        if self.stands_at is not None:
            return self.stands_at
        return int(time.time()) + self.ahead

    def move_to(self, instant: int) -> None:
        """Go forward to an instant; what is past stays where it is."""
        if self.stands_at is not None:
            self.stands_at = max(self.stands_at, instant)
        else:
            self.ahead += max(0, instant - self.now())


def later(anchor: int, *, interval: str, count: int) -> int:
    """Give the instant ``count`` intervals after the anchor (UTC).

    A month without the anchor's day ends on its last one, and the next has the day again (docs:
    Billing cycle).
    """
    if interval in ("day", "week"):
        return anchor + count * DAY * (7 if interval == "week" else 1)
    months = count * (12 if interval == "year" else 1)
    begun = datetime.fromtimestamp(anchor, UTC)
    year, month = divmod(begun.year * 12 + begun.month - 1 + months, 12)
    day = min(begun.day, monthrange(year, month + 1)[1])
    return int(begun.replace(year=year, month=month + 1, day=day).timestamp())


def period_around(anchor: int, instant: int, *, interval: str, every: int) -> tuple[int, int]:
    """Give the period of the cycle from the anchor that the instant falls into, end exclusive."""
    count = 0
    while later(anchor, interval=interval, count=(count + 1) * every) <= instant:
        count += 1
    while later(anchor, interval=interval, count=count * every) > instant:
        count -= 1
    begin = later(anchor, interval=interval, count=count * every)
    return begin, later(anchor, interval=interval, count=(count + 1) * every)
