"""Who says themselves that a known ticket is their problem."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from clients.models import Project, User
from core.errors import InvalidInput, MoveRefused, NotAllowed
from core.models import OutboxMessage
from tests import factories
from tests.portal import signed_in
from tickets import actions, queries
from tickets.models import Alert, FixCheck, Report, SlaClock, Ticket, TicketEvent
from tickets.models import TicketEventKind as Kind
from tickets.rules.states import ReportState


@pytest.fixture
def ticket(project: Project, engineer: User, alice: User, now: datetime) -> Ticket:
    return factories.make_ticket(
        project=project, engineer=engineer, state="in_progress", by=alice, now=now
    )


def test_joining_by_oneself_counts_the_person_and_tells_whoever_works_on_it(
    ticket: Ticket, project: Project, bob: User, engineer: User, now: datetime
) -> None:
    report = factories.make_report(project, "Export is dead for me.", by=bob, now=now)
    joined = actions.join_own_report(report_id=report.pk, number=ticket.number, actor=bob, now=now)
    report.refresh_from_db()
    assert (joined.pk, joined.reach) == (ticket.pk, 2)
    assert (report.ticket, report.state) == (ticket, ReportState.DUPLICATE)
    event = report.events.get(kind=Kind.REPORT_JOINED)
    assert (event.actor_user, event.ticket, event.data) == (bob, ticket, {"is_own": True})
    told = OutboxMessage.objects.get(recipient=engineer.email)
    assert "One more person" in told.subject and told.text == "Export is dead for me."
    assert report.triage.decided_at is None
    assert not OutboxMessage.objects.filter(recipient=bob.email, subject__contains="#").exists()


def test_joining_twice_is_joining_once(
    ticket: Ticket, project: Project, bob: User, now: datetime
) -> None:
    report = factories.make_report(project, by=bob, now=now)
    for _ in range(2):
        actions.join_own_report(report_id=report.pk, number=ticket.number, actor=bob, now=now)
    assert report.events.filter(kind=Kind.REPORT_JOINED).count() == 1
    assert OutboxMessage.objects.filter(subject__contains="One more person").count() == 1


def test_what_staff_took_out_again_is_not_joined_by_sending_the_form_again(
    ticket: Ticket, project: Project, bob: User, engineer: User, now: datetime
) -> None:
    report = factories.make_report(project, by=bob, now=now)
    own: dict[str, Any] = {"report_id": report.pk, "number": ticket.number, "actor": bob}
    actions.join_own_report(now=now, **own)
    actions.split_report(report_id=report.pk, actor=engineer, now=now)
    with pytest.raises(MoveRefused):
        actions.join_own_report(now=now, **own)


def test_what_is_another_s_done_or_foreign_is_refused_and_leaves_the_report_in_triage(
    ticket: Ticket, project: Project, foreign_project: Project, engineer: User, bob: User,
    alice: User, ops_admin: User, now: datetime,
) -> None:  # fmt: skip
    report = factories.make_triaged_report(project, by=bob, now=now)
    foreign = factories.make_ticket(project=foreign_project, now=now)
    closed = factories.make_ticket(project=project, engineer=engineer, state="closed", now=now)
    for actor, number, refusal in (
        (alice, ticket.number, NotAllowed), (ops_admin, ticket.number, NotAllowed),
        (bob, foreign.number, InvalidInput), (bob, closed.number, MoveRefused),
    ):  # fmt: skip
        with pytest.raises(refusal), transaction.atomic():
            actions.join_own_report(report_id=report.pk, number=number, actor=actor, now=now)
    report.refresh_from_db()
    assert (report.state, report.ticket) == (ReportState.PROPOSED, None)
    unknown = factories.make_report(project, now=now)
    with pytest.raises(NotAllowed):
        actions.join_own_report(report_id=unknown.pk, number=ticket.number, actor=bob, now=now)


def test_an_outage_told_by_joining_still_raises_its_alert(
    ticket: Ticket, project: Project, bob: User, now: datetime
) -> None:
    report = factories.make_report(
        project, "URGENT: the whole site is down, every page shows 502. Nobody can pay!",
        by=bob, now=now,
    )  # fmt: skip
    actions.join_own_report(report_id=report.pk, number=ticket.number, actor=bob, now=now)
    assert Alert.objects.get().report == report


def test_it_answers_the_reporter_at_once_and_does_not_count_as_an_answer_of_ours(
    ticket: Ticket, project: Project, bob: User, now: datetime
) -> None:
    report = factories.make_report(project, by=bob, now=now)
    actions.join_own_report(report_id=report.pk, number=ticket.number, actor=bob, now=now)
    clock = SlaClock.objects.get(report=report, clock="first_response")
    assert clock.fulfilled_at == now
    assert queries.median_response_minutes(now=now) == []
    later = now + timedelta(minutes=7)
    other = factories.make_triaged_report(project, by=bob, now=now)
    actions.reply_to_report(
        report_id=other.pk, body="We look.", actor=factories.make_staff(now=now), now=later
    )
    assert [row[1:] for row in queries.median_response_minutes(now=later)] == [(7.0, 1)]


def test_who_joins_what_is_shipped_is_asked_whether_it_works(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state="shipped", now=now)
    report = factories.make_report(project, by=bob, now=now)
    actions.join_own_report(report_id=report.pk, number=ticket.number, actor=bob, now=now)
    shipping = ticket.events.get(kind=Kind.TICKET_SHIPPED)
    actions.ask_reporters(event_id=shipping.pk, now=now)
    assert FixCheck.objects.get(ticket=ticket).reporter.user == bob


def test_a_no_of_somebody_who_had_not_reported_it_counts_them_in(
    project: Project, engineer: User, alice: User, bob: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, state="shipped", by=alice, now=now
    )
    actions.answer_fix(
        ticket_id=ticket.pk, works=False, comment="No credits here.", actor=bob, now=now
    )
    ticket.refresh_from_db()
    assert (ticket.state, ticket.reach, ticket.reopened_count) == ("queued", 2, 1)
    assert Report.objects.get(ticket=ticket, reporter__user=bob).text == "No credits here."
    assert not ticket.comments.exists()
    told = OutboxMessage.objects.filter(recipient=engineer.email)
    assert [mail.subject for mail in told] == [f"[#{ticket.number}] Still broken"]
    page = " ".join(
        signed_in(alice).get(f"/portal/tickets/{ticket.number}/").content.decode().split()
    )
    assert "No credits here." in page and "has the same problem" in page

    factories.walk_ticket(ticket, "shipped", engineer=engineer, now=now)
    actions.answer_fix(ticket_id=ticket.pk, works=False, comment="", actor=bob, now=now)
    ticket.refresh_from_db()
    assert (ticket.reach, ticket.reopened_count) == (2, 2)
    assert TicketEvent.objects.filter(kind=Kind.FIX_DENIED, actor_user=bob).count() == 2


def test_a_no_about_an_app_out_of_our_care_is_a_reply(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state="shipped", now=now)
    Project.objects.filter(pk=project.pk).update(archived_at=now)
    actions.answer_fix(ticket_id=ticket.pk, works=False, comment="No.", actor=bob, now=now)
    assert ticket.comments.get().body == "No."
    assert ticket.reports.count() == 1
