"""New hours of a calendar: clocks that count by it are counted anew, what was said stays said."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from clients import actions as client_actions
from clients.models import Calendar, Client, Project, User
from clients.queries import calendar_of
from clients.rules.calendars import OPEN_WEEK
from core.calendars import Hours
from tests import factories
from tests.portal import signed_in
from tests.timing import coming_tuesday
from tickets import actions, tasks
from tickets.models import SlaClock, Ticket, TicketEvent
from tickets.queries.clocks import answer_due, clocks_of, due_lines, lines_by_old_hours

# The office of the tests' installation is open. It is to come: retainers begin at the real instant,
# and what happened to them counts from there.
MORNING = coming_tuesday(hour=10)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NIGHTS_TOO = Hours(zone="UTC", week=OPEN_WEEK)
SHORT_DAYS = Hours(zone="UTC", week=(*[((9 * 60, 11 * 60),)] * 5, (), ()))


def publish(hours: Hours, now: datetime, *, name: str = "", **terms: Any) -> None:
    wanted = Calendar.objects.filter(name=name) if name else Calendar.objects.filter(is_house=True)
    client_actions.publish_calendar_version(
        calendar_id=wanted.get().pk, hours=hours, actor=None, now=now, **terms
    )


def run(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Run what runs each minute."""
    with monkeypatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: at)
        tasks.sweep_clocks()


def left_at(at: datetime) -> timedelta:
    """Give what is left of the 480 minutes in which a report of the morning is answered."""
    return 480 * MINUTE - calendar_of(None).between(MORNING, at)


def steps(report_id: int, clock: str = "first_response") -> list[tuple[str, datetime]]:
    events = TicketEvent.objects.filter(report=report_id, data__clock=clock).order_by("pk")
    return [
        (event.kind.removeprefix("sla.") + str(event.data.get("percent", "")), event.at)
        for event in events
    ]


def due_of(report_id: int, clock: str = "first_response") -> datetime | None:
    return SlaClock.objects.get(report=report_id, clock=clock).due_at


