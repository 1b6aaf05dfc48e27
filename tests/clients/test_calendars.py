"""Calendars: published in versions, kept in each process, never older than the newest version."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.actions import (
    KeyChanged,
    create_calendar,
    publish_calendar_version,
    recall_api_key,
    set_retainer_state,
    use_api_key,
)
from clients.models import (
    ApiKey,
    Calendar,
    CalendarVersion,
    Client,
    ClientEvent,
    Project,
    User,
)
from clients.queries import calendar_of, house_calendar, terms_of
from clients.rules.calendars import OFFICE_WEEK, OPEN_WEEK, as_lists, office_hours
from core.calendars import ALWAYS, Day, Hours
from core.errors import InvalidInput
from tests import factories
from tickets.models import Report, Source

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


# --- publishing --------------------------------------------------------------------------------

LUNCH: Day = ((540, 720), (780, 1020))
CHRISTMAS = date(2026, 12, 24)


def house() -> Calendar:
    return Calendar.objects.get(is_house=True)


def test_new_hours_hold_from_their_beginning_on(ops_admin: User, now: datetime) -> None:
    start = now + timedelta(days=3)
    hours = Hours("UTC", (LUNCH, *OPEN_WEEK[1:]), ((CHRISTMAS, ((600, 840),)),), "DE", "BY")
    before = house_calendar().versions[0][1]
    version = publish_calendar_version(
        calendar_id=house().pk, hours=hours, valid_from=start, actor=ops_admin, now=now,
        notes={CHRISTMAS: "Christmas Eve"},
    )  # fmt: skip
    assert (version.version, version.published_by, version.hours) == (2, ops_admin, hours)
    assert version.exceptions == [["2026-12-24", [[600, 840]], "Christmas Eve"]]
    assert house_calendar().versions[0][1] == before
    assert house_calendar().versions[1] == (start, hours)
    event = ClientEvent.objects.latest("pk")
    assert (event.kind, event.calendar, event.data) == (
        "calendar.published", house(), {"version": 2}
    )  # fmt: skip


def test_what_was_counted_stays_when_hours_change(ops_admin: User, now: datetime) -> None:
    past = now - timedelta(days=30)
    before = house_calendar().between(past, now)
    publish_calendar_version(
        calendar_id=house().pk, hours=Hours("UTC", OPEN_WEEK), actor=ops_admin, now=now
    )
    assert house_calendar().between(past, now) == before
    assert house_calendar().minutes_between(now, now + timedelta(days=7)) == 7 * 1440


def test_a_new_calendar_counts_from_ever(ops_admin: User, now: datetime) -> None:
    calendar = create_calendar(
        name=" Late shift ", hours=office_hours("Asia/Tokyo"), actor=ops_admin, now=now
    )
    assert (calendar.name, calendar.is_house) == ("Late shift", False)
    tuesday = datetime(2020, 1, 7, 0, 0, tzinfo=UTC)
    assert calendar_of(calendar.pk).minutes_between(tuesday, tuesday + timedelta(days=1)) == 480
    assert ClientEvent.objects.latest("pk").calendar == calendar
    with pytest.raises(InvalidInput) as refusal:
        create_calendar(name="Late shift", hours=office_hours("UTC"), actor=ops_admin, now=now)
    assert refusal.value.field == "name"


def week(monday: Day) -> tuple[Day, ...]:
    return (monday, *OFFICE_WEEK[1:])


def closed(count: int) -> tuple[tuple[date, Day], ...]:
    return tuple((CHRISTMAS + timedelta(days=each), ()) for each in range(count))


ABSURD: list[tuple[dict[str, Any], str]] = [
    ({"zone": "Mars/Olympus"}, "time_zone"),
    ({"zone": ""}, "time_zone"),
    ({"zone": "../../etc/passwd"}, "time_zone"),
    ({"week": OFFICE_WEEK[:6]}, "week"),
    ({"week": ((),) * 7}, "week"),
    ({"week": (((540, 1019),), *((),) * 6)}, "week"),
    ({"week": week(((600, 540),))}, "week"),
    ({"week": week(((540, 540),))}, "week"),
    ({"week": week(((540, 720), (719, 800)))}, "week"),
    ({"week": week(((700, 800), (540, 720)))}, "week"),
    ({"week": week(((540, 1441),))}, "week"),
    ({"week": week(((-1, 540),))}, "week"),
    ({"week": week(tuple((60 * hour, 60 * hour + 30) for hour in range(7)))}, "week"),
    ({"exceptions": ((CHRISTMAS, ((600, 540),)),)}, "exceptions"),
    ({"exceptions": ((CHRISTMAS, ()), (CHRISTMAS, ALWAYS))}, "exceptions"),
    ({"exceptions": ((date(1, 1, 1), ()),)}, "exceptions"),
    ({"exceptions": ((date(9999, 12, 31), ()),)}, "exceptions"),
    ({"exceptions": closed(101)}, "exceptions"),
    ({"country": "XX"}, "country"),
    ({"country": "Germany"}, "country"),
    ({"country": "DE", "subdivision": "XX"}, "subdivision"),
    ({"subdivision": "BY"}, "subdivision"),
]


@pytest.mark.parametrize(("change", "field"), ABSURD)
def test_hours_that_cannot_be_are_refused(
    ops_admin: User, now: datetime, change: dict[str, Any], field: str
) -> None:
    hours = Hours(**{"zone": "UTC", "week": OFFICE_WEEK, **change})
    for refuse in (
        partial(publish_calendar_version, calendar_id=house().pk),
        partial(create_calendar, name="Another"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            refuse(hours=hours, actor=ops_admin, now=now)
        assert refusal.value.field == field
    assert CalendarVersion.objects.count() == 2


@pytest.mark.parametrize("note", ["x" * 81, "two\nlines", "nul\x00", "\ud800", "\u200b"])
def test_a_note_that_cannot_be_shown_is_refused(ops_admin: User, now: datetime, note: str) -> None:
    hours = Hours("UTC", OFFICE_WEEK, closed(1))
    with pytest.raises(InvalidInput) as refusal:
        publish_calendar_version(
            calendar_id=house().pk, hours=hours, notes={CHRISTMAS: note}, actor=ops_admin, now=now
        )
    assert refusal.value.field == "exceptions"


@pytest.mark.parametrize("days", [-1 / 86400, -3000, 6 * 366])
def test_hours_begin_neither_in_the_past_nor_years_ahead(
    ops_admin: User, now: datetime, days: float
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        publish_calendar_version(
            calendar_id=house().pk, hours=office_hours("UTC"), actor=ops_admin, now=now,
            valid_from=now + timedelta(days=days),
        )  # fmt: skip
    assert refusal.value.field == "valid_from"


def test_hours_begin_no_sooner_than_those_published_last(ops_admin: User, now: datetime) -> None:
    def publish(days: int | None) -> CalendarVersion:
        return publish_calendar_version(
            calendar_id=house().pk, hours=office_hours("UTC"), actor=ops_admin, now=now,
            valid_from=None if days is None else now + timedelta(days=days),
        )  # fmt: skip

    publish(10)
    for sooner in (9, None):
        with pytest.raises(InvalidInput) as refusal:
            publish(sooner)
        assert refusal.value.field == "valid_from"
    assert publish(10).version == 3


# --- across processes --------------------------------------------------------------------------


@contextmanager
def elsewhere() -> Iterator[Callable[[int], object]]:
    """Publish as another process does, which commits in the end; nobody here hears of it."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        yield lambda calendar_id: other.execute(
            """
            INSERT INTO clients_calendarversion (calendar_id, version, valid_from, time_zone, week,
                exceptions, country, subdivision, published_at)
            VALUES (%s, 2, now(), 'UTC', %s, '[]', '', '', now())
            """,
            [calendar_id, json.dumps(as_lists(OPEN_WEEK))],
        )


