"""A flood of S1 reports: every one has its alert, and nobody's mailbox is flooded."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from clients import actions as client_actions
from clients.models import Client, Project, User
from core.models import OutboxMessage
from tests import factories
from tests.portal import signed_in
from tests.threads import press_at_once
from tickets import actions, tasks
from tickets.actions.alerts import raise_alert
from tickets.models import Alert, Report, TicketEvent, TicketEventKind

DOWN = "URGENT: the whole site is down, every page shows 502 Bad Gateway."
MINUTE = timedelta(minutes=1)


@pytest.fixture
def on_call(engineer: User, now: datetime) -> User:
    factories.make_shift(engineer=engineer, now=now)
    return engineer


def _flood(project: Project, count: int, now: datetime) -> list[Alert]:
    reports = [factories.make_report(project, text=DOWN, now=now) for _ in range(count)]
    return [raise_alert(report=report, now=now) for report in reports]


def _mails(person: User) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(recipient=person.email).order_by("pk"))


@pytest.mark.slow
def test_two_hundred_s1_reports_are_a_few_mails(
    project: Project, on_call: User, now: datetime
) -> None:
    alerts = _flood(project, 200, now)
    at_once = [f"S1 #{alert.report_id} for Acme" for alert in alerts[:3]]
    assert [mail.subject for mail in _mails(on_call)] == at_once
    assert Alert.objects.count() == 200

    for minute in range(1, 15):
        actions.tell_alerts(client_id=project.client_id, now=now + minute * MINUTE)
    (gathered,) = _mails(on_call)[3:]
    assert gathered.subject == "197 more S1 for Acme"
    assert gathered.created_at == now + 5 * MINUTE
    assert f"/triage/{alerts[3].report_id}/" in gathered.whole_text
    assert not Alert.objects.filter(told_at=None).exists()
    raised = TicketEvent.objects.filter(kind=TicketEventKind.ALERT_RAISED)
    assert raised.count() == 200


def test_a_flood_that_goes_on_is_one_mail_each_five_minutes(
    project: Project, on_call: User, now: datetime
) -> None:
    for minute in range(12):
        _flood(project, 3, now + minute * MINUTE)
        actions.tell_alerts(client_id=project.client_id, now=now + minute * MINUTE)
    told = [((mail.created_at - now) // MINUTE, mail.subject) for mail in _mails(on_call)]
    assert [minute for minute, _ in told[:3]] == [0, 0, 0]
    assert told[3:] == [(5, "13 more S1 for Acme"), (10, "15 more S1 for Acme")]


def test_three_alerts_of_a_client_are_told_at_once_each_before_any_waits(
    project: Project, on_call: User, now: datetime
) -> None:
    alerts = [_flood(project, 1, now + minute * MINUTE)[0] for minute in range(4)]
    assert [alert.told_at for alert in alerts] == [now, now + MINUTE, now + 2 * MINUTE, None]
    # The fourth waits until three in five minutes would not be exceeded, and no longer.
    assert not actions.tell_alerts(client_id=project.client_id, now=now + 4 * MINUTE)
    assert actions.tell_alerts(client_id=project.client_id, now=now + 5 * MINUTE) == 1
    assert _mails(on_call)[3].subject == f"S1 #{alerts[3].report_id} for Acme"


def test_taking_the_first_hides_none_of_the_others(
    project: Project, on_call: User, now: datetime
) -> None:
    first, *_, waiting, taken = _flood(project, 5, now)
    actions.acknowledge_alert(alert_id=first.pk, actor=on_call, now=now + MINUTE)
    actions.acknowledge_alert(alert_id=taken.pk, actor=on_call, now=now + MINUTE)
    assert actions.tell_alerts(client_id=project.client_id, now=now + 5 * MINUTE) == 1
    assert _mails(on_call)[3].subject == f"S1 #{waiting.report_id} for Acme"


def test_the_next_s1_wakes_at_once_when_none_is_left_unacknowledged(
    project: Project, on_call: User, now: datetime
) -> None:
    for alert in _flood(project, 3, now):
        actions.acknowledge_alert(alert_id=alert.pk, actor=on_call, now=now + MINUTE)
    _flood(project, 1, now + 2 * MINUTE)
    assert len(_mails(on_call)) == 4


def test_an_s1_beside_an_open_one_wakes_at_once_when_nobody_was_woken_lately(
    project: Project, on_call: User, now: datetime
) -> None:
    _flood(project, 5, now)
    _flood(project, 1, now + 6 * MINUTE)  # and no sweep ran in between
    assert [mail.subject for mail in _mails(on_call)][3:] == ["3 more S1 for Acme"]


def test_the_flood_of_one_client_delays_no_other(
    project: Project, foreign_project: Project, on_call: User, now: datetime
) -> None:
    _flood(project, 4, now)
    (other,) = _flood(foreign_project, 1, now)
    assert _mails(on_call)[-1].subject == f"S1 #{other.report_id} for Globex"


def test_the_lead_hears_of_a_flood_in_one_mail_after_fifteen_minutes(
    project: Project, acme: Client, on_call: User, engineer2: User, ops_admin: User, now: datetime
) -> None:
    client_actions.set_lead(client_id=acme.pk, lead_id=engineer2.pk, actor=ops_admin, now=now)
    _flood(project, 30, now)
    _flood(project, 2, now + 3 * MINUTE)
    for minute in range(31):
        actions.escalate_alerts(client_id=acme.pk, now=now + minute * MINUTE)
    told = [((mail.created_at - now) // MINUTE, mail.subject) for mail in _mails(engineer2)]
    assert told == [(15, "30 unacknowledged S1 for Acme"), (18, "2 unacknowledged S1 for Acme")]
    assert not Alert.objects.filter(escalated_at=None).exists()
    escalated = TicketEvent.objects.filter(kind=TicketEventKind.ALERT_ESCALATED)
    assert escalated.count() == 32


@pytest.mark.slow
def test_no_alert_reaches_the_lead_late_and_the_lead_has_one_mail_a_minute(
    project: Project, ops_admin: User, on_call: User, now: datetime
) -> None:
    second = timedelta(seconds=1)
    for delay in range(0, 150, 10):
        _flood(project, 1, now + delay * second)
    for delay in range(16 * 60 + 120):
        actions.escalate_alerts(client_id=project.client_id, now=now + delay * second)
    assert all(
        alert.escalate_at - MINUTE <= alert.escalated_at <= alert.escalate_at
        for alert in Alert.objects.exclude(escalated_at=None)
        if alert.escalated_at
    )
    assert not Alert.objects.filter(escalated_at=None).exists()
    told = [mail.created_at for mail in _mails(ops_admin)]
    assert [(at - now) // second for at in told] == [900, 970, 1040]


def test_the_sweep_tells_and_escalates(
    project: Project, on_call: User, ops_admin: User, now: datetime
) -> None:
    _flood(project, 5, now - 16 * MINUTE)
    tasks.watch_alerts()
    assert not Alert.objects.filter(told_at=None).exists()
    assert not Alert.objects.filter(escalated_at=None).exists()
    assert [mail.subject for mail in _mails(on_call)][3:] == ["2 more S1 for Acme"]
    assert [mail.subject for mail in _mails(ops_admin)] == ["5 unacknowledged S1 for Acme"]


def test_the_console_names_every_open_alert(
    project: Project,
    on_call: User,
    now: datetime,
    settings: Any,
    django_assert_max_num_queries: Any,
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    alerts = _flood(project, 8, now)
    browser = signed_in(on_call)
    page = browser.get("/console/").content.decode()
    assert "3 more S1 alerts" in page
    with django_assert_max_num_queries(30):
        page = browser.get("/console/?alerts=all").content.decode()
    assert all(f"#{alert.report_id} " in page for alert in alerts)


@pytest.mark.django_db(transaction=True)
def test_of_s1_reports_at_the_same_instant_three_are_told_at_once() -> None:
    engineer, project = factories.make_staff(), factories.make_project()
    factories.make_shift(engineer=engineer)
    reports = [factories.make_report(project, text=DOWN) for _ in range(6)]
    now = reports[0].received_at
    propose = [
        lambda pk=report.pk: actions.propose_triage(report_id=pk, now=now) for report in reports
    ]
    assert not [error for error in press_at_once(propose) if isinstance(error, Exception)]
    assert Alert.objects.count() == Report.objects.count() == 6
    assert len(_mails(engineer)) == 3
