"""What follows from merging and parting: questions, outbreaks, watchers, severities, states."""

from datetime import datetime
from typing import Any

import pytest

from clients.models import Client, Project, User
from core.models import OutboxMessage
from core.tokens import derive_token
from tests import factories
from tests.tickets.merges import HOUR, NOON, merge, unmerge
from tickets import actions, tasks
from tickets.models import FixCheck, Outbreak, Ticket, TicketEvent
from tickets.queries.merging import survives

ERROR = [("fingerprint", "ValueError at checkout")]


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def one(project: Project, alice: User, engineer: User, now: datetime) -> Ticket:
    """The older ticket."""
    return factories.make_ticket(project=project, by=alice, engineer=engineer, now=now - 2 * HOUR)


@pytest.fixture
def other(project: Project, bob: User, engineer: User, now: datetime) -> Ticket:
    """The newer one."""
    return factories.make_ticket(project=project, by=bob, engineer=engineer, now=now - HOUR)


def _ship(ticket: Ticket, engineer: User) -> None:
    factories.walk_ticket(ticket, "shipped", engineer=engineer, now=NOON)
    asked = ticket.events.get(kind="ticket.shipped")
    actions.ask_reporters(event_id=asked.pk, now=NOON)


def _outbreak(ticket: Ticket) -> Outbreak | None:
    ticket.refresh_from_db()
    return ticket.outbreak


def _sent(to: User, subject: str) -> int:
    return OutboxMessage.objects.filter(recipient=to.email, subject__contains=subject).count()


def test_who_left_a_ticket_is_asked_no_more_whether_its_fix_works(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    merge(other, one, engineer)
    _ship(one, engineer)
    asked = FixCheck.objects.get(reporter__reports=other.number)
    unmerge(other, engineer)
    with pytest.raises(FixCheck.DoesNotExist):
        actions.answer_fix_check(
            token=derive_token("fix_check", asked.pk), works=False, comment="", now=NOON + HOUR
        )
    one.refresh_from_db()
    assert one.state == "shipped"
    assert one.fix_checks.get(state="asked").reporter == one.reports.get().reporter


def test_nor_is_whose_report_was_split_off(
    one: Ticket, project: Project, bob: User, engineer: User
) -> None:
    report = factories.make_triaged_report(project, by=bob, now=NOON)
    actions.join_report(report_id=report.pk, number=one.number, actor=engineer, now=NOON)
    _ship(one, engineer)
    actions.split_report(report_id=report.pk, actor=engineer, now=NOON + HOUR)
    assert one.fix_checks.get(state="asked").reporter == one.reports.get().reporter


def test_a_found_outbreak_goes_back_with_the_part_that_was_part_of_it(
    project: Project, one: Ticket, foreign_project: Project, engineer: User
) -> None:
    facts: dict[str, Any] = {"engineer": engineer, "signals": ERROR, "now": NOON}
    ours = factories.make_ticket(project=project, **facts)
    merge(ours, one, engineer)
    factories.make_ticket(project=foreign_project, **facts)
    tasks.detect_outbreaks()
    outbreak = Outbreak.objects.get()
    assert _outbreak(one) == outbreak
    unmerge(ours, engineer)
    assert _outbreak(one) is None
    tasks.detect_outbreaks()
    assert _outbreak(ours) == outbreak

    merge(ours, one, engineer, NOON + 2 * HOUR)
    assert _outbreak(one) == outbreak, "it may come back though it left once"
    assert unmerge(ours, engineer, NOON + 3 * HOUR).outbreak == outbreak


def test_an_outbreak_that_staff_linked_goes_along_and_back(
    one: Ticket, other: Ticket, foreign_project: Project, engineer: User
) -> None:
    theirs = factories.make_ticket(project=foreign_project, engineer=engineer, now=NOON)
    numbers = [other.number, theirs.number]
    outbreak = actions.open_outbreak(numbers=numbers, actor=engineer, now=NOON)
    other.refresh_from_db()
    assert merge(other, one, engineer).outbreak == outbreak
    assert unmerge(other, engineer).outbreak == outbreak
    assert _outbreak(one) is None


def test_what_staff_linked_itself_stays_linked_when_a_part_leaves(
    one: Ticket, other: Ticket, foreign_project: Project, engineer: User
) -> None:
    theirs = factories.make_ticket(project=foreign_project, engineer=engineer, now=NOON)
    numbers = [one.number, theirs.number]
    outbreak = actions.open_outbreak(numbers=numbers, actor=engineer, now=NOON)
    merge(other, one, engineer)
    unmerge(other, engineer)
    assert _outbreak(one) == outbreak


def test_the_graver_ticket_is_proposed_to_live_on(
    project: Project, one: Ticket, engineer: User
) -> None:
    grave = factories.make_ticket(project=project, engineer=engineer, severity="S1", now=NOON)
    assert survives(one, grave) == survives(grave, one) == grave


def test_a_survivor_may_take_over_the_graver_severity(
    project: Project, one: Ticket, engineer: User
) -> None:
    grave = factories.make_ticket(project=project, engineer=engineer, severity="S1", now=NOON)
    actions.merge_tickets(
        source_id=grave.pk, number=one.number, actor=engineer, now=NOON, raises=True
    )
    one.refresh_from_db()
    assert (one.severity, one.priority) == ("S1", "P1")
    assert TicketEvent.objects.get(ticket=one, kind="ticket.edited").actor_user == engineer


def test_a_graver_survivor_stays_as_it_is(project: Project, one: Ticket, engineer: User) -> None:
    mild = factories.make_ticket(project=project, engineer=engineer, severity="S4", now=NOON)
    actions.merge_tickets(
        source_id=mild.pk, number=one.number, actor=engineer, now=NOON, raises=True
    )
    one.refresh_from_db()
    assert one.severity == "S3"


def test_who_watched_what_comes_into_a_shipped_ticket_hears_that_the_fix_is_live(
    acme: Client, one: Ticket, other: Ticket, engineer: User
) -> None:
    fresh, known = (factories.make_member(client=acme, now=NOON).user for _ in range(2))
    for person, tickets in ((fresh, [other]), (known, [one, other])):
        for ticket in tickets:
            actions.watch_ticket(ticket_id=ticket.pk, actor=person, now=NOON)
    _ship(one, engineer)
    assert (_sent(fresh, "A fix is live"), _sent(known, "A fix is live")) == (0, 1)
    merge(other, one, engineer)
    assert (_sent(fresh, "A fix is live"), _sent(known, "A fix is live")) == (1, 1)


@pytest.mark.parametrize(("says", "state"), [("client", "queued"), ("staff", "waiting")])
def test_a_part_waits_no_more_for_what_was_answered_meanwhile(
    one: Ticket, other: Ticket, bob: User, engineer: User, says: str, state: str
) -> None:
    actions.wait_for_client(ticket_id=other.pk, question="Which?", actor=engineer, now=NOON)
    merge(other, one, engineer)
    actor = bob if says == "client" else engineer
    actions.reply_to_ticket(ticket_id=other.pk, body="Firefox.", actor=actor, now=NOON)
    assert unmerge(other, engineer).state == state
