"""The sweeps: what is due is found by its row, at a cost that does not grow with what is done."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from clients.actions import remove_member
from clients.models import Client, Project, User
from tests import factories
from tests.threads import press_at_once
from tickets import actions, tasks
from tickets.models import FixCheck, Ticket, TicketEvent, TicketEventKind
from tickets.queries.people import ships_to_ask


def _ship_without_asking(project: Project, engineer: User, **facts: Any) -> Ticket:
    """Ship a fix as if the worker had died before it asked anybody."""
    ticket = factories.make_ticket(project=project, engineer=engineer, state="in_review", **facts)
    now = timezone.now()
    return actions.ship_ticket(ticket_id=ticket.pk, actor=engineer, release="", now=now)


def test_the_sweep_asks_for_every_ship_whose_nudge_was_lost_and_asks_once(
    project: Project, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "ASK_BATCH", 2)
    for number in range(5):
        _ship_without_asking(project, engineer, email=f"r{number}@x.test")
    for _ in range(2):
        tasks.ask_for_recent_ships()
        assert FixCheck.objects.count() == 5


def test_the_sweep_costs_the_same_however_many_were_asked_already(
    project: Project, engineer: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        factories.make_ticket(
            project=project, engineer=engineer, state="shipped", email=f"r{number}@x.test", now=now
        )
    with django_assert_max_num_queries(3):  # one, between a savepoint and its release
        tasks.ask_for_recent_ships()


def test_one_ship_that_cannot_be_asked_for_holds_up_no_other(
    project: Project, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _ship_without_asking(project, engineer, email="a@x.test")
    second = _ship_without_asking(project, engineer, email="b@x.test")
    ask = actions.ask_reporters

    @transaction.atomic
    def flaky(*, event_id: int, now: datetime) -> int:
        if TicketEvent.objects.get(pk=event_id).ticket_id == first.pk:
            FixCheck.objects.create(ticket=first)
        return ask(event_id=event_id, now=now)

    monkeypatch.setattr(actions, "ask_reporters", flaky)
    tasks.ask_for_recent_ships()
    assert list(FixCheck.objects.values_list("ticket_id", flat=True)) == [second.pk]


def test_nobody_is_looked_for_again_who_cannot_be_asked(
    project: Project, acme: Client, engineer: User, alice: User, bob: User,
    now: datetime,
) -> None:  # fmt: skip
    closed = factories.make_member(acme, now=now).user
    by = {"bob": bob, "alice": alice, "closed": closed, "staff": engineer}
    tickets = {
        name: _ship_without_asking(project, engineer, by=person) for name, person in by.items()
    }
    tickets["nobody"] = _ship_without_asking(project, engineer)
    tickets["mail"] = _ship_without_asking(project, engineer, email="ann@x.test")
    tickets["old"] = _ship_without_asking(project, engineer, email="ben@x.test")
    tickets["reopened"] = _ship_without_asking(project, engineer, email="cleo@x.test")
    remove_member(member_id=bob.memberships.get().pk, actor=alice, now=now)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    Ticket.objects.filter(pk=tickets["old"].pk).update(shipped_at=now - timedelta(days=3))
    actions.reopen_ticket(ticket_id=tickets["reopened"].pk, reason="No.", actor=engineer, now=now)

    waiting = ships_to_ask(since=now - timedelta(days=2))
    assert set(waiting) == {tickets[name] for name in ("alice", "staff", "mail")}
    for ticket in waiting:
        event = ticket.events.get(kind=TicketEventKind.TICKET_SHIPPED)
        assert actions.ask_reporters(event_id=event.pk, now=timezone.now()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_ship_somebody_works_on_is_left_to_the_next_run() -> None:
    engineer, project = factories.make_staff(), factories.make_project()
    held = _ship_without_asking(project, engineer, email="a@x.test")
    free = _ship_without_asking(project, engineer, email="b@x.test")
    with transaction.atomic():
        Ticket.objects.select_for_update(no_key=True).get(pk=held.pk)
        assert press_at_once([tasks.ask_for_recent_ships]) == [None]
        assert list(FixCheck.objects.values_list("ticket_id", flat=True)) == [free.pk]
    tasks.ask_for_recent_ships()
    assert FixCheck.objects.count() == 2
