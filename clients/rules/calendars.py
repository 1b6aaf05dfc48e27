"""The calendars every installation begins with."""

from core.calendars import ALWAYS, Day, Hours

OFFICE_HOURS = "Office hours"
AROUND_THE_CLOCK = "Around the clock"
OFFICE_DAY: Day = ((9 * 60, 17 * 60),)
OFFICE_WEEK: tuple[Day, ...] = (OFFICE_DAY,) * 5 + ((),) * 2
OPEN_WEEK: tuple[Day, ...] = (ALWAYS,) * 7


def office_hours(zone: str) -> Hours:
    """Give Monday to Friday, 9:00 to 17:00, of a time zone."""
    return Hours(zone=zone, week=OFFICE_WEEK)


def as_lists(week: tuple[Day, ...]) -> list[list[list[int]]]:
    """Give a week as it is stored."""
    return [[[begin, end] for begin, end in day] for day in week]
