"""The order inside a client: base·(1 + 0.5·min(4, reach - 1)) + 4·business days waiting.

Waiting adds the same to every ticket of a client, so the order follows from what does not change:
the score at the instant from which days are counted, which is stored with the ticket.
"""

from datetime import UTC, datetime, timedelta

from core.calendars import Calendar
from tickets.rules.words import Priority

BASE = {Priority.P1: 100, Priority.P2: 40, Priority.P3: 15, Priority.P4: 5}
A_DAY = 4
BUSINESS_DAY = timedelta(hours=8)
_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def crowd(reach: int) -> float:
    """Give the factor of so many people affected: 1 for one, at most 3."""
    return 1 + 0.5 * min(4, max(0, reach - 1))


def business_days(calendar: Calendar, at: datetime) -> float:
    """Give the business days (eight open hours each) since 2020; before it negative."""
    if at < _BEGIN:
        return -(calendar.between(at, _BEGIN) / BUSINESS_DAY)
    return calendar.between(_BEGIN, at) / BUSINESS_DAY


def rank_of(priority: Priority, reach: int, received_days: float) -> float:
    """Give what is stored; ``received_days`` is ``business_days`` of its receipt."""
    return BASE[priority] * crowd(reach) - A_DAY * received_days


def score_of(rank: float, days: float) -> float:
    """Give the score at an instant; ``days`` is ``business_days`` of it."""
    return rank + A_DAY * days
