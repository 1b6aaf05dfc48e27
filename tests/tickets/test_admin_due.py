from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from clients.models import Project, User
from tests.console import post, said
from tests.factories import make_ticket
from tests.portal import signed_in
from tickets.models import Ticket

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def ticket(project: Project, engineer: User, now: datetime) -> Ticket:
    return make_ticket(
        project=project, engineer=engineer, severity="S3", estimate_minutes=300, now=now
    )


def path(ticket: Ticket) -> str:
    return f"/console/tickets/{ticket.number}/due/"


def local(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}"


def test_what_breaks_is_shown_before_anything_moves(
    ticket: Ticket, foreign_project: Project, engineer: User, now: datetime
) -> None:
    other = make_ticket(
        project=foreign_project, engineer=engineer, severity="S2", estimate_minutes=1300, now=now
    )
    assert other.due_at and ticket.due_at
    sooner = local(other.due_at - timedelta(minutes=1))
    page = signed_in(engineer).get(path(ticket), {"due_at": sooner}).content.decode()
    assert "1 promise would be broken" in page
    assert f"#{other.number}" in page and "Globex" in page
    before = ticket.due_at
    ticket.refresh_from_db()
    assert ticket.due_at == before
    answer = post(engineer, path(ticket), due_at=sooner, reason="They asked.")
    assert f"Late by it: #{other.number}." in said(answer)
    ticket.refresh_from_db()
    assert ticket.due_at and local(ticket.due_at) == sooner


def test_without_a_reason_nothing_moves(ticket: Ticket, engineer: User) -> None:
    later = local(timezone.now() + 20 * DAY)
    answer = post(engineer, path(ticket), due_at=later, reason=" ")
    assert answer.status_code == 400
    assert said(answer) == "Say why it is moved."
    page = answer.content.decode()
    assert f'value="{later}"' in page
    assert "No promise breaks by it" in page


def test_a_time_that_is_past_is_asked_for_no_reason(ticket: Ticket, engineer: User) -> None:
    past = local(timezone.now() - timedelta(minutes=1))
    answer = signed_in(engineer).get(path(ticket), {"due_at": past})
    assert answer.status_code == 400
    assert "A due time lies ahead." in answer.content.decode()
    assert "<textarea" not in answer.content.decode()


@pytest.mark.parametrize("due", ["", "soon", "1999-01-01T00:00", "9999-12-31T23:59"])
def test_a_time_that_is_none_is_refused(ticket: Ticket, engineer: User, due: str) -> None:
    answer = post(engineer, path(ticket), due_at=due, reason="Why not")
    assert answer.status_code in (200, 400)
    before = ticket.due_at
    ticket.refresh_from_db()
    assert ticket.due_at == before


def test_what_is_not_promised_cannot_be_moved(project: Project, engineer: User) -> None:
    ticket = make_ticket(project=project, engineer=engineer, estimate_minutes=12_000)
    assert ticket.due_at is None
    page = signed_in(engineer).get(path(ticket)).content.decode()
    assert "nothing is promised that could be moved" in page
    assert "<textarea" not in page
    later = local(timezone.now() + 20 * DAY)
    assert post(engineer, path(ticket), due_at=later, reason="x").status_code == 409


def test_the_workbench_leads_here(ticket: Ticket, engineer: User) -> None:
    page = signed_in(engineer).get(f"/console/tickets/{ticket.number}/").content.decode()
    assert path(ticket) in page


def test_nobody_but_staff_comes_here(ticket: Ticket, alice: User, charlie: User) -> None:
    for person in (alice, charlie):
        assert signed_in(person).get(path(ticket)).status_code in (302, 403, 404)


def test_the_page_costs_the_same_whatever_breaks(
    ticket: Ticket, foreign_project: Project, engineer: User, now: datetime,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    for _ in range(4):
        make_ticket(project=foreign_project, engineer=engineer, severity="S3", now=now)
    browser = signed_in(engineer)
    with django_assert_max_num_queries(24):
        browser.get(path(ticket), {"due_at": local(now + DAY)})
