"""What staff do with an outbreak: link, take out, ship and close."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from clients.models import Client, ClientEvent, Project, User
from core.errors import InvalidInput, MoveRefused
from core.models import OutboxMessage
from tests import factories
from tests.threads import losers, press_at_once, winners
from tickets import actions
from tickets.models import Comment, Outbreak, Ticket
from tickets.models import TicketEventKind as Kind
from tickets.queries import all_outbreaks, outbreak_of
from tickets.rules.states import TicketState

Make = Callable[..., Ticket]


@pytest.fixture
def make(engineer: User, now: datetime) -> Make:
    """Make a ticket of an app."""

    def made(project: Project, **facts: Any) -> Ticket:
        return factories.make_ticket(project=project, engineer=engineer, now=now, **facts)

    return made


@pytest.fixture
def outbreak(
    make: Make, project: Project, foreign_project: Project, engineer: User, now: datetime
) -> Outbreak:
    """An open outbreak of Acme and Globex."""
    numbers = [make(project).number, make(foreign_project).number]
    return actions.open_outbreak(numbers=numbers, actor=engineer, now=now)


def _children(outbreak: Outbreak) -> set[int]:
    return set(outbreak.tickets.values_list("number", flat=True))


# --- Opened and linked by staff ------------------------------------------------------------------


def test_staff_link_what_no_signal_shows(
    make: Make, project: Project, foreign_project: Project, engineer: User, engineer2: User,
    now: datetime,
) -> None:  # fmt: skip
    Client.objects.filter(pk=project.client_id).update(lead=engineer)
    Client.objects.filter(pk=foreign_project.client_id).update(lead=engineer2)
    mine, other = make(project), make(foreign_project)
    outbreak = actions.open_outbreak(
        numbers=[other.number, mine.number], title="  Stripe\nis down ", actor=engineer, now=now
    )
    assert outbreak.title == "Stripe is down"
    assert outbreak.opened_by == engineer
    assert _children(outbreak) == {mine.number, other.number}
    mails = OutboxMessage.objects.filter(reference=f"outbreak:{outbreak.pk}")
    told = {mail.recipient for mail in mails}
    # Who opened it knows.
    assert engineer.email not in told
    assert engineer2.email in told


def test_what_cannot_be_an_outbreak_is_refused_by_name(
    make: Make, project: Project, foreign_project: Project, outbreak: Outbreak, engineer: User,
    now: datetime,
) -> None:  # fmt: skip
    mine, sibling = make(project), make(project)
    closed = make(foreign_project, state="closed")
    child = outbreak.tickets.latest("number")
    for numbers, words in [
        ([], "Name 2 to 50"),
        ([mine.number], "Name 2 to 50"),
        (range(1, 60), "Name 2 to 50"),
        ([mine.number, 999_999], "no ticket #999999"),
        ([mine.number, sibling.number], "two clients"),
        ([mine.number, closed.number], "is closed"),
        ([mine.number, child.number], "part of the outbreak"),
    ]:
        with pytest.raises(InvalidInput, match=words) as refusal:
            actions.open_outbreak(numbers=numbers, actor=engineer, now=now)
        assert refusal.value.field == "numbers"
    assert Outbreak.objects.count() == 1


def test_a_ticket_is_added_once_and_only_while_it_is_open(
    make: Make, project: Project, outbreak: Outbreak, engineer: User, now: datetime
) -> None:
    ticket = make(project)
    who: dict[str, Any] = {"outbreak_id": outbreak.pk, "actor": engineer, "now": now}
    actions.link_ticket(number=ticket.number, **who)
    version = Ticket.objects.get(pk=ticket.pk).version
    assert version == ticket.version
    for number, words in [(ticket.number, "part of the outbreak"), (999_999, "no ticket")]:
        with pytest.raises(InvalidInput, match=words):
            actions.link_ticket(number=number, **who)
    other = make(project)
    with pytest.raises(MoveRefused, match="not part"):
        actions.unlink_ticket(ticket_id=other.pk, **who)
    actions.close_outbreak(**who)
    with pytest.raises(MoveRefused, match="is closed"):
        actions.link_ticket(number=other.number, **who)
    with pytest.raises(MoveRefused, match="is closed"):
        actions.unlink_ticket(ticket_id=ticket.pk, **who)


def test_a_ticket_of_an_ended_outbreak_can_become_part_of_a_new_one(
    make: Make, outbreak: Outbreak, engineer: User, now: datetime
) -> None:
    actions.close_outbreak(outbreak_id=outbreak.pk, actor=engineer, now=now)
    child = outbreak.tickets.latest("number")
    other = make(factories.make_project())
    fresh = actions.open_outbreak(numbers=[child.number, other.number], actor=engineer, now=now)
    child.refresh_from_db()
    assert child.outbreak == fresh
    assert child.events.filter(kind=Kind.OUTBREAK_LEFT, outbreak=outbreak).exists()


# --- Ended ---------------------------------------------------------------------------------------


def test_shipping_ships_what_is_ready_and_says_what_is_not(
    make: Make, outbreak: Outbreak, project: Project, foreign_project: Project, engineer: User,
    now: datetime,
) -> None:  # fmt: skip
    mine = outbreak.tickets.get(project=project)
    other = outbreak.tickets.get(project=foreign_project)
    stranger = make(project, state="in_review")
    factories.walk_ticket(mine, "in_review", engineer=engineer, now=now)
    shipping = actions.ship_outbreak(
        outbreak_id=outbreak.pk,
        ticket_ids=[mine.pk, other.pk, stranger.pk, 999_999],
        releases={project.pk: "2.0", foreign_project.pk: "9"},
        actor=engineer,
        now=now,
    )
    assert [ticket.number for ticket in shipping.shipped] == [mine.number]
    refused = {ticket.number: words for ticket, words in shipping.refused}
    assert "in the queue" in refused[other.number]
    assert "not part" in refused[stranger.number]
    assert shipping.outbreak.state == "shipped"
    mine.refresh_from_db()
    assert mine.state == TicketState.SHIPPED
    assert mine.release and mine.release.version == "2.0"
    assert mine.events.filter(kind=Kind.TICKET_SHIPPED).count() == 1

    # What is ready later is shipped by the same button.
    factories.walk_ticket(other, "in_review", engineer=engineer, now=now)
    later: dict[str, Any] = {
        "outbreak_id": outbreak.pk, "releases": {}, "actor": engineer,
        "now": now + timedelta(days=1),
    }  # fmt: skip
    again = actions.ship_outbreak(ticket_ids=[mine.pk, other.pk], **later)
    assert [ticket.number for ticket in again.shipped] == [other.number]
    outbreak.refresh_from_db()
    assert outbreak.ended_at == now
    assert ClientEvent.objects.filter(kind="outbreak.shipped").count() == 1


def test_a_release_that_is_refused_holds_up_no_other_ticket(
    outbreak: Outbreak, project: Project, engineer: User, now: datetime
) -> None:
    for child in outbreak.tickets.all():
        factories.walk_ticket(child, "in_review", engineer=engineer, now=now)
    shipping = actions.ship_outbreak(
        outbreak_id=outbreak.pk,
        ticket_ids=outbreak.tickets.values_list("pk", flat=True),
        releases={project.pk: "x" * 1000},
        actor=engineer,
        now=now,
    )
    assert len(shipping.shipped) == 1
    assert [ticket.project_id for ticket, _ in shipping.refused] == [project.pk]
    assert Ticket.objects.get(project=project).state == TicketState.IN_REVIEW


def test_reopening_a_child_does_not_reopen_the_outbreak_but_shows(
    outbreak: Outbreak, engineer: User, now: datetime
) -> None:
    for child in outbreak.tickets.all():
        factories.walk_ticket(child, "in_review", engineer=engineer, now=now)
    shipped = actions.ship_outbreak(
        outbreak_id=outbreak.pk,
        ticket_ids=outbreak.tickets.values_list("pk", flat=True),
        releases={},
        actor=engineer,
        now=now,
    ).shipped
    assert vars(all_outbreaks().get())["live_count"] == 0
    actions.reopen_ticket(ticket_id=shipped[0].pk, reason="No.", actor=engineer, now=now)
    assert vars(all_outbreaks().get())["live_count"] == 1
    found = outbreak_of(Ticket.objects.get(pk=shipped[0].pk))
    assert found == outbreak and found.state == "shipped"


def test_closing_notes_the_reason_on_every_ticket_for_staff_only(
    outbreak: Outbreak, engineer: User, now: datetime
) -> None:
    states = list(outbreak.tickets.order_by("pk").values_list("state", flat=True))
    actions.close_outbreak(
        outbreak_id=outbreak.pk, reason="Stripe mended it.", actor=engineer, now=now
    )
    notes = Comment.objects.filter(body="Stripe mended it.")
    assert {note.visibility for note in notes} == {"internal"}
    assert notes.count() == 2
    assert list(outbreak.tickets.order_by("pk").values_list("state", flat=True)) == states
    for end in (actions.close_outbreak, actions.ship_outbreak):
        facts: dict[str, Any] = {"outbreak_id": outbreak.pk, "actor": engineer, "now": now}
        if end is actions.ship_outbreak:
            facts |= {"ticket_ids": [], "releases": {}}
        with pytest.raises(MoveRefused, match="is closed"):
            end(**facts)


def test_closing_without_a_reason_writes_nothing_on_the_tickets(
    outbreak: Outbreak, engineer: User, now: datetime
) -> None:
    actions.close_outbreak(outbreak_id=outbreak.pk, reason=" \u200b", actor=engineer, now=now)
    assert not Comment.objects.exists()
    outbreak.refresh_from_db()
    assert (outbreak.state, outbreak.ended_at) == ("closed", now)


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_closing_and_linking_at_once_leave_no_ticket_in_between() -> None:
    staff = factories.make_staff()
    tickets = [factories.make_ticket(engineer=staff) for _ in range(4)]
    numbers = [ticket.number for ticket in tickets]
    now = timezone.now()
    outbreak = actions.open_outbreak(numbers=numbers[:2], actor=staff, now=now)

    def link(number: int) -> Callable[[], Any]:
        return lambda: actions.link_ticket(
            outbreak_id=outbreak.pk, number=number, actor=staff, now=now
        )

    outcomes = press_at_once([
        lambda: actions.close_outbreak(outbreak_id=outbreak.pk, actor=staff, now=now),
        link(numbers[2]),
        link(numbers[3]),
        lambda: actions.close_outbreak(outbreak_id=outbreak.pk, actor=staff, now=now),
    ])  # fmt: skip
    assert all(isinstance(error, MoveRefused) for error in losers(outcomes)), outcomes
    linked = [outcome for outcome in winners(outcomes) if isinstance(outcome, Ticket)]
    assert _children(outbreak) == {*numbers[:2], *(ticket.number for ticket in linked)}
