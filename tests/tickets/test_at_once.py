"""What happens when people press at the same time, on a real PostgreSQL with real transactions."""

import time
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.errors import InvalidInput, KeyReused, MoveRefused, Refused, StaleVersion
from core.tokens import derive_token
from tests import factories
from tests.threads import losers, press_at_once, winners
from tickets import actions
from tickets.actions.alerts import raise_alert
from tickets.actions.answers import confirm_address
from tickets.actions.locks import lock_plan, lock_unanswered
from tickets.models import (
    Alert,
    Comment,
    FixCheck,
    Report,
    Reporter,
    Source,
    Ticket,
    TicketEvent,
    TimeEntry,
    Timer,
)
from tickets.models import TicketEventKind as Kind
from tickets.rules.states import TicketState

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_who_press_take_next_get_eight_tickets() -> None:
    project = factories.make_project()
    people = [factories.make_staff() for _ in range(8)]
    for number in range(10):
        factories.make_ticket(project=project, engineer=people[0], severity=f"S{number % 4 + 1}")
    expected = list(
        Ticket.objects.order_by("priority", "received_at", "number").values_list("pk", flat=True)
    )
    outcomes = press_at_once(
        [partial(actions.take_next, actor=person, now=timezone.now()) for person in people]
    )
    taken = [ticket.pk for ticket in winners(outcomes)]
    assert not losers(outcomes)
    assert len(set(taken)) == 8
    assert set(taken) == set(expected[:8])


def test_more_people_than_tickets_and_nobody_gets_one_twice() -> None:
    project = factories.make_project()
    people = [factories.make_staff() for _ in range(6)]
    for _ in range(3):
        factories.make_ticket(project=project, engineer=people[0])
    outcomes = press_at_once(
        [partial(actions.take_next, actor=person, now=timezone.now()) for person in people]
    )
    assert len({ticket.pk for ticket in winners(outcomes)}) == 3
    assert all(isinstance(error, actions.QueueEmpty) for error in losers(outcomes))


def test_of_four_saved_replies_with_one_name_one_is_kept() -> None:
    save = partial(
        actions.save_macro, name="Thanks", body="Thank you.", actor=None, now=timezone.now()
    )
    outcomes = press_at_once([save] * 4)
    assert len(winners(outcomes)) == 1, outcomes
    for error in losers(outcomes):
        assert isinstance(error, InvalidInput) and error.field == "name", error


def test_the_same_engineer_pressing_twice_gets_two_tickets_never_one_twice() -> None:
    project, person = factories.make_project(), factories.make_staff()
    for _ in range(2):
        factories.make_ticket(project=project, engineer=person)
    outcomes = press_at_once(
        [lambda: actions.take_next(actor=person, now=timezone.now()) for _ in range(2)]
    )
    assert len({ticket.pk for ticket in winners(outcomes)}) == 2


def _one_wins(presses: list[Callable[[], Any]], refusal: type[Exception] = MoveRefused) -> None:
    outcomes = press_at_once(presses)
    assert len(winners(outcomes)) == 1, outcomes
    for error in losers(outcomes):
        assert isinstance(error, refusal), error
        assert isinstance(error, Refused) is issubclass(refusal, Refused)


def test_of_two_who_accept_one_wins_and_there_is_one_ticket() -> None:
    report = factories.make_triaged_report()
    people = [factories.make_staff() for _ in range(3)]
    _one_wins(
        [
            partial(actions.accept_report, report_id=report.pk, actor=person, now=timezone.now())
            for person in people
        ]
    )
    assert Ticket.objects.filter(number=report.number).count() == 1
    assert TicketEvent.objects.filter(kind=Kind.TICKET_OPENED).count() == 1


def test_accepting_and_declining_at_once_never_both_happen() -> None:
    report, one, other = (
        factories.make_triaged_report(), factories.make_staff(), factories.make_staff()
    )  # fmt: skip
    now = timezone.now()
    _one_wins(
        [
            lambda: actions.accept_report(report_id=report.pk, actor=one, now=now),
            lambda: actions.decline_report(
                report_id=report.pk, reason="answered", message="See the docs", actor=other, now=now
            ),
        ]
    )


