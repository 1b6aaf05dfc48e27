import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clients import actions as client_actions
from clients.models import Client, PlanVersion, Project, User
from clients.queries import house_calendar
from core.calendars import Calendar
from tests import factories
from tests.portal import signed_in
from tickets import actions
from tickets.models import ReceivedMinutes, Ticket
from tickets.queries.receipts import receipt_of
from tickets.queries.shares import Share, clients_by_share, recent_share, share_of, weeks_of

# A Wednesday, in office hours.
NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = 7 * DAY


def log(ticket: Ticket, engineer: User, minutes: int, now: datetime = NOON, **facts: Any) -> None:
    actions.log_time(ticket_id=ticket.pk, minutes=minutes, actor=engineer, now=now, **facts)


def move(client: Client, state: str, now: datetime) -> None:
    client_actions.set_retainer_state(
        retainer_id=client.retainers.get().pk, state=state, actor=None, now=now
    )


def percents(client: Client, now: datetime, weeks: int = 4) -> list[int | None]:
    return [share.percent for _, share in weeks_of(client.pk, now, weeks=weeks)]


@pytest.fixture
def ours(project: Project, engineer: User) -> Ticket:
    return factories.make_ticket(project=project, engineer=engineer, now=NOON)


@pytest.fixture
def theirs(foreign_project: Project, engineer: User) -> Ticket:
    return factories.make_ticket(project=foreign_project, engineer=engineer, now=NOON)


@pytest.mark.parametrize("change", ["ends", "pauses", "comes", "other plan"])
def test_what_was_received_stays_what_it_was_whoever_comes_and_goes_later(
    acme: Client, globex: Client, ours: Ticket, theirs: Ticket, engineer: User, change: str
) -> None:
    log(ours, engineer, 60)
    log(theirs, engineer, 60)
    later = NOON + 3 * WEEK
    before = percents(acme, later), receipt_of(ours, later), _listed(acme, later)
    assert before[0] == [100, None, None, None]

    if change == "comes":
        factories.make_retainer(client=factories.make_client(now=later), now=later)
    elif change == "other plan":
        PlanVersion.objects.filter(retainers__client=globex).update(slots=9)
    else:
        move(globex, "ended" if change == "ends" else "paused", NOON + 2 * DAY)

    assert (percents(acme, later), receipt_of(ours, later), _listed(acme, later)) == before


def _listed(client: Client, now: datetime) -> Share:
    return share_of(clients_by_share(now).get(pk=client.pk))


def test_lists_and_the_weeks_themselves_give_the_same_share(
    acme: Client, globex: Client, ours: Ticket, theirs: Ticket, engineer: User
) -> None:
    PlanVersion.objects.filter(retainers__client=globex).update(slots=2)
    log(theirs, engineer, 120)
    PlanVersion.objects.filter(retainers__client=globex).update(slots=1)
    log(ours, engineer, 45, NOON + WEEK)
    log(theirs, engineer, 45, NOON + WEEK)

    share = _listed(acme, NOON + WEEK)
    # A third of 120 and a half of 90 minutes.
    assert share == recent_share(weeks_of(acme.pk, NOON + WEEK)) == Share(45, 210, 85)
    assert share.percent == 53


def test_a_client_that_was_served_has_its_share_of_a_week_in_which_it_received_nothing(
    acme: Client, theirs: Ticket, engineer: User
) -> None:
    log(theirs, engineer, 60)
    assert percents(acme, NOON, weeks=1) == [0]
    (_, week), *_ = weeks_of(acme.pk, NOON, weeks=1)
    assert week.due_minutes == 30


def test_who_begins_within_a_week_shares_in_it_from_its_first_minutes_on(
    acme: Client, ours: Ticket, engineer: User
) -> None:
    log(ours, engineer, 60)
    new = factories.make_client(now=NOON)
    factories.make_retainer(client=new, plan_version=factories.make_plan_version(slots=3), now=NOON)
    ticket = factories.make_ticket(
        project=factories.make_project(new, now=NOON), engineer=engineer, now=NOON
    )
    assert percents(acme, NOON, weeks=1) == [100]

    log(ticket, engineer, 60)

    assert percents(acme, NOON, weeks=1) == [200]
    assert ReceivedMinutes.objects.get(client=new).slots == 3


# Monday half past one in Berlin, and Sunday evening in New York.
@pytest.mark.parametrize(
    ("zone", "now", "monday"),
    [
        ("Europe/Berlin", datetime(2026, 6, 14, 23, 30, tzinfo=UTC), date(2026, 6, 15)),
        ("America/New_York", datetime(2026, 6, 15, 1, 0, tzinfo=UTC), date(2026, 6, 8)),
    ],
)
def test_the_present_week_is_that_of_our_own_zone(
    acme: Client,
    ours: Ticket,
    engineer: User,
    zone: str,
    now: datetime,
    monday: date,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [(since, hours)] = house_calendar().versions
    there = Calendar(((since, replace(hours, zone=zone)),))
    monkeypatch.setattr("tickets.queries.shares.house_calendar", lambda: there)
    engineer.time_zone = zone
    log(ours, engineer, 60, now)
    [(week, share)] = weeks_of(acme.pk, now, weeks=1)
    assert (week, share.minutes) == (monday, 60)
    assert _listed(acme, now).minutes == 60


def _home(person: User) -> str:
    page = signed_in(person).get("/portal/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_who_asked_for_less_than_its_share_does_not_read_of_neglect(
    project: Project, foreign_project: Project, alice: User, engineer: User, now: datetime
) -> None:
    facts: Any = {"engineer": engineer, "now": now}
    ours = factories.make_ticket(project=project, state="in_progress", **facts)
    theirs = factories.make_ticket(project=foreign_project, **facts)
    log(ours, engineer, 6, now)
    log(theirs, engineer, 94, now)
    calm = "you used 12 % of your plan's share of our time, and nothing of yours waits for us"
    waits = "12 % of your plan's share of our time"

    assert calm in _home(alice)

    # What nobody has judged yet waits for us as well.
    report = factories.make_triaged_report(project, by=alice, now=now)
    assert waits in _home(alice) and "you used" not in _home(alice)

    ticket = factories.make_ticket(report, **facts)
    assert waits in _home(alice) and "you used" not in _home(alice)

    actions.wait_for_client(ticket_id=ticket.pk, question="Which?", actor=engineer, now=now)
    assert calm in _home(alice)


def test_time_of_a_past_week_is_counted_by_the_slots_of_that_week(
    acme: Client, globex: Client, ours: Ticket, theirs: Ticket, engineer: User
) -> None:
    log(ours, engineer, 60)
    move(globex, "ended", NOON + DAY)
    log(ours, engineer, 60, NOON + WEEK, work_date=NOON.date())
    assert percents(acme, NOON + WEEK, weeks=2) == [200, None]
