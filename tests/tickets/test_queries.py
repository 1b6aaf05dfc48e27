"""What lists give, to whom, and with how many queries."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clients.models import ApiKey, Client, Project, User
from tests import factories
from tickets import queries
from tickets.models import Attachment, Report, Source, Ticket
from tickets.queries.access import get_attachment_for, get_report_for, get_ticket_for
from tickets.queries.lists import capped_count, client_reports, client_tickets
from tickets.queries.timeline import timeline_of


@pytest.fixture
def tickets(project: Project, engineer: User, now: datetime) -> list[Ticket]:
    return [
        factories.make_ticket(project=project, engineer=engineer, title=title, now=now)
        for title in ("Pay twice", "Pay 100 euros", "snake_case", "Umlaut", "Ünïcode")
    ]


def test_nothing_of_another_client_is_ever_given(
    tickets: list[Ticket], acme: Client, charlie: User, foreign_project: Project, now: datetime
) -> None:
    foreign_key, _ = factories.make_api_key(project=foreign_project, now=now)
    ticket, report = tickets[0], tickets[0].reports.get()
    assert not client_tickets(charlie, client_id=acme.pk, view="all")
    assert not client_reports(charlie, client_id=acme.pk, view="all")
    for who in (charlie, foreign_key):
        with pytest.raises(Ticket.DoesNotExist):
            get_ticket_for(who, ticket.number)
        with pytest.raises(Report.DoesNotExist):
            get_report_for(who, report.number)


def test_a_key_sees_its_project_only(
    tickets: list[Ticket], acme: Client, api_key: ApiKey, now: datetime
) -> None:
    sibling = factories.make_ticket(project=factories.make_project(acme, now=now), now=now)
    assert get_ticket_for(api_key, tickets[0].number) == tickets[0]
    with pytest.raises(Ticket.DoesNotExist):
        get_ticket_for(api_key, sibling.number)


def test_files_of_notes_and_loose_files_are_not_the_client_s(
    project: Project, engineer: User, alice: User, vera: User, charlie: User, now: datetime
) -> None:
    from tickets import actions

    ticket = factories.make_ticket(project=project, engineer=engineer, by=alice, now=now)
    said: dict[str, Any] = {"ticket_id": ticket.pk, "body": "x", "actor": engineer, "now": now}
    note, reply, loose = (factories.make_attachment(actor=engineer, now=now) for _ in range(3))
    actions.note_on_ticket(attachment_ids=[note.pk], **said)
    actions.reply_to_ticket(attachment_ids=[reply.pk], **said)
    assert get_attachment_for(vera, reply.pk) == reply
    assert get_attachment_for(engineer, note.pk) == note
    for who, file in ((alice, note), (alice, loose), (charlie, reply), (engineer, loose)):
        with pytest.raises(Attachment.DoesNotExist):
            get_attachment_for(who, file.pk)


def test_counting_stops_at_the_cap(tickets: list[Ticket]) -> None:
    assert capped_count(Ticket.objects.all(), cap=3) == 3
    assert capped_count(Ticket.objects.all(), cap=99) == 5


def test_views_split_open_and_done(
    project: Project, acme: Client, alice: User, engineer: User, now: datetime
) -> None:
    for state in ("queued", "waiting", "shipped", "closed"):
        factories.make_ticket(project=project, engineer=engineer, state=state, now=now)

    def states(view: str) -> set[str]:
        return {t.state for t in client_tickets(alice, client_id=acme.pk, view=view)}

    assert states("open") == {"queued", "waiting"}
    assert states("done") == {"shipped", "closed"}
    assert len(states("all")) == 4


def test_the_inbox_and_the_queue_stand_in_order(
    project: Project, engineer: User, now: datetime
) -> None:
    for severity in ("S3", "S1", "S4", "S2"):
        factories.make_ticket(project=project, engineer=engineer, severity=severity, now=now)
    assert [ticket.priority for ticket in queries.open_tickets()] == ["P1", "P2", "P3", "P4"]
    raw = factories.make_report(project, now=now)
    factories.make_triaged_report(project, now=now)
    assert list(queries.triage_inbox())[0] == raw


@pytest.mark.parametrize("count", [2, 12])
def test_lists_cost_the_same_however_long(
    project: Project, acme: Client, engineer: User, alice: User, bob: User, now: datetime,
    django_assert_max_num_queries: Any, count: int,
) -> None:  # fmt: skip
    factories.make_engineer(engineer, wip_limit=20, now=now)
    for number in range(count):
        factories.make_ticket(project=project, engineer=engineer, state="in_progress", by=bob,
                              title=f"T{number}", now=now)  # fmt: skip
        factories.make_triaged_report(project, by=alice, now=now)
    ticket = Ticket.objects.latest("pk")
    for _ in range(count):
        factories.make_attachment(actor=bob, now=now)
    viewer = User.objects.get(pk=alice.pk)
    with django_assert_max_num_queries(1):
        [(t.client.name, t.project.name, str(t.assignee)) for t in queries.open_tickets()]
    with django_assert_max_num_queries(1):
        [(r.project.name, str(r.reporter), r.triage.title) for r in queries.triage_inbox()]
    with django_assert_max_num_queries(2):
        [(t.project.name, t.title) for t in client_tickets(viewer, client_id=acme.pk)]
    with django_assert_max_num_queries(1):
        [(r.project.name, str(r.reporter)) for r in client_reports(viewer, client_id=acme.pk)]
    with django_assert_max_num_queries(4):
        timeline_of(ticket=ticket, public_only=True)


def test_figures_count_days_of_utc_whatever_zone_is_active(
    project: Project, engineer: User, now: datetime
) -> None:
    from zoneinfo import ZoneInfo

    from django.utils import timezone

    at = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    factories.make_ticket(project=project, engineer=engineer, state="closed", now=at)
    with timezone.override(ZoneInfo("Pacific/Auckland")):
        days = queries.arrivals_and_ships(now=at, days=2)
        assert [(day.day, arrived) for day, arrived, *_ in days] == [(17, 0), (18, 1)]
        assert [row[0].day for row in queries.median_response_minutes(now=at)] == [18]


def test_the_median_of_a_day_is_that_of_its_answered_reports(project: Project) -> None:
    at = datetime(2026, 5, 18, 12, tzinfo=UTC)
    for minutes in (10, 90, 20, 40, None, -5):
        report = factories.make_report(project, now=at)
        if minutes is not None:
            answered_at = at + timedelta(minutes=minutes)
            Report.objects.filter(pk=report.pk).update(first_response_at=answered_at)
    late = factories.make_report(project, now=at - timedelta(days=1))
    Report.objects.filter(pk=late.pk).update(first_response_at=at)

    assert queries.median_response_minutes(now=at, days=2) == [
        (date(2026, 5, 17), 1440.0, 1),
        (date(2026, 5, 18), 20.0, 5),
    ]
    assert [count for _, _, count in queries.median_response_minutes(now=at, days=1)] == [5]


def test_imports_neither_flatten_the_arrivals_nor_stretch_the_answers(project: Project) -> None:
    at = datetime(2026, 5, 18, 12, tzinfo=UTC)
    for days in (3, 2):
        old = factories.make_report(
            project, source=Source.IMPORT, received_at=at - timedelta(days=days), now=at
        )
        Report.objects.filter(pk=old.pk).update(first_response_at=at)
    factories.make_report(project, now=at)

    assert queries.arrivals_and_ships(now=at, days=1) == [(at.date(), 1, 0, 2)]
    assert queries.median_response_minutes(now=at) == []


def test_accuracy_counts_what_people_decided(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, now=now)
    triage = report.triage
    factories.make_ticket(report, engineer=engineer, kind=triage.kind, severity="S1", now=now)
    assert queries.proposal_accuracy() == {
        "decided": 1, "kind_right": 1, "severity_right": int(triage.severity == "S1"),
    }  # fmt: skip
