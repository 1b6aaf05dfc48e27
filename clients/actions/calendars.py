from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction

from clients.models import Calendar, CalendarVersion
from clients.rules.calendars import (
    AROUND_THE_CLOCK,
    OFFICE_HOURS,
    OFFICE_WEEK,
    OPEN_WEEK,
    as_lists,
)
from core.calendars import Day

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@transaction.atomic
def make_first_calendars(*, now: datetime) -> None:
    """Make what every installation begins with: office hours, which are the house's, and 24/7.

    Does nothing where there is a house calendar.
    """
    if Calendar.objects.filter(is_house=True).exists():
        return
    _first(OFFICE_HOURS, OFFICE_WEEK, settings.OFFICE_TIME_ZONE, now, is_house=True)
    _first(AROUND_THE_CLOCK, OPEN_WEEK, "UTC", now)


def _first(
    name: str, week: tuple[Day, ...], zone: str, now: datetime, *, is_house: bool = False
) -> None:
    calendar = Calendar.objects.create(name=name, is_house=is_house)
    CalendarVersion.objects.create(
        calendar=calendar,
        version=1,
        valid_from=_EVER,
        time_zone=zone,
        week=as_lists(week),
        published_at=now,
    )
