"""Business time: Monday to Friday, 9:00 to 17:00 of one time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(9), time(17)
_SATURDAY = 5


def add_business_minutes(start: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """Give the instant at which so many business minutes have passed since ``start`` (aware).

    Exact across daylight saving: the minutes between two instants are elapsed ones. Takes one step
    a day. Refuses negative minutes.
    """
    if minutes < 0:
        raise ValueError("business minutes cannot be negative")
    left = timedelta(minutes=minutes)
    day = start.astimezone(zone).date()
    while True:
        opens, closes = _office_day(day, zone)
        begin = max(start.astimezone(UTC), opens)
        if begin < closes and left <= closes - begin:
            return begin + left
        if begin < closes:
            left -= closes - begin
        day += timedelta(days=1)


def _office_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give the day's first and last business instant; the same one on a weekend."""
    opens = datetime.combine(day, OPENS, zone).astimezone(UTC)
    if day.weekday() >= _SATURDAY:
        return opens, opens
    return opens, datetime.combine(day, CLOSES, zone).astimezone(UTC)
