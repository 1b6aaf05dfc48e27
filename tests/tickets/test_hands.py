"""Promised work in hand that its engineer is done with too late."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from clients.models import Client, Project, User
from clients.queries import house_calendar
from tests import factories
from tests.portal import signed_in
from tickets import actions
from tickets.models import Ticket, TicketEvent, TicketEventKind
from tickets.queries.absences import breaches
from tickets.queries.crew import crew
from tickets.queries.hands import late_in_hand

# A Tuesday morning within our hours.
MORNING = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture
def hand(project: Project, engineer: User) -> tuple[Ticket, Ticket]:
    """Two promised tickets of 400 minutes each that one engineer began in this order."""
    make = partial(factories.make_ticket, project=project, engineer=engineer, state="in_progress")
    first, second = (make(estimate_minutes=400, now=MORNING) for _ in "ab")
    due(first, 450)
    due(second, 850)
    return first, second


def due(ticket: Ticket, minutes: int) -> None:
    due_at = house_calendar().add_minutes(MORNING, minutes)
    Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at, committed_at=MORNING)


def late() -> list[tuple[int, int]]:
    return [(each.number, each.minutes) for each in late_in_hand(crew(MORNING), MORNING)]


def test_work_in_hand_is_done_in_the_order_in_which_it_was_begun(
    hand: tuple[Ticket, Ticket], engineer: User
) -> None:
    first, second = hand
    assert late() == []
    due(second, 700)
    assert late() == [(second.number, 100)]
    due(first, 350)
    assert late() == [(first.number, 50), (second.number, 100)]
    # What waited goes on behind what was begun meanwhile.
    actions.wait_for_client(ticket_id=first.pk, question="?", actor=engineer, now=MORNING)
    assert late() == []
    actions.resume_waiting(ticket_id=first.pk, actor=engineer, now=MORNING)
    assert late() == [(first.number, 450)]


def test_an_absence_and_the_load_page_show_what_is_late_in_hand(
    hand: tuple[Ticket, Ticket], engineer: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    first, second = hand
    assert breaches(MORNING).count == 0
    absence = actions.add_absence(
        engineer_id=engineer.pk, starts_at=MORNING, ends_at=MORNING + timedelta(days=2),
        actor=engineer, now=MORNING,
    )  # fmt: skip
    found = breaches(MORNING, by_absence=absence.pk)
    assert [each.ticket for each in found.first] == [first, second]
    assert (found.count, found.new) == (2, 2)

    monkeypatch.setattr("django.utils.timezone.now", lambda: MORNING)
    page = signed_in(engineer).get("/console/load/")
    assert [each.number for each, _ in page.context["late_in_hand"]] == [
        first.number, second.number,
    ]  # fmt: skip
    assert "Late, as it is in hand" in page.content.decode()


def test_what_stands_still_is_not_late_in_hand(hand: tuple[Ticket, Ticket], acme: Client) -> None:
    due(hand[0], 10)
    assert len(late()) == 1
    acme.retainers.update(state="paused")
    assert late() == []


def test_an_override_counts_what_it_makes_late_in_the_takers_own_hands(
    hand: tuple[Ticket, Ticket], foreign_project: Project, engineer: User, settings: Any
) -> None:
    first, second = hand
    make = partial(factories.make_ticket, project=foreign_project, engineer=engineer)
    make(severity="S1", now=MORNING)
    other = make(estimate_minutes=100, now=MORNING)
    Ticket.objects.filter(pk=other.pk).update(due_at=None, committed_at=None)

    actions.start_ticket(ticket_id=other.pk, actor=engineer, now=MORNING, reason="They called.")

    event = TicketEvent.objects.get(ticket=other, kind=TicketEventKind.OVERRIDDEN)
    assert event.data["breaches"] == [[first.number, 50], [second.number, 50]]