def test_of_two_who_ship_one_wins_and_every_reporter_is_asked_once() -> None:
    engineer = factories.make_staff()
    ticket = factories.make_ticket(
        project=factories.make_project(), state="in_review", engineer=engineer, email="r@x.test"
    )
    _one_wins(
        [
            lambda: actions.ship_ticket(
                ticket_id=ticket.pk, release="7", actor=engineer, now=timezone.now()
            )
            for _ in range(3)
        ]
    )
    event = TicketEvent.objects.get(kind=Kind.TICKET_SHIPPED)
    asked = press_at_once(
        [lambda: actions.ask_reporters(event_id=event.pk, now=timezone.now()) for _ in range(4)]
    )
    assert sorted(asked) == [0, 0, 0, 1]
    assert FixCheck.objects.count() == 1


def test_an_answer_by_link_sent_twice_is_taken_once() -> None:
    link, token = factories.make_status_link(factories.make_project())
    send = partial(
        actions.answer_by_link, token=token, body="Firefox", form_key="k", now=timezone.now()
    )
    press_at_once([send, send, send])
    assert Comment.objects.filter(body="Firefox", report=link.report_id).count() == 1


def test_two_answers_at_once_of_somebody_unknown_are_one_person_s() -> None:
    report = factories.make_triaged_report(factories.make_project())
    now = timezone.now()
    address = actions.status_address(report_id=report.pk, now=now)
    token = address.rstrip("/").rsplit("/", 1)[1]
    answers = [
        partial(actions.answer_by_link, token=token, body=body, form_key=body, now=now)
        for body in ("Firefox", "Chrome")
    ]
    press_at_once(answers)
    report.refresh_from_db()
    said = Comment.objects.filter(report=report).values_list("author_reporter", flat=True)
    assert list(said) == [report.reporter_id] * 2


def test_a_fix_check_pressed_twice_counts_once() -> None:
    ticket = factories.make_ticket(
        project=factories.make_project(), state="shipped", email="r@x.test"
    )
    check = ticket.fix_checks.get()
    token = derive_token("fix_check", check.pk)
    _one_wins(
        [
            partial(
                actions.answer_fix_check, token=token, works=works, comment="", now=timezone.now()
            )
            for works in (True, False, True)
        ],
        FixCheck.DoesNotExist,
    )
    kinds = [Kind.FIX_CONFIRMED, Kind.FIX_DENIED]
    assert TicketEvent.objects.filter(kind__in=kinds).count() == 1


def test_two_edits_of_the_same_version_never_overwrite_each_other() -> None:
    ticket = factories.make_ticket(project=factories.make_project())
    people = [factories.make_staff(name=f"Editor {n}") for n in range(3)]
    outcomes = press_at_once([
        partial(actions.edit_ticket, 
            ticket_id=ticket.pk, version=ticket.version, kind="bug", severity="S2",
            title=f"Title of {person.name}", estimate_minutes=30, actor=person,
            now=timezone.now(),
        )
        for person in people
    ])  # fmt: skip
    (winner,) = winners(outcomes)
    assert all(isinstance(error, StaleVersion) for error in losers(outcomes))
    assert Ticket.objects.get(pk=ticket.pk).title == winner.title


@pytest.mark.parametrize("same", [True, False])
def test_the_same_key_sent_at_once_stores_one_report(same: bool) -> None:
    project = factories.make_project()
    key, _ = factories.make_api_key(project=project)
    outcomes = press_at_once([
        partial(actions.receive_report, 
            project_id=project.pk, source=Source.API, actor=key, now=timezone.now(),
            text="It broke." if same else f"It broke {number}.", source_key="abc",
            sender=actions.Sender(email="who@x.test"),
        )
        for number in range(6)
    ])  # fmt: skip
    assert Report.objects.count() == 1
    assert Reporter.objects.count() == 1
    assert TicketEvent.objects.filter(kind=Kind.REPORT_RECEIVED).count() == 1
    if same:
        assert sorted(is_new for _, is_new in outcomes) == [False] * 5 + [True]
    else:
        assert len(winners(outcomes)) == 1
        assert all(isinstance(error, KeyReused) for error in losers(outcomes))


