"""The console's pages of calendars: the list, the editor, its preview, and who may publish."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from clients.actions import create_calendar, publish_calendar_version
from clients.models import Calendar, CalendarVersion, User
from clients.rules.calendars import OFFICE_WEEK, office_hours
from core.calendars import Hours
from tests.console import post, said
from tests.factories import make_plan_version, make_targets
from tests.portal import signed_in


@pytest.fixture(autouse=True)
def one_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


LIST = "/console/calendars/"
NEW = "/console/calendars/new/"
LUNCH = ((540, 720), (780, 1020))


def house() -> Calendar:
    return Calendar.objects.get(is_house=True)


def page(calendar: Calendar | None = None) -> str:
    return f"{LIST}{(calendar or house()).pk}/"


def hours(**changes: Any) -> dict[str, Any]:
    """Give the form: lunch breaks from Monday to Friday in Lisbon, and Christmas Eve until two."""
    days: dict[str, Any] = {}
    for place in range(7):
        is_open = place < 5
        days[f"day{place}_from"] = ["09:00", "13:00", ""] if is_open else ["", "", ""]
        days[f"day{place}_to"] = ["12:00", "17:00", ""] if is_open else ["", "", ""]
    return {
        "time_zone": "Europe/Lisbon", "country": "PT", "subdivision": "", "valid_from": "", **days,
        "ex0_day": "2026-12-24", "ex0_note": "Christmas Eve",
        "ex0_from": ["09:00", ""], "ex0_to": ["14:00", ""],
        "ex1_day": "2026-12-31", "ex1_note": "", "ex1_from": ["", ""], "ex1_to": ["", ""],
        "ex2_day": "", "ex2_note": "", "ex2_from": ["", ""], "ex2_to": ["", ""],
        **changes,
    }  # fmt: skip


def test_hours_are_published_as_they_were_typed(ops_admin: User) -> None:
    answer = post(ops_admin, page(), "publish", **hours())

    assert "v2 is published" in said(answer)
    version = house().versions.get(version=2)
    assert version.hours == Hours(
        "Europe/Lisbon",
        (LUNCH,) * 5 + ((),) * 2,
        ((date(2026, 12, 24), ((540, 840),)), (date(2026, 12, 31), ())),
        "PT",
    )
    shown = answer.content.decode()
    assert "Mon–Fri 9:00–12:00, 13:00–17:00" in shown
    assert "holidays of Portugal" in shown
    assert 'value="Christmas Eve"' in shown


def test_midnight_ends_a_day_and_twice_is_all_of_it(ops_admin: User) -> None:
    changes = {"day5_from": "00:00", "day5_to": "00:00", "day6_from": "22:30", "day6_to": "00:00"}
    post(ops_admin, page(), "publish", **hours(**changes))

    week = house().versions.get(version=2).hours.week
    assert week[5:] == (((0, 1440),), ((1350, 1440),))
    shown = signed_in(ops_admin).get(page()).content.decode()
    assert "Sat all day" in shown and "Sun 22:30–24:00" in shown


def test_hours_begin_at_the_viewers_own_time(ops_admin: User, now: datetime) -> None:
    ops_admin.time_zone = "Asia/Tokyo"
    ops_admin.save()
    day = (now + timedelta(days=40)).date()
    post(ops_admin, page(), "publish", **hours(valid_from=f"{day}T09:00"))

    start = house().versions.get(version=2).valid_from
    assert start == datetime(day.year, day.month, day.day, tzinfo=UTC)
    shown = signed_in(ops_admin).get(page()).content.decode()
    assert "to come" in shown and "holds now" in shown


def test_a_calendar_is_made_and_can_be_chosen_for_a_plan(ops_admin: User) -> None:
    answer = post(ops_admin, NEW, "publish", **hours(name="Lisbon"))

    lisbon = Calendar.objects.get(name="Lisbon")
    assert answer.redirect_chain[-1][0] == page(lisbon)
    make_plan_version(name="Steady", targets=make_targets(lisbon))
    assert ">Lisbon</option>" in signed_in(ops_admin).get("/console/plans/").content.decode()
    shown = signed_in(ops_admin).get(LIST).content.decode()
    assert "Steady" in shown and "published Lisbon v1" in shown


@pytest.mark.parametrize("do", ["preview", "publish"])
@pytest.mark.parametrize(
    "sent",
    [
        {"time_zone": "Mars/Olympus"}, {"time_zone": ""}, {"country": "XX"},
        {"subdivision": "\x00"}, {"day0_from": "9"}, {"day0_from": "25:00"}, {"day0_to": "12:60"},
        {"day0_from": "17:00"}, {"day0_to": ""}, {"day0_from": "²:00"}, {"day0_from": "9" * 9999},
        {"day0_from": ["09:00"] * 40, "day0_to": ["10:00"] * 40},
        {"day0_from": ["09:00", "11:59"], "day0_to": ["12:00", "13:00"]},
        {"ex0_day": "24 December"}, {"ex0_day": "0001-01-01"}, {"ex0_day": "9999-12-31"},
        {"ex0_day": ""}, {"ex1_day": "2026-12-24"}, {"ex0_note": "x" * 81},
        {"ex0_note": "nul\x00"}, {"ex0_to": "08:00"}, {"valid_from": "2001-01-01T00:00"},
        {"valid_from": "soon"}, {"valid_from": "9999-12-31T23:59"},
        {"valid_from": "0001-01-01T00:00"},
        {f"ex{place}_day": f"20{place % 90 + 10}-01-{place // 90 + 10}" for place in range(101)},
    ],
)  # fmt: skip
def test_hours_that_cannot_be_are_refused_and_stay_typed(
    sent: dict[str, Any], do: str, ops_admin: User
) -> None:
    answer = post(ops_admin, page(), do, **hours(**sent))

    assert answer.status_code == 400
    assert said(answer)
    assert CalendarVersion.objects.count() == 2
    assert 'value="13:00"' in answer.content.decode()


def test_a_name_is_needed_and_taken_once(ops_admin: User) -> None:
    for name in ("", "   ", "x" * 81, "Office hours", "\u200b"):
        answer = post(ops_admin, NEW, "publish", **hours(name=name))
        assert answer.status_code == 400, name
        assert said(answer), name
    assert Calendar.objects.count() == 2


def test_a_preview_shows_what_would_hold_and_changes_nothing(ops_admin: User) -> None:
    answer = post(ops_admin, page(), "preview", **hours(country="DE", subdivision="BY"))

    shown = answer.content.decode()
    assert "The coming weeks, as typed" in shown
    assert "Coming days that differ" in shown and "9:00–14:00" in shown
    assert "9:00–12:00, 13:00–17:00" in shown
    assert "All of it" in shown and "Bayern" in shown
    assert "Coming public holidays" in shown and "New Year" in shown
    assert CalendarVersion.objects.count() == 2


def test_while_typing_only_the_weeks_and_the_parts_come_back(ops_admin: User) -> None:
    browser = signed_in(ops_admin)
    sent = {"do": "preview", **hours(country="DE")}
    shown = browser.post(page(), sent, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in shown and 'id="preview"' in shown
    assert 'hx-swap-oob="true"' in shown and "Bayern" in shown
    wrong = {**sent, "day0_from": "17:00"}
    refused = browser.post(page(), wrong, headers={"HX-Request": "true"})
    assert refused.status_code == 200
    assert "ends before it begins" in refused.content.decode()


def test_a_preview_before_hours_that_are_to_come_is_refused(ops_admin: User, now: datetime) -> None:
    publish_calendar_version(
        calendar_id=house().pk, hours=office_hours("UTC"), actor=ops_admin, now=now,
        valid_from=now + timedelta(days=10),
    )  # fmt: skip
    answer = post(ops_admin, page(), "preview", **hours())
    assert answer.status_code == 400
    assert "no sooner" in said(answer)


def test_an_engineer_sees_calendars_and_publishes_none(engineer: User) -> None:
    browser = signed_in(engineer)
    assert "Office hours" in browser.get(LIST).content.decode()
    shown = browser.get(page()).content.decode()
    assert "The coming weeks" in shown and "Publish the new hours" not in shown
    assert browser.get(NEW).status_code == 403
    for do in ("preview", "publish"):
        assert post(engineer, page(), do, **hours()).status_code == 403
        assert post(engineer, NEW, do, **hours(name="Mine")).status_code == 403
    assert (Calendar.objects.count(), CalendarVersion.objects.count()) == (2, 2)


@pytest.mark.parametrize("person", ["alice", "charlie"])
def test_nobody_but_staff_gets_in(person: str, request: pytest.FixtureRequest) -> None:
    browser = signed_in(request.getfixturevalue(person))
    for path in (LIST, NEW, page()):
        assert browser.get(path).status_code in {302, 403, 404}, path
        assert browser.post(path, {"do": "publish", **hours(name="X")}).status_code in {302, 403}
    assert CalendarVersion.objects.count() == 2


def test_a_calendar_that_is_not_there_is_not_found(ops_admin: User) -> None:
    assert signed_in(ops_admin).get(f"{LIST}999999999/").status_code == 404
    assert signed_in(ops_admin).get(f"{LIST}{'9' * 30}/").status_code == 404


def test_the_pages_cost_the_same_with_many_calendars(ops_admin: User, now: datetime) -> None:
    browser = signed_in(ops_admin)

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(path).status_code == 200
        return len(asked)

    create_calendar(name="First", hours=office_hours("UTC"), actor=ops_admin, now=now)
    few = {path: cost(path) for path in (LIST, page())}
    for place in range(12):
        made = create_calendar(
            name=f"Shift {place}", hours=Hours("UTC", OFFICE_WEEK, country="DE"), actor=ops_admin,
            now=now,
        )  # fmt: skip
        make_plan_version(targets=make_targets(made))
        publish_calendar_version(
            calendar_id=house().pk, hours=office_hours("UTC"), actor=ops_admin, now=now
        )
    for path, count in few.items():
        assert cost(path) <= count <= 12, path
