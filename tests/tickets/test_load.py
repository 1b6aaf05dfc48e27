"""The load of the coming weeks: hours there are, committed work, and warnings."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clients.models import Calendar, CalendarVersion, Client, PlanVersion, Project, User
from tests.factories import make_project, make_retainer, make_staff, make_ticket
from tests.portal import signed_in
from tickets.admin.load import HEIGHT, columns
from tickets.models import Absence, Ticket
from tickets.queries.crew import crew
from tickets.queries.load import Load, Sold, Week, load, sold

PAGE = "/console/load/"
# A Monday, before the hours begin.
MONDAY = datetime(2026, 6, 8, 5, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def house(now: datetime, **terms: Any) -> CalendarVersion:
    """Give our own calendar other hours from ever on."""
    calendar = Calendar.objects.get(is_house=True)
    week = [[[540, 1020]]] * 5 + [[], []]
    calendar.versions.all().delete()
    facts = {"time_zone": "UTC", "week": week, "published_at": now, **terms}
    return CalendarVersion.objects.create(
        calendar=calendar, version=2, valid_from=datetime(1970, 1, 1, tzinfo=UTC), **facts
    )


def hours(found: Load) -> list[float]:
    """Give the hours of the weeks."""
    return [week.capacity / 60 for week in found.weeks]


def promised(
    project: Project, engineer: User, due_at: datetime, minutes: int = 60, **facts: Any
) -> Ticket:
    """Make a ticket that is promised for a time."""
    ticket = make_ticket(project=project, engineer=engineer, now=MONDAY, **facts)
    Ticket.objects.filter(pk=ticket.pk).update(
        due_at=due_at, committed_at=MONDAY, estimate_minutes=minutes
    )
    return ticket


def unpromised(project: Project, engineer: User, minutes: int) -> Ticket:
    """Make a ticket that waits in the backlog."""
    ticket = make_ticket(project=project, engineer=engineer, now=MONDAY)
    Ticket.objects.filter(pk=ticket.pk).update(
        due_at=None, committed_at=None, estimate_minutes=minutes
    )
    return ticket


def test_a_plain_week_has_forty_hours_an_engineer(engineer: User, engineer2: User) -> None:
    house(MONDAY)
    found = load(MONDAY)
    assert hours(found) == [80.0] * 8
    assert [week.monday for week in found.weeks][:2] == [date(2026, 6, 8), date(2026, 6, 15)]


def test_the_present_week_counts_from_now_on(engineer: User) -> None:
    house(MONDAY)
    # Wednesday noon: what is left of this day, and two more.
    assert hours(load(datetime(2026, 6, 10, 12, 0, tzinfo=UTC)))[:2] == [5 + 16, 40]
    assert hours(load(datetime(2026, 6, 13, 12, 0, tzinfo=UTC)))[:2] == [0, 40]


def test_a_week_in_which_the_clocks_change_is_an_hour_longer_or_shorter(engineer: User) -> None:
    house(MONDAY, time_zone="Europe/Berlin", week=[[[0, 1440]]] * 7)
    assert hours(load(datetime(2026, 3, 22, 23, 0, tzinfo=UTC)))[:2] == [167, 168]
    assert hours(load(datetime(2026, 10, 18, 22, 0, tzinfo=UTC)))[:2] == [169, 168]


def test_a_week_with_a_holiday_or_a_closed_day_has_less(engineer: User) -> None:
    closed = [["2026-06-16", [], "Move"], ["2026-06-17", [[540, 720]], "Party"]]
    house(MONDAY, time_zone="Europe/Berlin", country="DE", exceptions=closed)
    # Whit Monday on 25 May; an early week of June with a day and a part of one off.
    assert hours(load(datetime(2026, 5, 25, 5, 0, tzinfo=UTC)))[:2] == [32, 40]
    assert hours(load(MONDAY))[:3] == [40, 40 - 8 - 5, 40]


def test_absences_take_their_hours_away(engineer: User, engineer2: User) -> None:
    house(MONDAY)
    Absence.objects.create(engineer=engineer, starts_at=MONDAY + WEEK, ends_at=MONDAY + 2 * WEEK)
    Absence.objects.create(engineer=engineer2, starts_at=MONDAY + WEEK, ends_at=MONDAY + WEEK + DAY)
    assert hours(load(MONDAY))[:3] == [80, 32, 80]


def test_promised_work_counts_when_it_is_done_and_when_it_is_due(
    project: Project, engineer: User
) -> None:
    house(MONDAY)
    promised(project, engineer, MONDAY + 3 * WEEK, minutes=600)
    promised(project, engineer, MONDAY - DAY, minutes=120)  # overdue
    promised(project, engineer, MONDAY + 2 * DAY, minutes=2000)
    shipped = promised(project, engineer, MONDAY + DAY, minutes=900)
    Ticket.objects.filter(pk=shipped.pk).update(state="closed")

    found = load(MONDAY)
    assert [week.finishing for week in found.weeks][:3] == [2120, 600, 0]
    assert [week.due for week in found.weeks][:4] == [2120, 0, 0, 600]
    assert (found.committed, found.later_minutes, found.never_minutes) == (3, 0, 0)


def test_work_in_hand_fills_the_weeks_it_takes(project: Project, engineer: User) -> None:
    house(MONDAY)
    make_ticket(project=project, engineer=engineer, estimate_minutes=2700, state="in_progress",
                now=MONDAY)  # fmt: skip
    make_ticket(project=project, engineer=engineer, state="waiting", now=MONDAY)
    make_ticket(project=project, engineer=engineer, state="in_review", now=MONDAY)

    found = load(MONDAY)
    assert [week.in_hand for week in found.weeks][:3] == [2400, 300, 0]
    assert [week.percent for week in found.weeks][:3] == [100, 12, 0]
    hand = found.hands[0]
    assert (hand.in_progress, hand.waiting, hand.in_review, hand.limit) == (1, 1, 1, 3)
    assert (hand.left_minutes, hand.free_at) == (2700, MONDAY + WEEK + timedelta(hours=9))


def test_work_past_the_weeks_and_beyond_everybody_is_named(
    project: Project, engineer: User
) -> None:
    house(MONDAY)
    promised(project, engineer, MONDAY + DAY, minutes=9 * 2400)
    promised(project, engineer, MONDAY + 2 * DAY, minutes=20_000)
    promised(project, engineer, MONDAY + 3 * DAY, minutes=60_000)
    found = load(MONDAY)
    assert (found.later_minutes, found.never_minutes) == (9 * 2400 + 20_000, 60_000)
    assert sum(week.finishing for week in found.weeks) == 0


def test_the_backlog_is_what_nobody_promised(project: Project, engineer: User) -> None:
    unpromised(project, engineer, 30)
    unpromised(project, engineer, 45)
    make_ticket(project=project, engineer=engineer, state="in_progress", now=MONDAY)
    promised(project, engineer, MONDAY + WEEK)
    found = load(MONDAY)
    assert (found.backlog, found.backlog_minutes, found.is_capped) == (2, 75, False)


def test_no_more_than_a_bound_is_counted_and_the_page_says_so(
    project: Project, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("tickets.queries.load", "tickets.admin.load"):
        monkeypatch.setattr(f"{module}.MOST_OPEN", 2)
    for place in range(3):
        unpromised(project, engineer, 30)
        promised(project, engineer, MONDAY + place * DAY)
    found = load(MONDAY)
    assert (found.backlog, found.backlog_minutes, found.committed) == (2, 60, 2)
    assert found.is_capped
    assert "Only the first 2 open tickets" in signed_in(engineer).get(PAGE).content.decode()


def test_what_is_sold_is_slots_times_tokens_times_the_mean_estimate(
    acme: Client, globex: Client, project: Project, engineer: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    PlanVersion.objects.update(slots=3)
    paused = make_retainer(client=make_project(now=MONDAY).client, state="paused", now=MONDAY)
    assert paused.state == "paused"
    monkeypatch.setattr("tickets.queries.load.NEWEST", 2)
    for minutes in (6000, 60, 120):
        make_ticket(project=project, engineer=engineer, estimate_minutes=minutes, now=MONDAY)

    found = sold(crew(MONDAY))
    assert (found.slots, found.tickets, found.mean_minutes, found.counted) == (6, 24, 90, 2)
    assert found.minutes == 2160
    assert found.is_too_much is (found.capacity < 2160)
    assert Sold(1, 4, 60, 1, capacity=239).is_too_much
    assert not Sold(1, 4, 60, 1, capacity=240).is_too_much


def test_more_sold_than_can_be_done_is_said_in_plain_words_with_the_numbers(
    project: Project, engineer: User
) -> None:
    make_ticket(project=project, engineer=engineer, estimate_minutes=1200, now=MONDAY)
    page = " ".join(signed_in(engineer).get(PAGE).content.decode().split())
    assert "More is promised than can be done" in page
    assert "have 1 slot, which let 4 tickets a week be promised" in page
    assert "At 20 h each" in page
    assert "that is 80 h a week" in page


def test_nothing_sold_and_nobody_there_is_no_error(ops_admin: User) -> None:
    response = signed_in(ops_admin).get(PAGE)
    assert response.status_code == 200
    assert "More is promised" not in response.content.decode()
    assert response.context["load"].sold.capacity == 0


@pytest.mark.parametrize(
    ("planned", "due", "capacity", "full", "tone"),
    [
        (85, 0, 100, False, "good"),
        (86, 0, 100, True, "warn"),
        (0, 86, 100, True, "warn"),
        (100, 0, 100, True, "warn"),
        (0, 101, 100, True, "bad"),
        (0, 0, 0, False, "good"),
        (0, 1, 0, True, "bad"),
    ],
)
def test_a_week_over_85_percent_is_full(
    planned: int, due: int, capacity: int, full: bool, tone: str
) -> None:
    week = Week(
        begins_at=MONDAY, ends_at=MONDAY + WEEK, monday=MONDAY.date(), capacity=capacity,
        in_hand=planned // 2, finishing=planned - planned // 2, due=due,
    )  # fmt: skip
    assert week.is_full is full
    column = columns([week])[0]
    assert column.tone == tone
    assert max(column.frame, column.due, column.in_hand + column.finishing) <= HEIGHT


def test_a_full_week_is_warned_of(project: Project, engineer: User, now: datetime) -> None:
    house(now)
    promised(project, engineer, now + 2 * WEEK, minutes=2300)
    page = " ".join(signed_in(engineer).get(PAGE).content.decode().split())
    assert "is over 85 % full" in page
    assert "and 38 h are due (96 %)" in page


def test_strangers_do_not_see_the_load(alice: User, charlie: User) -> None:
    for person in (alice, charlie):
        assert signed_in(person).get(PAGE, follow=True).status_code == 403


def test_the_page_takes_as_many_queries_however_much_there_is(
    project: Project, engineer: User, django_assert_max_num_queries: Any
) -> None:
    browser = signed_in(engineer)
    for place in range(5):
        other = make_staff(now=MONDAY)
        promised(project, other, MONDAY + place * DAY)
        make_ticket(project=make_project(now=MONDAY), engineer=other, state="in_progress",
                    now=MONDAY)  # fmt: skip
    with django_assert_max_num_queries(18):
        assert browser.get(PAGE).status_code == 200
