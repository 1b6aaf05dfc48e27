"""Calendars: kept in each process, and never older than the newest version."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Calendar, CalendarVersion, Client
from clients.queries import calendar_of, house_calendar, terms_of
from clients.rules.calendars import OPEN_WEEK, as_lists, office_hours
from tests import factories

WEDNESDAY = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


def another_version(calendar: Calendar) -> CalendarVersion:
    return CalendarVersion.objects.create(
        calendar=calendar, version=2, valid_from=WEDNESDAY, time_zone="UTC",
        week=as_lists(OPEN_WEEK), published_at=WEDNESDAY,
    )  # fmt: skip


def test_the_house_keeps_office_hours_until_others_are_published(db: None) -> None:
    assert house_calendar().versions[0][1] == office_hours(settings.OFFICE_TIME_ZONE)
    house = Calendar.objects.get(is_house=True)
    assert calendar_of(house.pk) == calendar_of(None) == house_calendar()
    with CaptureQueriesContext(connection) as asked:
        house_calendar()
    assert len(asked) == 1

    another_version(house)
    assert [since for since, _ in house_calendar().versions][1:] == [WEDNESDAY]


def test_a_calendar_that_is_not_there_is_not_made_up(db: None) -> None:
    with pytest.raises(KeyError):
        calendar_of(10**9)


def test_the_clock_round_is_a_calendar_too(db: None) -> None:
    always = calendar_of(Calendar.objects.get(is_house=False).pk)
    saturday = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
    assert always.add_minutes(saturday, 90) == datetime(2026, 11, 22, 1, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "is_served"),
    [("draft", False), ("trialing", True), ("active", True), ("paused", False),
     ("past_due", True), ("suspended", False), ("ended", False)],
)  # fmt: skip
def test_terms_are_those_of_a_served_retainer(state: str, is_served: bool, db: None) -> None:
    client: Client = factories.make_client()
    retainer = factories.make_retainer(client=client, state=state, now=timezone.now())
    terms = terms_of(client.pk)
    assert (terms is not None) is is_served
    if terms:
        assert terms.plan_version_id == retainer.plan_version_id
        assert sorted(terms.targets) == ["P1", "P2", "P3", "P4"]
        assert terms.targets["P1"].first_response_minutes == 60
