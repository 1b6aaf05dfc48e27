"""What people say when they are asked whether a fix works, counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

from clients.models import Project, User
from tests import factories
from tests.portal import signed_in
from tickets import actions, queries

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
