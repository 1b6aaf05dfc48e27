"""What people say when they are asked whether a fix works, counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

from clients.models import Project, User
from core.tokens import derive_token
from tests import factories
from tests.portal import signed_in
from tickets import actions, queries
from tickets.models import FixCheck, Ticket, TicketEvent
from tickets.models import TicketEventKind as Kind
from tickets.queries.people import ships_to_ask

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)


def _answer(project: Project, engineer: User, at: datetime, works: bool) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, state="shipped", email="cara@mail.test", now=at
    )
    _, token = factories.make_fix_check(ticket=ticket, now=at)
    actions.answer_fix_check(token=token, works=works, comment="", now=at)


def test_answers_of_the_last_ninety_days_count_in_their_week_by_mail_and_in_the_portal(
    project: Project, engineer: User, alice: User
) -> None:
    sunday = MONDAY - timedelta(days=1)
    _answer(project, engineer, MONDAY - timedelta(days=91), works=True)
    for at, works in ((sunday, True), (MONDAY, True), (MONDAY, False)):
        _answer(project, engineer, at, works)
    ticket = factories.make_ticket(project=project, engineer=engineer, state="shipped", now=MONDAY)
    actions.answer_fix(ticket_id=ticket.pk, works=True, comment="", actor=alice, now=MONDAY)

    weeks = queries.fix_answers(now=MONDAY + timedelta(hours=1))
    assert len(weeks) == 14 and weeks[0].monday <= (MONDAY - timedelta(days=90)).date()
    assert weeks[-2:] == [((MONDAY - timedelta(days=7)).date(), 1, 0), (MONDAY.date(), 2, 1)]
    assert sum(week.works + week.broken for week in weeks) == 4


def test_the_dashboard_shows_the_verified_fix_rate_or_says_why_there_is_none(
    project: Project, engineer: User, now: datetime, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    page = signed_in(engineer).get("/console/").content.decode()
    assert "Nobody has answered in the last 90 days" in page
    for works in (True, True, False):
        _answer(project, engineer, now, works)
    page = signed_in(engineer).get("/console/").content.decode()
    assert "67 %" in page and "2 of 3 answers" in " ".join(page.split())


def _ask(ticket: Ticket, now: datetime) -> list[str]:
    """Ask as the task does; give who has an open question, by address."""
    shipped = TicketEvent.objects.filter(ticket=ticket, kind=Kind.TICKET_SHIPPED).latest("pk")
    actions.ask_reporters(event_id=shipped.pk, now=now)
    checks = ticket.fix_checks.filter(state=FixCheck.State.ASKED).select_related("reporter__user")
    return sorted(
        check.reporter.user.email if check.reporter.user else check.reporter.email
        for check in checks
    )


def test_everybody_of_a_merged_ticket_is_asked_once_and_a_no_reopens_and_counts_them(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    source = factories.make_ticket(
        project=project, engineer=engineer, email="cara@mail.test", now=now
    )
    target = factories.make_ticket(project=project, engineer=engineer, by=alice, now=now)
    actions.merge_tickets(source_id=source.pk, number=target.number, actor=engineer, now=now)
    factories.walk_ticket(target, "shipped", engineer=engineer, now=now)
    assert _ask(target, now) == _ask(target, now) == [alice.email, "cara@mail.test"]
    assert target.fix_checks.count() == 2

    target.refresh_from_db()
    assert (target.reach, target.unsigned_reach) == (1, 1)
    check = target.fix_checks.get(reporter__email="cara@mail.test")
    token = derive_token("fix_check", check.pk)
    actions.answer_fix_check(token=token, works=False, comment="Still no.", now=now)
    target.refresh_from_db()
    assert (target.state, target.reach, target.unsigned_reach) == ("queued", 2, 0)
    assert Ticket.objects.get(pk=source.pk).state == "merged"
    assert queries.fix_answers(now=now)[-1][1:] == (0, 1)


def test_who_is_merged_into_what_is_shipped_is_asked_and_the_others_not_anew(
    project: Project, engineer: User, alice: User, bob: User, now: datetime
) -> None:
    target = factories.make_ticket(
        project=project, engineer=engineer, state="shipped", by=alice, now=now
    )
    source = factories.make_ticket(project=project, engineer=engineer, by=bob, now=now)
    assert _ask(target, now) == [alice.email]
    actions.merge_tickets(source_id=source.pk, number=target.number, actor=engineer, now=now)
    assert _ask(target, now) == [alice.email, bob.email]
    assert target.fix_checks.count() == 2


def test_who_is_taken_out_and_merged_again_is_asked_again(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    part = factories.make_ticket(
        project=project, engineer=engineer, email="cara@mail.test", now=now
    )
    live = factories.make_ticket(
        project=project, engineer=engineer, by=alice, state="shipped", now=now
    )
    for _ in range(2):
        actions.merge_tickets(source_id=part.pk, number=live.number, actor=engineer, now=now)
        assert _ask(live, now) == [alice.email, "cara@mail.test"]
        actions.unmerge_ticket(source_id=part.pk, actor=engineer, now=now)
        assert _ask(live, now) == [alice.email]


def test_who_came_late_to_an_old_fix_is_asked_though_the_nudge_was_lost(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    long_ago = now - timedelta(days=20)
    live = factories.make_ticket(
        project=project, engineer=engineer, by=alice, state="shipped", now=long_ago
    )
    _ask(live, long_ago)
    part = factories.make_ticket(
        project=project, engineer=engineer, email="cara@mail.test", now=now
    )
    actions.merge_tickets(source_id=part.pk, number=live.number, actor=engineer, now=now)
    assert list(ships_to_ask(since=now - timedelta(days=2))) == [live]
    assert not ships_to_ask(since=now + timedelta(days=1)).exists()


def test_saying_again_that_it_works_counts_once(
    project: Project, engineer: User, alice: User, bob: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, by=alice, state="shipped", now=now
    )
    for person in (alice, alice, bob):
        actions.answer_fix(ticket_id=ticket.pk, works=True, comment="", actor=person, now=now)
    assert ticket.events.filter(kind=Kind.FIX_CONFIRMED).count() == 2


def test_one_address_with_an_account_and_without_is_one_person(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, by=alice, now=now)
    report = factories.make_triaged_report(project, email=alice.email.upper(), now=now)
    actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=now)
    factories.walk_ticket(ticket, "shipped", engineer=engineer, now=now)

    assert _ask(ticket, now) == [alice.email]
    assert (ticket.reach, ticket.unsigned_reach) == (1, 0)
    assert not ships_to_ask(since=now).exists()
