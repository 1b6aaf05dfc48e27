"""Who watches a ticket, and what they hear."""

from datetime import datetime
from typing import Any

import pytest

from clients.actions import remove_member
from clients.models import Project, User
from core.models import OutboxMessage
from tests import factories
from tests.console import post, said
from tests.portal import signed_in
from tickets import actions
from tickets.models import Ticket, Watcher
from tickets.models import TicketEventKind as Kind


@pytest.fixture
def ticket(project: Project, engineer: User, alice: User, now: datetime) -> Ticket:
    return factories.make_ticket(
        project=project, engineer=engineer, state="in_progress", by=alice, now=now
    )


def told(person: User, ticket: Ticket) -> list[str]:
    mails = OutboxMessage.objects.filter(
        recipient=person.email, reference=f"ticket:{ticket.number}"
    )
    return [mail.subject.partition("] ")[2] for mail in mails.order_by("pk")]


def watch(ticket: Ticket, *people: User, now: datetime) -> None:
    for person in people:
        actions.watch_ticket(ticket_id=ticket.pk, actor=person, now=now)


def test_who_watches_hears_our_answers_and_the_fix_once_and_reporters_as_before(
    ticket: Ticket, alice: User, bob: User, vera: User, engineer: User, now: datetime
) -> None:
    watch(ticket, alice, bob, vera, engineer, now=now)
    move: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": now}
    actions.reply_to_ticket(body="We found it.", **move)
    actions.note_on_ticket(body="Between us", **move)
    actions.send_to_review(**move)
    actions.ship_ticket(release="", **move)
    shipping = ticket.events.get(kind=Kind.TICKET_SHIPPED)
    actions.ask_reporters(event_id=shipping.pk, now=now)
    assert told(alice, ticket) == ["An answer", "Does it work for you now?"]
    assert told(bob, ticket) == told(vera, ticket) == ["An answer", "A fix is live"]
    assert told(engineer, ticket) == []
    mail = OutboxMessage.objects.get(recipient=bob.email, subject__contains="An answer")
    assert mail.text == "We found it." and f"/portal/tickets/{ticket.number}/" in mail.notice


def test_staff_who_watch_hear_what_the_assignee_hears(
    ticket: Ticket, alice: User, engineer: User, engineer2: User, now: datetime
) -> None:
    watch(ticket, engineer, engineer2, now=now)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Any news?", actor=alice, now=now)
    assert told(engineer, ticket) == told(engineer2, ticket) == ["The client answered"]


def test_who_left_hears_nothing_more(
    ticket: Ticket, bob: User, engineer: User, engineer2: User, alice: User, ops_admin: User,
    now: datetime,
) -> None:  # fmt: skip
    watch(ticket, bob, engineer2, now=now)
    remove_member(member_id=bob.memberships.get().pk, actor=ops_admin, now=now)
    User.objects.filter(pk=engineer2.pk).update(is_active=False)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Hello", actor=engineer, now=now)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Hello", actor=alice, now=now)
    assert told(bob, ticket) == told(engineer2, ticket) == []


def test_watching_twice_is_once_and_stopping_ends_it_wherever_it_began(
    ticket: Ticket, project: Project, bob: User, engineer: User, now: datetime
) -> None:
    watch(ticket, bob, bob, now=now)
    assert ticket.events.filter(kind=Kind.TICKET_WATCHED).count() == 1
    other = factories.make_ticket(project=project, engineer=engineer, now=now)
    Watcher.objects.create(ticket=ticket, home=other, user=bob, since_at=now)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Hello", actor=engineer, now=now)
    assert told(bob, ticket) == ["An answer"]
    for _ in range(2):
        actions.unwatch_ticket(ticket_id=ticket.pk, actor=bob, now=now)
    assert ticket.events.filter(kind=Kind.TICKET_UNWATCHED).count() == 1
    assert not ticket.watchers.exists()


def test_the_portal_s_page_keeps_whoever_wants_posted(
    ticket: Ticket, alice: User, vera: User, charlie: User
) -> None:
    path = f"/portal/tickets/{ticket.number}/"
    browser = signed_in(vera)
    assert "Keep me posted" in browser.get(path).content.decode()
    assert browser.post(path, {"action": "watch"}).headers["Location"] == f"{path}#watching"
    assert ticket.watchers.get().user == vera
    assert "Stop these e-mails" in browser.get(path).content.decode()
    browser.post(path, {"action": "unwatch"})
    assert not ticket.watchers.exists()
    assert "You reported this" in signed_in(alice).get(path).content.decode()
    assert signed_in(charlie).post(path, {"action": "watch"}).status_code == 404
    assert not ticket.watchers.exists()


def test_the_workbench_shows_who_watches_and_lets_one_begin_and_stop(
    ticket: Ticket, engineer: User, bob: User, now: datetime, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    path = f"/console/tickets/{ticket.number}/"
    assert "Nobody watches this yet" in signed_in(engineer).get(path).content.decode()
    watch(ticket, bob, now=now)
    answer = post(engineer, path, "watch")
    assert "what the client says there is mailed to you" in said(answer)
    page = " ".join(answer.content.decode().split())
    assert "Bob Brown, Erin Engel" in page and "Stop watching" in page
    post(engineer, path, "unwatch")
    assert ticket.watchers.get().user == bob


def test_watching_follows_a_merge_and_comes_back_from_it(
    ticket: Ticket, project: Project, bob: User, vera: User, engineer: User, now: datetime
) -> None:
    source = factories.make_ticket(project=project, engineer=engineer, now=now)
    watch(source, bob, now=now)
    watch(ticket, bob, now=now)
    actions.merge_tickets(source_id=source.pk, number=ticket.number, actor=engineer, now=now)
    watch(source, vera, now=now)
    actions.reply_to_ticket(ticket_id=source.pk, body="Found it.", actor=engineer, now=now)
    assert told(bob, ticket) == told(vera, ticket) == ["An answer"]
    actions.unmerge_ticket(source_id=source.pk, actor=engineer, now=now)
    assert [w.user for w in source.watchers.all()] == [bob]
    assert {w.user for w in ticket.watchers.all()} == {bob, vera}
