from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from clients.actions.events import record
from clients.models import Calendar, CalendarVersion, ClientEventKind, User
from clients.models.users import known_time_zones
from clients.queries import house_role
from clients.rules.calendars import (
    AROUND_THE_CLOCK,
    OFFICE_HOURS,
    OFFICE_WEEK,
    OPEN_WEEK,
    as_lists,
    check_hours,
)
from clients.rules.roles import require
from core.calendars import Hours
from core.errors import InvalidInput
from core.validation import check_fields, unless_taken

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_AHEAD = timedelta(days=5 * 366)


@transaction.atomic
def create_calendar(
    *,
    name: str,
    hours: Hours,
    actor: User | None,
    now: datetime,
    notes: Mapping[date, str] | None = None,
) -> Calendar:
    """Name a calendar and publish its first hours, which hold from ever.

    Raises InvalidInput for a name that is taken, and as ``publish_calendar_version`` does.
    """
    require(house_role(actor), "calendar.publish")
    check_calendar(hours=hours, notes=notes or {}, calendar_id=None, valid_from=_EVER, now=now)
    calendar = Calendar(name=name.strip())
    check_fields(calendar)
    with unless_taken(
        "clients_calendar_name_key", message="There is a calendar of this name.", field="name"
    ):
        calendar.save()
    _publish(calendar, 1, _EVER, hours, notes or {}, actor, now)
    _record(calendar, 1, actor, now)
    return calendar


@transaction.atomic
def publish_calendar_version(
    *,
    calendar_id: int,
    hours: Hours,
    actor: User | None,
    now: datetime,
    valid_from: datetime | None = None,
    notes: Mapping[date, str] | None = None,
) -> CalendarVersion:
    """Publish new hours of a calendar that hold from an instant on, from now unless given.

    ``notes`` say what its days that differ are for. What was counted until then stays as it was.
    Raises InvalidInput for hours that cannot be, and for an instant in the past, before that of the
    last version, or years ahead.
    """
    calendar = Calendar.objects.select_for_update(no_key=True).get(pk=calendar_id)
    require(house_role(actor), "calendar.publish")
    starts_at = valid_from or now
    check_calendar(
        hours=hours, notes=notes or {}, calendar_id=calendar_id, valid_from=starts_at, now=now
    )
    last = calendar.versions.latest("version")
    version = _publish(calendar, last.version + 1, starts_at, hours, notes or {}, actor, now)
    _record(calendar, version.version, actor, now)
    return version


def check_calendar(
    *,
    hours: Hours,
    notes: Mapping[date, str],
    calendar_id: int | None,
    valid_from: datetime,
    now: datetime,
) -> None:
    """Raises InvalidInput as publishing these hours would, and changes nothing.

    Without a calendar as making one would.
    """
    if hours.zone not in known_time_zones():
        raise InvalidInput("Choose a time zone such as Europe/Berlin.", field="time_zone")
    check_hours(hours, notes)
    if calendar_id is None:
        return
    last = CalendarVersion.objects.filter(calendar=calendar_id).latest("version")
    if valid_from < now:
        raise InvalidInput("New hours cannot begin in the past.", field="valid_from")
    if valid_from < last.valid_from:
        raise InvalidInput(
            "Hours that begin later are published already; new ones begin no sooner than those.",
            field="valid_from",
        )
    if valid_from > now + _MOST_AHEAD:
        raise InvalidInput("New hours begin within five years.", field="valid_from")


def _publish(
    calendar: Calendar,
    number: int,
    valid_from: datetime,
    hours: Hours,
    notes: Mapping[date, str],
    actor: User | None,
    now: datetime,
) -> CalendarVersion:
    return CalendarVersion.objects.create(
        calendar=calendar,
        version=number,
        valid_from=valid_from,
        time_zone=hours.zone,
        week=as_lists(tuple(tuple(sorted(day)) for day in hours.week)),
        exceptions=[
            [day.isoformat(), [list(each) for each in sorted(intervals)], notes.get(day, "")]
            for day, intervals in sorted(hours.exceptions)
        ],
        country=hours.country,
        subdivision=hours.subdivision,
        published_at=now,
        published_by=actor,
    )


def _record(calendar: Calendar, number: int, actor: User | None, now: datetime) -> None:
    record(
        ClientEventKind.CALENDAR_PUBLISHED,
        actor=actor,
        at=now,
        calendar=calendar,
        data={"version": number},
    )


@transaction.atomic
def make_first_calendars(*, now: datetime) -> None:
    """Make what every installation begins with: office hours, which are the house's, and 24/7.

    Does nothing where there is a house calendar.
    """
    if Calendar.objects.filter(is_house=True).exists():
        return
    house = Hours(zone=settings.OFFICE_TIME_ZONE, week=OFFICE_WEEK)
    for name, hours, is_house in (
        (OFFICE_HOURS, house, True),
        (AROUND_THE_CLOCK, Hours(zone="UTC", week=OPEN_WEEK), False),
    ):
        calendar = Calendar.objects.create(name=name, is_house=is_house)
        _publish(calendar, 1, _EVER, hours, {}, None, now)