def test_sooner_hours_find_a_breach_when_it_happens(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = factories.make_triaged_report(project, now=MORNING)
    evening = MORNING.replace(hour=20)
    run(monkeypatch, evening)
    due = evening + left_at(evening)
    publish(NIGHTS_TOO, evening)
    run(monkeypatch, evening + MINUTE)
    assert due_of(report.pk) == due
    run(monkeypatch, due - MINUTE)
    assert due_lines(due + MINUTE) == [report.pk]
    run(monkeypatch, due + MINUTE)
    assert steps(report.pk)[-1] == ("breached", due)


def test_a_sweep_that_comes_long_after_new_hours_dates_a_breach_as_it_was(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = factories.make_triaged_report(project, now=MORNING)
    evening = MORNING.replace(hour=20)
    due = evening + left_at(evening)
    publish(NIGHTS_TOO, evening)
    run(monkeypatch, evening + 5 * HOUR)
    assert steps(report.pk)[-1] == ("breached", due)


def test_later_hours_break_nothing_before_its_time(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = factories.make_triaged_report(project, now=MORNING)
    publish(SHORT_DAYS, MORNING)
    run(monkeypatch, MORNING + 25 * HOUR)
    assert [what for what, _ in steps(report.pk)] == ["activated"]
    assert due_of(report.pk) == calendar_of(None).add_minutes(MORNING, 480)


def test_hours_published_for_later_are_counted_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = factories.make_triaged_report(project, now=MORNING)
    evening = MORNING.replace(hour=20)
    due = evening + left_at(evening)
    publish(NIGHTS_TOO, MORNING, valid_from=evening)
    run(monkeypatch, MORNING + MINUTE)
    assert due_of(report.pk) == due


def test_verdicts_given_stay_whatever_the_new_hours_say(
    project: Project, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = factories.make_triaged_report(project, now=MORNING)
    answered = factories.make_ticket(project=project, engineer=engineer, now=MORNING)
    actions.reply_to_ticket(
        ticket_id=answered.pk, body="We look.", actor=engineer, now=MORNING + HOUR
    )
    after = MORNING + timedelta(days=3)
    run(monkeypatch, after)
    given = list(TicketEvent.objects.filter(kind__startswith="sla.").order_by("pk").values())
    assert steps(late.pk)[-1][0] == "breached"
    fulfilled = due_of(answered.number)
    for hours in (SHORT_DAYS, NIGHTS_TOO, SHORT_DAYS):
        publish(hours, after)
        run(monkeypatch, after + MINUTE)
    rows = TicketEvent.objects.filter(kind__startswith="sla.").order_by("pk").values()
    assert list(rows)[: len(given)] == given
    assert [
        row for row in list(rows)[len(given) :] if row["data"].get("clock") != "resolution"
    ] == []
    assert due_of(answered.number) == fulfilled
    assert lines_by_old_hours(most=10) == []


def test_what_waits_for_the_client_is_counted_by_the_new_hours_when_it_goes_on(
    project: Project, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state="waiting", now=MORNING)
    publish(NIGHTS_TOO, MORNING + MINUTE)
    run(monkeypatch, MORNING + 2 * MINUTE)
    actions.resume_waiting(ticket_id=ticket.pk, actor=engineer, now=MORNING + HOUR)
    assert due_of(ticket.number, "resolution") == MORNING + HOUR + 2400 * MINUTE


# --- who reads a target -------------------------------------------------------------------------


def _unpromised(project: Project, engineer: User) -> Ticket:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=MORNING)
    Ticket.objects.filter(pk=ticket.pk).update(due_at=None, committed_at=None)
    ticket.refresh_from_db()
    return ticket


def test_nothing_is_offered_by_a_target_of_old_hours(
    project: Project, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = _unpromised(project, engineer)
    publish(SHORT_DAYS, MORNING)
    offer: dict[str, Any] = {"client_id": project.client_id, "now": MORNING + 2 * MINUTE}
    assert actions.offer_promises(**offer) == 0
    run(monkeypatch, MORNING + MINUTE)
    assert actions.offer_promises(**offer) == 1
    ticket.refresh_from_db()
    target = calendar_of(None).add_minutes(MORNING, 2400)
    assert ticket.due_at == target == due_of(ticket.number, "resolution")


def test_a_promise_made_by_an_action_goes_by_the_newest_hours(
    project: Project, engineer: User
) -> None:
    ticket = _unpromised(project, engineer)
    publish(SHORT_DAYS, MORNING)
    actions.edit_ticket(
        ticket_id=ticket.pk, version=ticket.version, kind="bug", severity=ticket.severity,
        title="The export", estimate_minutes=30, actor=engineer, now=MORNING + MINUTE,
    )  # fmt: skip
    ticket.refresh_from_db()
    assert ticket.due_at == calendar_of(None).add_minutes(MORNING, 2400)


def test_nothing_is_offered_by_a_target_of_another_plan(project: Project, engineer: User) -> None:
    _unpromised(project, engineer)
    client = project.client
    actions.keep_client(client_id=client.pk, now=MORNING)
    retainer = client.retainers.get()
    client_actions.set_retainer_state(
        retainer_id=retainer.pk, state="ended", actor=None, now=MORNING
    )
    slower = factories.make_plan_version(targets=factories.make_targets(P3=(480, 9600)))
    factories.make_retainer(client=client, plan_version=slower, now=MORNING)
    assert actions.offer_promises(client_id=client.pk, now=MORNING) == 0
    actions.keep_client(client_id=client.pk, now=MORNING)
    assert actions.offer_promises(client_id=client.pk, now=MORNING) == 1
    assert Ticket.objects.get().due_at == due_of(Ticket.objects.get().number, "resolution")


def test_pages_read_the_newest_hours_before_any_sweep(
    project: Project, engineer: User, alice: User
) -> None:
    report = factories.make_triaged_report(project, by=alice, now=MORNING)
    ticket = factories.make_ticket(project=project, engineer=engineer, now=MORNING)
    stale = due_of(report.pk)
    publish(NIGHTS_TOO, MORNING + MINUTE)
    for about in (report, ticket):
        answer = answer_due(clocks_of(about, MORNING + 2 * MINUTE))
        assert answer is not None
        assert answer.due_at == MORNING + 8 * HOUR
    assert due_of(report.pk) == stale, "looking writes nothing"


def test_the_portal_says_by_when_we_answer_by_the_newest_hours(
    project: Project, alice: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, by=alice, now=now)
    old = due_of(report.pk)
    assert old is not None
    publish(SHORT_DAYS, now)
    page = signed_in(alice).get(f"/portal/reports/{report.pk}/").content.decode()
    assert calendar_of(None).add_minutes(now, 480).isoformat() in page
    assert old.isoformat() not in page


# --- cost, and what is cut short ---------------------------------------------------------------


def test_only_running_clocks_are_counted_anew_and_in_one_statement(
    project: Project, engineer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    wanted = [factories.make_triaged_report(project, now=MORNING).pk for _ in range(2)]
    factories.make_ticket(project=project, engineer=engineer, state="closed", now=MORNING)
    assert lines_by_old_hours(most=10) == []
    publish(NIGHTS_TOO, MORNING)
    with django_assert_num_queries(1):
        assert lines_by_old_hours(most=10) == wanted
    assert len(lines_by_old_hours(most=1)) == 1


def test_one_run_counts_so_many_anew_and_the_next_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        factories.make_triaged_report(project, now=MORNING)
    actions.keep_client(client_id=project.client_id, now=MORNING)
    publish(NIGHTS_TOO, MORNING)
    monkeypatch.setattr(tasks, "MOST_COUNTED_ANEW", 2)
    left = []
    for minute in range(1, 4):
        run(monkeypatch, MORNING + minute * MINUTE)
        left.append(len(lines_by_old_hours(most=10)))
    assert left == [3, 1, 0]


def test_a_batch_counted_anew_costs_as_much_as_one(
    project: Project, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        factories.make_triaged_report(project, now=MORNING)
    publish(NIGHTS_TOO, MORNING)
    ids = lines_by_old_hours(most=10)
    with django_assert_max_num_queries(12):
        assert actions.sweep_clocks(report_ids=ids, now=MORNING + MINUTE) == 8


def test_one_that_cannot_be_counted_holds_up_no_other(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (factories.make_triaged_report(project, now=MORNING) for _ in range(2))
    actions.keep_client(client_id=project.client_id, now=MORNING)
    publish(NIGHTS_TOO, MORNING)
    kept = actions.sweep_clocks

    def fails(*, report_ids: list[int], now: datetime) -> int:
        if first.pk in report_ids:
            raise RuntimeError("broken")
        return kept(report_ids=report_ids, now=now)

    monkeypatch.setattr("tickets.actions.sweep_clocks", fails)
    run(monkeypatch, MORNING + MINUTE)
    assert lines_by_old_hours(most=10) == [first.pk]
    assert due_of(second.pk) == MORNING + 8 * HOUR
    assert "broken" in caplog.text


def test_a_client_s_lines_are_listed_once_however_many_batches(
    project: Project, acme: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        factories.make_triaged_report(project, now=MORNING)
    monkeypatch.setattr("tickets.actions.clocks.KEEP_BATCH", 1)
    with CaptureQueriesContext(connection) as seen:
        actions.keep_client(client_id=acme.pk, now=MORNING)
    listings = [each for each in seen if 'FROM "tickets_ticket" U0' in (each["sql"] or "")]
    assert len(listings) == 1