def test_a_doubled_report_inside_another_transaction_does_not_spoil_it() -> None:
    project = factories.make_project()
    sent: dict[str, Any] = {
        "project_id": project.pk,
        "source": Source.IMPORT,
        "actor": None,
        "source_key": "k",
    }
    first, _ = actions.receive_report(text="One.", now=timezone.now(), **sent)
    with transaction.atomic():
        again, is_new = actions.receive_report(text="One.", now=timezone.now(), **sent)
        assert (again.pk, is_new) == (first.pk, False)
        with pytest.raises(KeyReused):
            actions.receive_report(text="Two.", now=timezone.now(), **sent)
        assert Report.objects.count() == 1


def test_people_who_report_for_the_first_time_at_once_are_one_person() -> None:
    project = factories.make_project()
    member = factories.make_member(project.client).user
    outcomes = press_at_once(
        [
            partial(factories.make_report, project, f"Broken {number}", by=member)
            for number in range(5)
        ]
    )
    assert not losers(outcomes)
    assert Report.objects.count() == 5
    assert Reporter.objects.count() == 1


def test_triage_run_twice_at_once_proposes_once() -> None:
    report = factories.make_report(text="The whole site is down for everybody since noon!")
    press_at_once(
        [lambda: actions.propose_triage(report_id=report.pk, now=timezone.now()) for _ in range(4)]
    )
    assert TicketEvent.objects.filter(kind=Kind.REPORT_PROPOSED).count() == 1
    assert Alert.objects.count() <= 1


def test_an_alert_escalates_once_and_one_person_acknowledges_it() -> None:
    report, people = factories.make_triaged_report(), [factories.make_staff() for _ in range(3)]
    alert = raise_alert(report=report, now=timezone.now())
    late = alert.escalate_at
    told = press_at_once(
        [lambda: actions.escalate_alerts(client_id=alert.client_id, now=late) for _ in range(4)]
    )
    assert sorted(told) == [0, 0, 0, 1]
    _one_wins(
        [
            partial(actions.acknowledge_alert, alert_id=alert.pk, actor=person, now=late)
            for person in people
        ]
    )


def test_acknowledging_and_accepting_at_once_both_end() -> None:
    engineer, other = factories.make_staff(), factories.make_staff()
    for _ in range(5):
        report = factories.make_triaged_report()
        alert = raise_alert(report=report, now=timezone.now())
        outcomes = press_at_once(
            [
                partial(
                    actions.accept_report, report_id=report.pk, actor=engineer, now=timezone.now()
                ),
                partial(
                    actions.acknowledge_alert, alert_id=alert.pk, actor=other, now=timezone.now()
                ),
            ]
        )
        assert all(isinstance(error, MoveRefused) for error in losers(outcomes)), outcomes
        alert.refresh_from_db()
        assert alert.acknowledged_at


def _held(first: Callable[[], Any], meanwhile: Callable[[], Any], then: Callable[[], Any]) -> Any:
    """Run ``first`` and ``then`` in one transaction, ``meanwhile`` in another between them."""
    outcome: list[Any] = []

    def other() -> None:
        try:
            outcome.append(meanwhile())
        except Exception as error:
            outcome.append(error)
        finally:
            connection.close()

    thread = Thread(target=other)
    with transaction.atomic():
        first()
        thread.start()
        time.sleep(0.4)
        then()
    thread.join(30)
    assert not isinstance(outcome[0], Exception), outcome
    return outcome[0]


def test_staff_and_client_answering_at_once_wait_for_each_other_and_never_lock_up() -> None:
    engineer = factories.make_staff()
    project = factories.make_project()
    bob = factories.make_member(project.client).user
    ticket = factories.make_ticket(project=project, engineer=engineer, by=bob)
    report = ticket.reports.get()
    now = timezone.now()
    _held(
        lambda: Ticket.objects.select_for_update(no_key=True).get(pk=ticket.pk),
        lambda: actions.reply_to_report(report_id=report.pk, body="Me", actor=bob, now=now),
        lambda: actions.reply_to_ticket(
            ticket_id=ticket.pk, body="And me", actor=engineer, now=now
        ),
    )
    assert ticket.comments.count() == 2


