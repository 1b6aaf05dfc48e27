"""Taking a ticket that is not next, and receipts, over HTTP."""

from datetime import datetime
from typing import Any

import pytest

from clients.models import Project, User
from clients.queries import house_calendar
from tests.console import post, said
from tests.factories import make_engineer, make_ticket
from tests.portal import signed_in
from tickets.actions import log_time
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def urgent(project: Project, engineer: User, now: datetime) -> Ticket:
    """What is next."""
    return make_ticket(project=project, engineer=engineer, severity="S1", now=now)


@pytest.fixture
def other(foreign_project: Project, engineer: User, urgent: Ticket, now: datetime) -> Ticket:
    """What is not."""
    return make_ticket(project=foreign_project, engineer=engineer, now=now)


def test_the_page_says_what_is_next_instead_and_wants_a_reason(
    urgent: Ticket, other: Ticket, engineer: User
) -> None:
    path = f"/console/tickets/{other.number}/take/"
    page = signed_in(engineer).get(path).content.decode()
    assert f"Take #{urgent.number} instead" in page
    assert "No promise breaks by it" in page

    refused = post(engineer, path, reason="  ")
    assert refused.status_code == 409
    assert f"#{urgent.number} is next for you" in refused.content.decode()

    answer = post(engineer, path, reason="They called.")
    assert answer.redirect_chain[-1][0] == f"/console/tickets/{other.number}/"
    other.refresh_from_db()
    assert (other.state, other.assignee) == ("in_progress", engineer)


def test_the_page_names_the_promises_that_break_and_by_how_much(
    urgent: Ticket, other: Ticket, engineer: User, ops_admin: User, now: datetime
) -> None:
    Ticket.objects.filter(pk=urgent.pk).update(severity="S2", priority="P2")
    due_at = house_calendar().add_minutes(now, 70)
    Ticket.objects.filter(pk=urgent.pk).update(due_at=due_at, committed_at=now)
    Ticket.objects.filter(pk=other.pk).update(due_at=None, committed_at=None, estimate_minutes=90)
    for person in User.objects.filter(is_staff=True).exclude(pk__in=[engineer.pk, ops_admin.pk]):
        person.groups.clear()

    page = signed_in(engineer).get(f"/console/tickets/{other.number}/take/")

    [(breach, broken)] = page.context["breaches"]
    assert (broken, breach.minutes) == (urgent, 80)
    assert "1 h 20 min late" in page.content.decode()
    assert "Take it all the same" in page.content.decode()


def test_what_is_next_needs_no_reason_there_and_what_does_not_wait_is_not_offered(
    urgent: Ticket, engineer: User
) -> None:
    path = f"/console/tickets/{urgent.number}/take/"
    assert "It is next for you" in signed_in(engineer).get(path).content.decode()
    post(engineer, path)
    urgent.refresh_from_db()
    assert urgent.state == "in_progress"
    assert "It does not wait in the queue" in signed_in(engineer).get(path).content.decode()


def test_the_workbench_leads_to_the_page_where_a_ticket_is_out_of_order(
    urgent: Ticket, other: Ticket, engineer: User
) -> None:
    answer = post(engineer, f"/console/tickets/{other.number}/", "start")
    assert answer.redirect_chain[-1][0] == f"/console/tickets/{other.number}/take/"


def test_too_much_in_progress_is_said(
    urgent: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    make_engineer(engineer, wip_limit=1, now=now)
    post(engineer, "/console/queue/", "take_next")
    answer = post(engineer, "/console/queue/", "take_next")
    assert "You have 1 ticket in progress" in said(answer)


def test_full_hands_are_said_before_a_reason_is_typed(
    urgent: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    make_engineer(engineer, wip_limit=1, now=now)
    post(engineer, "/console/queue/", "take_next")
    path = f"/console/tickets/{other.number}/take/"
    page = signed_in(engineer).get(path)
    text = page.content.decode()
    assert page.status_code == 200
    assert "You have 1 ticket in progress; finish one or put one back first." in text
    assert 'name="reason"' not in text and "Take it" not in text
    assert "instead" not in text
    assert post(engineer, path, reason="They called.").status_code == 409


def test_the_sheet_has_every_term_alone_for_the_list_and_on_a_page(
    urgent: Ticket, other: Ticket, engineer: User
) -> None:
    path = f"/console/tickets/{other.number}/receipt/"
    browser = signed_in(engineer)
    whole = browser.get(path).content.decode()
    part = browser.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole and "<html" not in part
    for term in ("Base", "People affected", "Waiting", "Score", "Globex&#x27;s account"):
        assert f"<dt>{term}</dt>" in part and f"<dt>{term}</dt>" in whole


def test_a_started_ticket_shows_the_receipt_it_was_taken_by(urgent: Ticket, engineer: User) -> None:
    post(engineer, "/console/queue/", "take_next")
    page = signed_in(engineer).get(f"/console/tickets/{urgent.number}/receipt/").content.decode()
    assert "Why it was taken" in page
    assert "L0: P1, due" in page


def test_the_pages_cost_the_same_however_long_the_queue_is(
    urgent: Ticket, other: Ticket, project: Project, engineer: User, now: datetime,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    browser = signed_in(engineer)
    paths = [f"/console/tickets/{other.number}/take/", "/console/shares/"]
    for path in paths:
        browser.get(path)
    for _ in range(4):
        make_ticket(project=project, engineer=engineer, now=now)
    for path, most in zip(paths, (17, 10), strict=True):
        with django_assert_max_num_queries(most):
            assert browser.get(path).status_code == 200


def test_shares_are_shown_to_staff_and_a_client_sees_its_own_only(
    urgent: Ticket, other: Ticket, engineer: User, alice: User, charlie: User, now: datetime
) -> None:
    log_time(ticket_id=urgent.pk, minutes=90, actor=engineer, now=now)
    log_time(ticket_id=other.pk, minutes=30, actor=engineer, now=now)

    listed = signed_in(engineer).get("/console/shares/").content.decode()
    assert "150 %" in listed and "50 %" in listed
    own = signed_in(engineer).get(f"/console/clients/{urgent.client_id}/").content.decode()
    assert "150 %" in own and "Share of our work" in own

    mine = signed_in(alice).get("/portal/").content.decode()
    assert "1.5 h in the last 4" in mine and "150 %" in mine
    assert "Globex" not in mine and "50 %" not in mine.replace("150 %", "")
    theirs = signed_in(charlie).get("/portal/").content.decode()
    assert "50 %" in theirs and "150 %" not in theirs and "Acme" not in theirs


@pytest.mark.parametrize("path", ["take/", "receipt/"])
def test_a_stranger_finds_neither_page(urgent: Ticket, charlie: User, path: str) -> None:
    answer = signed_in(charlie).get(f"/console/tickets/{urgent.number}/{path}")
    assert answer.status_code == 302 and answer["Location"].startswith("/console/login/")
    assert urgent.title not in answer.content.decode()
