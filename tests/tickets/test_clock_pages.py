"""What staff and clients see of SLA clocks, and what a client never does."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from clients import actions as client_actions
from clients.models import Client, Project, User
from tests import factories
from tests.portal import signed_in
from tickets import actions
from tickets.models import Report, SlaClock, Ticket
from tickets.queries.clocks import due_lines

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def ticket(project: Project, alice: User, engineer: User, now: datetime) -> Ticket:
    return factories.make_ticket(project=project, by=alice, engineer=engineer, now=now)


def text_of(who: User, path: str) -> str:
    answer = signed_in(who).get(path)
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split()).replace(" ,", ",")


def test_the_workbench_shows_every_clock_and_what_became_of_it(
    ticket: Ticket, project: Project, engineer: User, alice: User, now: datetime
) -> None:
    path = f"/console/tickets/{ticket.number}/"
    page = text_of(engineer, path)
    assert "SLA clocks First response due" in page
    assert "Resolution due" in page
    assert "not promised" not in page
    Ticket.objects.filter(pk=ticket.pk).update(due_at=None, committed_at=None)
    assert ", not promised)" in text_of(engineer, path)
    reply: dict[str, Any] = {"ticket_id": ticket.pk, "now": now}
    actions.reply_to_ticket(body="We look.", actor=engineer, **reply)
    actions.reply_to_ticket(body="And?", actor=alice, **reply)
    actions.wait_for_client(question="Which?", actor=engineer, **reply)
    SlaClock.objects.filter(clock="next_reply").update(breached_at=now)
    page = text_of(engineer, path)
    assert "First response in time," in page
    assert "Next reply late," in page
    assert "Resolution stands still" in page


def test_what_joined_and_waits_for_an_answer_stands_there_with_its_number(
    ticket: Ticket, project: Project, engineer: User, alice: User, now: datetime
) -> None:
    other = factories.make_triaged_report(project, by=alice, now=now)
    actions.join_report(report_id=other.pk, number=ticket.number, actor=engineer, now=now)
    path = f"/console/tickets/{ticket.number}/"
    assert f"First response to #{other.pk}" not in text_of(engineer, path)
    SlaClock.objects.filter(report=other).update(state="running", fulfilled_at=None)
    assert f"First response to #{other.pk} due" in text_of(engineer, path)


def test_the_timeline_tells_of_warnings_and_breaches_only(
    ticket: Ticket, engineer: User, now: datetime
) -> None:
    later = now + timedelta(days=60)
    actions.sweep_clocks(report_ids=due_lines(later), now=later)
    page = text_of(engineer, f"/console/tickets/{ticket.number}/")
    assert "saw 50 % of the time for the first response used" in page
    assert "saw the time for the resolution run out" in page
    assert "started a clock" not in page
    assert "changed what is promised" not in page


def test_triage_shows_by_when_to_answer(project: Project, engineer: User, now: datetime) -> None:
    report = factories.make_triaged_report(project, now=now)
    path = f"/console/triage/{report.pk}/"
    page = text_of(engineer, path)
    assert "Answer by" in page
    assert "SLA clocks First response due" in page
    assert "Resolution" not in page
    late = now - HOUR
    SlaClock.objects.update(due_at=late, breached_at=late)
    page = text_of(engineer, path)
    assert "Answer due 1 hour ago" in page
    assert "late since" in page


def test_a_client_sees_the_next_answer_and_no_clock_of_ours(
    ticket: Ticket, engineer: User, alice: User, charlie: User, now: datetime
) -> None:
    path = f"/portal/tickets/{ticket.number}/"
    first = text_of(alice, path)
    assert "We answer by" in first
    assert "this moves earlier" in first
    actions.reply_to_ticket(ticket_id=ticket.pk, body="We look.", actor=engineer, now=now)
    assert "We answer" not in text_of(alice, path)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="And?", actor=alice, now=now)
    assert "We answer your last message by" in text_of(alice, path)
    later = timezone.now() + timedelta(days=60)
    actions.sweep_clocks(report_ids=due_lines(later), now=later)
    SlaClock.objects.filter(clock="next_reply").update(due_at=now - HOUR)
    page = text_of(alice, path)
    assert "We wanted to answer by" in page
    for word in ("Resolution", "SLA clocks", "run out", "saw ", "%"):
        assert word not in page
    assert signed_in(charlie).get(path).status_code == 404


def test_an_unpromised_resolution_shows_no_time_to_the_client(
    ticket: Ticket, alice: User, engineer: User, now: datetime
) -> None:
    actions.reply_to_ticket(ticket_id=ticket.pk, body="We look.", actor=engineer, now=now)
    Ticket.objects.filter(pk=ticket.pk).update(due_at=None, committed_at=None)
    assert SlaClock.objects.get(report=ticket.number, clock="resolution").due_at
    assert "Due by" not in text_of(alice, f"/portal/tickets/{ticket.number}/")


def test_a_report_before_triage_shows_its_promise_of_arrival_and_after_it_the_clock(
    project: Project, alice: User, now: datetime
) -> None:
    report = factories.make_report(project, by=alice, now=now)
    path = f"/portal/reports/{report.pk}/"
    assert "We answer by" in text_of(alice, path)
    actions.propose_triage(report_id=report.pk, now=now)
    assert "We answer by" in text_of(alice, path)


def test_while_the_retainer_is_paused_no_answer_is_promised(
    project: Project, acme: Client, alice: User, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, by=alice, now=now - HOUR)
    client_actions.set_retainer_state(
        retainer_id=acme.retainers.get().pk, state="paused", actor=None, now=now
    )
    actions.keep_client(client_id=acme.pk, now=now)
    assert Report.objects.get(pk=report.pk).respond_by_at
    assert "We answer by" not in text_of(alice, f"/portal/reports/{report.pk}/")
    assert "First response stands still" in text_of(engineer, f"/console/triage/{report.pk}/")