@pytest.mark.parametrize("move", ["wait", "close"])
def test_asking_or_closing_while_a_colleague_replies_never_locks_up(move: str) -> None:
    engineer = factories.make_staff()
    ticket = factories.make_ticket(
        project=factories.make_project(), engineer=engineer, state="in_progress", email="r@x.test"
    )
    Report.objects.update(first_response_at=None)
    who: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": timezone.now()}
    moved = _held(
        lambda: lock_unanswered(ticket.pk),
        lambda: (
            actions.wait_for_client(question="Which browser?", **who)
            if move == "wait"
            else actions.close_ticket(message="It is meant so.", **who)
        ),
        lambda: actions.reply_to_ticket(body="I look at it.", **who),
    )
    assert moved.state == ("waiting" if move == "wait" else "closed")
    assert ticket.comments.count() == 2


def test_a_release_being_recorded_holds_up_no_report_of_the_project() -> None:
    project = factories.make_project()

    def report_without_waiting() -> Report:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        return factories.make_report(project)

    report = _held(
        lambda: factories.make_release(project=project, version="1"),
        report_without_waiting,
        lambda: None,
    )
    assert report.project == project


def test_two_clicks_on_the_clock_leave_one_clock_and_log_every_minute_once() -> None:
    engineer = factories.make_staff()
    project = factories.make_project()
    tickets = [factories.make_ticket(project=project, engineer=engineer) for _ in range(4)]
    outcomes = press_at_once(
        [
            partial(actions.start_timer, ticket_id=ticket.pk, actor=engineer, now=timezone.now())
            for ticket in tickets
        ]
    )
    assert not losers(outcomes), outcomes
    assert Timer.objects.count() == 1
    assert TimeEntry.objects.count() == 3
    _one_wins([lambda: actions.stop_timer(actor=engineer, now=timezone.now()) for _ in range(3)])
    assert (Timer.objects.count(), TimeEntry.objects.count()) == (0, 4)


def test_two_engineers_swapping_tickets_on_their_clocks_never_lock_up() -> None:
    one, other = factories.make_staff(), factories.make_staff()
    project = factories.make_project()
    left, right = (factories.make_ticket(project=project, engineer=one) for _ in range(2))
    for _ in range(5):
        actions.start_timer(ticket_id=left.pk, actor=one, now=timezone.now())
        actions.start_timer(ticket_id=right.pk, actor=other, now=timezone.now())
        outcomes = press_at_once(
            [
                lambda: actions.start_timer(ticket_id=right.pk, actor=one, now=timezone.now()),
                lambda: actions.start_timer(ticket_id=left.pk, actor=other, now=timezone.now()),
            ]
        )
        assert not losers(outcomes), outcomes


def test_joining_and_shipping_at_once_leave_every_reporter_asked_in_the_end() -> None:
    engineer = factories.make_staff()
    project = factories.make_project()
    ticket = factories.make_ticket(
        project=project, state="in_review", engineer=engineer, email="one@x.test"
    )
    report = factories.make_triaged_report(project, email="two@x.test")
    outcomes = press_at_once(
        [
            lambda: actions.ship_ticket(
                ticket_id=ticket.pk, release="", actor=engineer, now=timezone.now()
            ),
            lambda: actions.join_report(
                report_id=report.pk, number=ticket.number, actor=engineer, now=timezone.now()
            ),
        ]
    )
    assert not losers(outcomes)
    event = TicketEvent.objects.get(kind=Kind.TICKET_SHIPPED)
    for _ in range(2):
        actions.ask_reporters(event_id=event.pk, now=timezone.now())
    assert FixCheck.objects.count() == 2
    assert Ticket.objects.get().state == TicketState.SHIPPED


def test_two_links_of_one_reporter_never_lock_up() -> None:
    ticket = factories.make_ticket(state="shipped", email="ann@x.test")
    check, token = factories.make_fix_check(ticket=ticket)
    ended: list[object] = []

    def deny() -> None:
        try:
            now = timezone.now()
            ended.append(
                actions.answer_fix_check(token=token, works=False, comment="", now=now).state
            )
        except Exception as error:
            ended.append(error)
        finally:
            connection.close()

    # The other link's answer: it holds the plan already, and confirms the address last.
    with transaction.atomic():
        lock_plan()
        other = Thread(target=deny)
        other.start()
        time.sleep(0.5)
        confirm_address(Reporter.objects.get(pk=check.reporter_id), now=timezone.now())
    other.join(30)

    assert ended == [TicketState.QUEUED]
