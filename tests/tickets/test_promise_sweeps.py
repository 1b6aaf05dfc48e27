"""The sweep of promises does what is due, and looks at nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from clients import actions as client_actions
from clients.models import Client, PlanVersion, Project, User
from tests import factories
from tickets import actions, tasks
from tickets.models import ShareAccount, Ticket
from tickets.queries.owed import clients_owing, owed_stops
from tickets.queries.promises import clients_with_backlog

# A Wednesday; the office of the tests' installation is open.
NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return NOON


def move(client: Client, state: str, now: datetime) -> None:
    client_actions.set_retainer_state(
        retainer_id=client.retainers.get().pk, state=state, actor=None, now=now
    )


def backlog(project: Project, engineer: User, **facts: Any) -> Ticket:
    """Put a ticket into the queue that is not promised."""
    ticket = factories.make_ticket(project=project, engineer=engineer, now=NOON, **facts)
    Ticket.objects.filter(pk=ticket.pk).update(due_at=None, committed_at=None)
    return ticket


def test_who_was_never_paused_owes_nothing(acme: Client, project: Project, engineer: User) -> None:
    factories.make_ticket(project=project, engineer=engineer, now=NOON + HOUR)
    assert clients_owing(NOON + 2 * HOUR) == []
    move(acme, "past_due", NOON + 2 * HOUR)
    move(acme, "active", NOON + 3 * HOUR)
    assert clients_owing(NOON + 4 * HOUR) == []


def test_a_pause_that_is_over_is_owed_until_it_is_counted(
    acme: Client, globex: Client, project: Project, foreign_project: Project, engineer: User
) -> None:
    for each in (project, foreign_project):
        factories.make_ticket(project=each, engineer=engineer, now=NOON)
    move(acme, "paused", NOON + HOUR)
    assert clients_owing(NOON + 2 * HOUR) == []
    move(acme, "active", NOON + 3 * HOUR)
    assert clients_owing(NOON + 4 * HOUR) == [acme.pk]
    assert actions.settle_pauses(client_id=acme.pk, now=NOON + 5 * HOUR) == 1
    assert clients_owing(NOON + 6 * HOUR) == []


def test_a_pause_around_an_answer_is_owed(acme: Client, project: Project, engineer: User) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state="waiting", now=NOON)
    actions.resume_waiting(ticket_id=ticket.pk, actor=engineer, now=NOON + HOUR)
    move(acme, "paused", NOON + HOUR)
    move(acme, "active", NOON + 2 * HOUR)
    assert clients_owing(NOON + 3 * HOUR) == [acme.pk]


def test_what_any_number_of_promises_is_owed_is_found_in_two_statements(
    acme: Client, project: Project, engineer: User, django_assert_num_queries: Any
) -> None:
    factories.make_engineer(engineer, wip_limit=9, now=NOON)
    make = partial(factories.make_ticket, project=project, engineer=engineer, now=NOON)
    make(estimate_minutes=15)
    for state in ("queued", "waiting", "waiting"):
        make(estimate_minutes=15, state=state)
    move(acme, "paused", NOON + HOUR)
    move(acme, "active", NOON + 2 * HOUR)
    tickets = list(Ticket.objects.order_by("number"))
    assert all(ticket.due_at for ticket in tickets)
    with django_assert_num_queries(2):
        owed = owed_stops(tickets, NOON + 3 * HOUR)
    # What still waits stands still for longer.
    assert list(owed) == [ticket.number for ticket in tickets[:2]]
    assert set(map(tuple, owed.values())) == {((NOON + HOUR, NOON + 2 * HOUR),)}


def test_offers_are_made_to_who_has_a_token_or_a_p1(
    acme: Client, project: Project, foreign_project: Project, engineer: User
) -> None:
    for each in (project, foreign_project):
        backlog(each, engineer)
    assert set(clients_with_backlog(NOON)) == {acme.pk, foreign_project.client_id}
    PlanVersion.objects.update(slots=1, tokens_per_slot=4, most_tokens_per_slot=8)
    ShareAccount.objects.filter(client=acme).update(tokens=0.9, tokens_at=NOON)
    assert clients_with_backlog(NOON) == [foreign_project.client_id]
    assert acme.pk in clients_with_backlog(NOON + 5 * HOUR)
    backlog(project, engineer, severity="S1")
    assert acme.pk in clients_with_backlog(NOON)
    move(acme, "paused", NOON)
    assert acme.pk not in clients_with_backlog(NOON)


def test_more_clients_than_fit_into_a_run_have_their_turn_in_the_next(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[int] = []
    offer: Callable[[int], None] = offered.append
    monkeypatch.setattr(tasks, "offer_promises", offer)
    monkeypatch.setattr(tasks, "clients_with_backlog", lambda _: list(range(7)))
    monkeypatch.setattr(tasks, "MOST_OFFERED", 3)
    seen = []
    for run in range(3):
        at = NOON + run * timedelta(seconds=tasks.SWEEP_SECONDS)
        monkeypatch.setattr("django.utils.timezone.now", lambda at=at: at)
        tasks.sweep_promises()
        assert 2 <= len(offered) <= 3
        seen += offered
        offered.clear()
    assert sorted(seen) == list(range(7))
