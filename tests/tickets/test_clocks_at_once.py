"""Clocks kept by several at once, or cut short, on real transactions: every step is a row, once."""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from clients import actions as client_actions
from clients.models import Calendar
from clients.rules.calendars import OPEN_WEEK
from core.calendars import Hours
from core.models import OutboxMessage
from tests import factories
from tests.threads import losers, press_at_once
from tickets import actions, tasks
from tickets.actions import clocks
from tickets.actions.locks import lock_report, lock_ticket
from tickets.models import Report, SlaClock, Ticket, TicketEvent
from tickets.queries.clocks import due_lines, lines_by_old_hours

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timedelta(days=60)


def steps() -> Counter[tuple[Any, ...]]:
    return Counter(
        (event.report_id, event.kind, event.data["clock"], event.data.get("percent"))
        for event in TicketEvent.objects.filter(kind__startswith="sla.").exclude(kind="sla.terms")
    )


@pytest.fixture
def late() -> datetime:
    """Give the instant long after three reports of a served client arrived."""
    now = timezone.now()
    client = factories.make_client(now=now - LONG_AGO)
    factories.make_retainer(client=client, now=now - LONG_AGO)
    factories.make_ops_admin("olga@shipops.test", now=now - LONG_AGO)
    project = factories.make_project(client, now=now - LONG_AGO)
    for _ in range(3):
        factories.make_triaged_report(project, now=now - LONG_AGO)
    return now


def test_workers_who_sweep_at_once_note_and_warn_once(late: datetime) -> None:
    ids = due_lines(late)
    assert len(ids) == 3
    sweeps = [partial(actions.sweep_clocks, report_ids=ids, now=late) for _ in range(6)]
    outcomes = press_at_once(sweeps)
    assert not losers(outcomes)
    assert set(steps().values()) == {1}
    kinds = Counter(kind for _, kind, *_ in steps())
    assert kinds == {"sla.activated": 3, "sla.warned": 6, "sla.breached": 3}
    assert due_lines(late) == []


def test_sweeps_among_answers_and_acceptances_leave_each_step_once_and_block_nobody(
    late: datetime,
) -> None:
    first, second, third = due_lines(late)
    person = factories.make_staff()
    act: dict[str, Any] = {"actor": person, "now": late}
    outcomes = press_at_once(
        [
            partial(actions.reply_to_report, report_id=first, body="We look.", **act),
            partial(actions.accept_report, report_id=second, **act),
            partial(actions.ask_reporter, report_id=third, question="Which?", **act),
            *(
                partial(actions.sweep_clocks, report_ids=[first, second, third], now=late)
                for _ in range(3)
            ),
        ]
    )
    assert [type(each).__name__ for each in losers(outcomes)] == ["MoveRefused"]  # nobody to ask
    actions.sweep_clocks(report_ids=[first, second, third], now=late)
    assert set(steps().values()) == {1}
    assert SlaClock.objects.get(report=first, clock="first_response").state == "fulfilled"
    assert SlaClock.objects.get(report=second, clock="resolution").breached_at is not None


def test_a_sweep_passes_over_what_somebody_holds_and_leaves_it_to_the_next(
    late: datetime,
) -> None:
    held, *free = due_lines(late)
    ticket = factories.make_ticket(Report.objects.get(pk=free.pop()), now=late - LONG_AGO / 2)
    with transaction.atomic():
        lock_ticket(ticket.pk, actor=None, action="report.triage")
        lock_report(held, actor=None, action="report.triage")
        ids = [held, *free, ticket.number]
        (kept,) = press_at_once([partial(actions.sweep_clocks, report_ids=ids, now=late)])
    assert kept == 1
    assert actions.sweep_clocks(report_ids=ids, now=late) == 3
    assert Ticket.objects.get().number == ticket.number


def test_a_sweep_killed_in_the_middle_leaves_nothing_half_done(
    late: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, before = due_lines(late), steps()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tickets.actions.clocks._tell", killed)
        with pytest.raises(KeyboardInterrupt):
            actions.sweep_clocks(report_ids=ids, now=late)
    assert steps() == before
    assert due_lines(late) == ids
    actions.sweep_clocks(report_ids=ids, now=late)
    assert set(steps().values()) == {1}
    assert not OutboxMessage.objects.filter(subject__contains="80 %").exists()  # all are late


@pytest.fixture
def counted_anew() -> datetime:
    """Give an instant just after new hours were published, with four reports that count by them."""
    now = timezone.now()
    client = factories.make_client(now=now - LONG_AGO)
    factories.make_retainer(client=client, now=now - LONG_AGO)
    project = factories.make_project(client, now=now - LONG_AGO)
    for _ in range(4):
        factories.make_triaged_report(project, now=now - timedelta(minutes=1))
    actions.keep_client(client_id=client.pk, now=now)
    client_actions.publish_calendar_version(
        calendar_id=Calendar.objects.get(is_house=True).pk,
        hours=Hours(zone="UTC", week=OPEN_WEEK),
        actor=None,
        now=now,
    )
    return now


def test_counting_anew_that_is_killed_keeps_what_was_done_and_the_next_run_goes_on(
    counted_anew: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, before = lines_by_old_hours(most=10), steps()
    monkeypatch.setattr(actions, "KEEP_BATCH", 1)
    tell, calls = clocks._tell, list[Any]()

    def killed(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        tell(*args)

    with monkeypatch.context() as patch:
        patch.setattr("tickets.actions.clocks._tell", killed)
        with pytest.raises(KeyboardInterrupt):
            tasks.sweep_clocks()
    assert lines_by_old_hours(most=10) == wanted[2:]
    tasks.sweep_clocks()
    assert lines_by_old_hours(most=10) == []
    assert steps() == before
    dues = set(SlaClock.objects.filter(state="running").values_list("due_at", flat=True))
    assert all(due and due - counted_anew <= timedelta(minutes=480) for due in dues)


def test_sweeps_that_count_anew_at_once_block_nobody_and_repeat_no_step(
    counted_anew: datetime,
) -> None:
    first, second, *_ = wanted = lines_by_old_hours(most=10)
    act: dict[str, Any] = {"actor": factories.make_staff(), "now": counted_anew}
    outcomes = press_at_once(
        [
            partial(actions.reply_to_report, report_id=first, body="We look.", **act),
            partial(actions.accept_report, report_id=second, **act),
            *(partial(actions.sweep_clocks, report_ids=wanted, now=counted_anew) for _ in range(4)),
        ]
    )
    assert not losers(outcomes)
    actions.sweep_clocks(report_ids=wanted, now=counted_anew)
    assert lines_by_old_hours(most=10) == []
    assert set(steps().values()) == {1}
