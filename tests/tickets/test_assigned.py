"""Promised work that is somebody's: nobody else will do it, and what that breaks is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from clients import actions as client_actions
from clients.models import Project, User
from tests import factories
from tests.console import post, said
from tickets import actions
from tickets.models import Ticket
from tickets.queries.absences import late_promises
from tickets.queries.promises import plan_of


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def promised(project: Project, engineer: User, now: datetime) -> Ticket:
    return factories.make_ticket(project=project, engineer=engineer, now=now)


@pytest.fixture
def busy(foreign_project: Project, engineer2: User, now: datetime) -> User:
    """A colleague with eight days of work in hand."""
    factories.make_ticket(
        project=foreign_project, engineer=engineer2, severity="S4", state="in_progress",
        estimate_minutes=3840, now=now,
    )  # fmt: skip
    return engineer2


def assign(ticket: Ticket, who: User | None, actor: User, now: datetime) -> None:
    pk = who.pk if who else None
    actions.assign_ticket(ticket_id=ticket.pk, assignee_id=pk, actor=actor, now=now)


def end_of(ticket: Ticket, now: datetime) -> int | None:
    return plan_of(now).trial().ends[ticket.number]


def test_what_is_assigned_waits_for_its_assignee(
    promised: Ticket, busy: User, engineer: User, now: datetime
) -> None:
    worker = plan_of(now).crew.worker_of(busy.pk)
    assert worker
    assert (end_of(promised, now) or 0) < worker.free_at
    assign(promised, busy, engineer, now)
    assert (end_of(promised, now) or 0) > worker.free_at
    assert late_promises(now) == [promised.number]
    assign(promised, None, engineer, now)
    assert late_promises(now) == []


def test_what_somebody_left_behind_is_free_for_all(
    promised: Ticket, busy: User, engineer: User, ops_admin: User, now: datetime
) -> None:
    assign(promised, busy, engineer, now)
    client_actions.deactivate_user(user_id=busy.pk, actor=ops_admin, now=now)
    assert late_promises(now) == []


def test_whose_hours_nobody_plans_with_is_no_promise_kept(
    promised: Ticket, engineer: User, ops_admin: User, now: datetime
) -> None:
    assign(promised, ops_admin, engineer, now)
    assert end_of(promised, now) is None


def test_a_new_promise_counts_on_the_assignee_alone(
    project: Project, busy: User, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, state="shipped", now=now - timedelta(days=90)
    )
    Ticket.objects.filter(pk=ticket.pk).update(assignee=busy)
    reopened = actions.reopen_ticket(ticket_id=ticket.pk, reason="Again.", actor=engineer, now=now)
    assert reopened.assignee == busy
    assert reopened.due_at is None


@pytest.mark.parametrize("state", ["shipped", "verified"])
def test_what_is_reopened_waits_for_nobody_who_is_away(
    state: str, project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state=state, now=now)
    actions.add_absence(
        engineer_id=engineer.pk, starts_at=now + timedelta(minutes=1),
        ends_at=now + timedelta(days=9), reason="Holiday", actor=engineer, now=now,
    )  # fmt: skip
    later = now + timedelta(hours=1)
    reopened = actions.reopen_ticket(
        ticket_id=ticket.pk, reason="Again.", actor=engineer2, now=later
    )
    assert reopened.assignee is None
    assert actions.take_next(actor=engineer2, now=later) == reopened


def test_assigning_tells_which_promises_break(promised: Ticket, busy: User, engineer: User) -> None:
    path = f"/console/tickets/{promised.number}/"
    answer = post(engineer, path, "assign", assignee=engineer.pk)
    assert "That breaks" not in said(answer)
    answer = post(engineer, path, "assign", assignee=busy.pk)
    assert f"That breaks 1 promise: #{promised.number}." in said(answer)
    # It was broken before.
    answer = post(engineer, path, "assign", assignee=busy.pk)
    assert "That breaks" not in said(answer)


def test_a_skill_nobody_has_tells_which_promises_break(promised: Ticket, engineer: User) -> None:
    skill = factories.make_skill()
    terms = {
        "version": promised.version, "kind": promised.kind, "severity": promised.severity,
        "title": promised.title, "estimate_minutes": promised.estimate_minutes,
    }  # fmt: skip
    path = f"/console/tickets/{promised.number}/"
    answer = post(engineer, path, "edit", skill=skill.pk, **terms)
    assert f"That breaks 1 promise: #{promised.number}." in said(answer)
