"""How pages speak about time: moments and distances in plain words, and moments that are typed."""

from datetime import UTC, datetime, tzinfo

from core.errors import InvalidInput

# The unit, its seconds, and from how many of it on it is the one to use.
_UNITS = (
    ("year", 365 * 86400, 1),
    ("month", 30 * 86400, 2),
    ("week", 7 * 86400, 2),
    ("day", 86400, 1),
    ("hour", 3600, 1),
    ("minute", 60, 1),
)
# From 9:00 to 17:00, as the promises count it.
_WORKING_DAY = 8 * 60
# A day at either end of the calendar has no name in another time zone.
_YEARS = range(2000, 2100)


def describe_moment(moment: datetime, now: datetime) -> str:
    """Name a moment as seen from ``now``; both carry the viewer's time zone.

    Days next to today get their name, others the date; the year only when it is another one.
    """
    clock = f"{moment:%H:%M}"
    days = (moment.date() - now.date()).days
    named = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days)
    if named:
        return f"{named} at {clock}"
    if moment.year == now.year:
        return f"{moment:%a %-d %b} at {clock}"
    return f"{moment:%-d %b %Y} at {clock}"


def describe_distance(moment: datetime, now: datetime) -> str:
    """Say how far a moment lies from ``now``: "in 2 hours", "3 days ago", "just now"."""
    seconds = int((moment - now).total_seconds())
    words = _amount(abs(seconds))
    if not words:
        return "just now" if seconds <= 0 else "in a moment"
    return f"in {words}" if seconds > 0 else f"{words} ago"


def describe_business_time(minutes: int) -> str:
    """Say an amount of business time in working days, hours and minutes: "1 day 4 h", "45 min"."""
    days, rest = divmod(minutes, _WORKING_DAY)
    hours, left = divmod(rest, 60)
    parts = [
        f"{days} day" if days == 1 else f"{days} days" if days else "",
        f"{hours} h" if hours else "",
        f"{left} min" if left or not minutes else "",
    ]
    return " ".join(part for part in parts if part)


def describe_open_time(minutes: int) -> str:
    """Say an amount of open time of any calendar: "1 h 17 min", "80 h"."""
    hours, left = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{left} min" if left or not hours else ""]
    return " ".join(part for part in parts if part)


def describe_hours(minutes: float) -> str:
    """Say an amount of time in hours, or in minutes below one: "45 min", "1.5 h", "120 h"."""
    if 0 < minutes < 60:
        return f"{round(minutes)} min"
    hours = minutes / 60
    return f"{round(hours):,} h" if hours >= 20 else f"{round(hours, 1):g} h"


def read_moment(text: str, zone: tzinfo, *, field: str) -> datetime:
    """Read a day and time as ``zone`` shows them, or with an offset of its own; gives it in UTC.

    Raises InvalidInput for what is no moment of this century.
    """
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput("Give the day and the time.", field=field) from None
    if given.year not in _YEARS:
        raise InvalidInput("Give a day of this century.", field=field)
    # PostgreSQL takes fewer offsets than Python.
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def _amount(seconds: int) -> str:
    for unit, size, least in _UNITS:
        count = seconds // size
        if count >= least:
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return ""