@pytest.mark.django_db(transaction=True)
def test_a_version_of_another_process_counts_at_once() -> None:
    assert len(house_calendar().versions) == 1
    with elsewhere() as publish:
        publish(house().pk)
        assert len(house_calendar().versions) == 1
    assert len(house_calendar().versions) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_versions_published_at_once_the_one_seen_last_counts_too() -> None:
    other = Calendar.objects.get(is_house=False)
    with elsewhere() as publish:
        publish(other.pk)
        with elsewhere() as publish_sooner:
            publish_sooner(house().pk)
        assert len(house_calendar().versions) == 2
        assert len(calendar_of(other.pk).versions) == 1
    assert len(calendar_of(other.pk).versions) == 2


# --- what a key was told -----------------------------------------------------------------------


def recalled(token: str, now: datetime) -> ApiKey:
    use_api_key(token=token, now=now)
    key = recall_api_key(token=token, now=now)
    assert key is not None
    return key


def test_a_recalled_key_promises_by_the_calendar_of_its_plan(
    project: Project, api_token: str, acme: Client
) -> None:
    always = Calendar.objects.get(is_house=False)
    set_retainer_state(
        retainer_id=acme.retainers.get().pk, state="ended", actor=None, now=WEDNESDAY
    )
    version = factories.make_plan_version(targets=factories.make_targets(always))
    factories.make_retainer(client=acme, plan_version=version)
    saturday = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    key = recalled(api_token, saturday)
    calendar_of(always.pk)
    with CaptureQueriesContext(connection) as asked:
        report = factories.make_report(project, actor=key, source=Source.API, now=saturday)
    assert report.respond_by_at == saturday + timedelta(minutes=480)
    assert sum("SAVEPOINT" not in row["sql"] for row in asked) == 1
    by_mail = factories.make_report(project, now=saturday)
    assert by_mail.respond_by_at == report.respond_by_at


def change_calendar(acme: Client, now: datetime) -> None:
    publish_calendar_version(
        calendar_id=house().pk, hours=Hours("UTC", OPEN_WEEK), actor=None, now=now
    )


def change_terms(acme: Client, now: datetime) -> None:
    set_retainer_state(retainer_id=acme.retainers.get().pk, state="ended", actor=None, now=now)
    version = factories.make_plan_version(
        targets=factories.make_targets(Calendar.objects.get(is_house=False)), now=now
    )
    factories.make_retainer(client=acme, plan_version=version, now=now)


@pytest.mark.parametrize("change", [change_calendar, change_terms])
def test_a_recalled_key_files_nothing_by_terms_or_calendars_that_changed(
    change: Callable[[Client, datetime], None],
    project: Project, acme: Client, api_token: str, now: datetime,
) -> None:  # fmt: skip
    key = recalled(api_token, now)
    change(acme, now)
    with pytest.raises(KeyChanged):
        factories.make_report(project, actor=key, source=Source.API, now=now)
    assert not Report.objects.exists()
    key = recalled(api_token, now)
    factories.make_report(project, actor=key, source=Source.API, now=now)
