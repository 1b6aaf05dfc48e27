from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from clients import actions as client_actions
from clients.models import Client, PlanVersion, Project, User
from core.calendars import instant
from core.errors import InvalidInput, MoveRefused
from tests import factories
from tickets import actions, tasks
from tickets.actions.promises import offer_promises, settle_pauses
from tickets.models import Absence, QueuePlan, ShareAccount, Ticket, TicketEvent, TicketEventKind
from tickets.queries.promises import consequences, plan_of

# A Wednesday; the office of the tests' installation is open.
NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_K = TicketEventKind


@pytest.fixture
def now() -> datetime:
    return NOON


def _tokens(client: Client, slots: int = 1, refill: str = "4", most: str = "8") -> None:
    """Give the client's terms so many slots and tokens a slot."""
    PlanVersion.objects.filter(retainers__client=client).update(
        slots=slots, tokens_per_slot=refill, most_tokens_per_slot=most
    )


def _ticket(project: Project, engineer: User, **facts: Any) -> Ticket:
    return factories.make_ticket(project=project, engineer=engineer, **{"now": NOON, **facts})


def _last(ticket: Ticket, *kinds: str) -> TicketEvent:
    return TicketEvent.objects.filter(ticket=ticket, kind__in=kinds).latest("pk")


def _spare() -> float:
    return QueuePlan.objects.get().spare_minutes


def test_an_accepted_ticket_is_promised_for_its_target(project: Project, engineer: User) -> None:
    ticket = _ticket(project, engineer, severity="S3")
    # P3 of the tests' plan: 2400 minutes, that is five days of the office.
    assert ticket.due_at == NOON + 7 * DAY
    assert ticket.committed_at == NOON
    event = _last(ticket, _K.COMMITTED)
    assert event.data["due_at"] == ticket.due_at.isoformat()
    assert event.data["tokens"] == 7
    assert ShareAccount.objects.get().tokens == 7
    # Five days less the hour it takes.
    assert _spare() == event.data["spare"] == 2400 - 60


def test_a_p1_needs_no_token(acme: Client, project: Project, engineer: User) -> None:
    _tokens(acme, refill="0", most="0")
    assert _ticket(project, engineer, severity="S1").due_at
    refused = _ticket(project, engineer)
    assert refused.due_at is None
    assert _last(refused, _K.NOT_PROMISED).data == {"reason": "no_token"}
    assert ShareAccount.objects.get().tokens == 0


def test_tokens_run_out_and_come_back(acme: Client, project: Project, engineer: User) -> None:
    _tokens(acme, slots=2, refill="1", most="1")
    promised = [_ticket(project, engineer, estimate_minutes=10).due_at for _ in range(3)]
    assert [due is not None for due in promised] == [True, True, False]
    assert ShareAccount.objects.get().tokens == 0
    # Two a week: one after half of it.
    after = NOON + timedelta(days=3.5)
    assert _ticket(project, engineer, estimate_minutes=10, now=after).due_at
    assert _ticket(project, engineer, estimate_minutes=10, now=after).due_at is None


def test_without_a_served_plan_nothing_is_promised(
    acme: Client, project: Project, engineer: User
) -> None:
    client_actions.set_retainer_state(
        retainer_id=acme.retainers.get().pk, state="paused", actor=None, now=NOON
    )
    ticket = _ticket(project, engineer)
    assert ticket.due_at is None
    assert _last(ticket, _K.NOT_PROMISED).data == {"reason": "no_plan"}


def test_a_ticket_too_big_for_its_time_is_not_promised(project: Project, engineer: User) -> None:
    ticket = _ticket(project, engineer, severity="S2", estimate_minutes=1500)
    assert ticket.due_at is None
    assert _last(ticket, _K.NOT_PROMISED).data == {"reason": "own_due"}
    assert ShareAccount.objects.get().tokens == 8


def test_who_is_away_makes_promises_impossible(project: Project, engineer: User) -> None:
    Absence.objects.create(engineer=engineer, starts_at=NOON, ends_at=NOON + 30 * DAY)
    assert _ticket(project, engineer).due_at is None


def test_work_in_hand_counts(project: Project, engineer: User) -> None:
    _ticket(project, engineer, severity="S4", estimate_minutes=2370, state="in_progress")
    assert _ticket(project, engineer, estimate_minutes=60).due_at is None
    assert _ticket(project, engineer, estimate_minutes=30).due_at


def test_a_refusal_names_the_ticket_that_would_break(
    project: Project, foreign_project: Project, engineer: User
) -> None:
    tight = _ticket(foreign_project, engineer, severity="S3", estimate_minutes=2390)
    assert tight.due_at
    sooner = _ticket(project, engineer, severity="S2", estimate_minutes=60)
    assert sooner.due_at is None
    assert _last(sooner, _K.NOT_PROMISED).data == {"reason": "breaks", "number": tight.number}
    assert _spare() == 10


def test_a_p1_is_promised_even_if_others_become_late_but_not_itself(
    project: Project, foreign_project: Project, engineer: User
) -> None:
    _ticket(foreign_project, engineer, severity="S3", estimate_minutes=2390)
    assert _ticket(project, engineer, severity="S1", estimate_minutes=60).due_at
    assert _spare() == 0
    late = _ticket(project, engineer, severity="S1", estimate_minutes=470)
    assert late.due_at is None
    assert _last(late, _K.NOT_PROMISED).data == {"reason": "own_due"}


def test_a_lost_promise_refuses_only_what_would_make_it_later(
    project: Project, foreign_project: Project, engineer: User
) -> None:
    lost = _ticket(foreign_project, engineer, severity="S3", estimate_minutes=600)
    Ticket.objects.filter(pk=lost.pk).update(due_at=NOON + HOUR)
    assert _ticket(project, engineer, severity="S3").due_at


def test_an_import_is_promised_nothing_until_somebody_confirms_it(
    project: Project, engineer: User
) -> None:
    report = factories.make_triaged_report(project, now=NOON)
    ticket = actions.accept_report(report_id=report.pk, actor=None, severity="S3", now=NOON)
    assert ticket.due_at is None
    assert not ticket.events.filter(kind__in=[_K.NOT_PROMISED, _K.COMMITTED]).exists()
    edited = _edit(ticket, engineer)
    assert edited.due_at


def _edit(ticket: Ticket, engineer: User, **changed: Any) -> Ticket:
    ticket.refresh_from_db()
    terms = {
        "kind": ticket.kind, "severity": ticket.severity, "title": ticket.title,
        "estimate_minutes": ticket.estimate_minutes, "now": NOON, **changed,
    }  # fmt: skip
    return actions.edit_ticket(ticket_id=ticket.pk, version=ticket.version, actor=engineer, **terms)


def test_a_higher_priority_moves_the_promise_and_a_lower_one_does_not(
    project: Project, engineer: User
) -> None:
    ticket = _ticket(project, engineer, severity="S3")
    sooner = _edit(ticket, engineer, severity="S2").due_at
    # Three days of the office instead of five.
    assert sooner == NOON + 5 * DAY
    assert _last(ticket, _K.DUE_MOVED).data == {
        "reason": "target",
        "from": (NOON + 7 * DAY).isoformat(),
        "to": sooner.isoformat(),
    }
    assert _edit(ticket, engineer, severity="S4").due_at == sooner
    assert ShareAccount.objects.get().tokens == 7


def test_a_sooner_promise_that_would_break_another_is_not_made(
    project: Project, foreign_project: Project, engineer: User
) -> None:
    other = _ticket(foreign_project, engineer, severity="S2", estimate_minutes=1400)
    ticket = _ticket(project, engineer, severity="S3", estimate_minutes=60)
    assert other.due_at and ticket.due_at
    assert _edit(ticket, engineer, severity="S2", now=NOON + HOUR).due_at == ticket.due_at


def test_a_title_asks_for_no_new_decision(project: Project, engineer: User) -> None:
    ticket = _ticket(project, engineer, severity="S2", estimate_minutes=1500)
    _edit(ticket, engineer, title="Another title")
    assert ticket.events.filter(kind=_K.NOT_PROMISED).count() == 1
    assert _edit(ticket, engineer, estimate_minutes=60).due_at


def test_a_raised_p1_is_promised(acme: Client, project: Project, engineer: User) -> None:
    _tokens(acme, refill="0", most="0")
    ticket = _ticket(project, engineer, severity="S2")
    Ticket.objects.filter(pk=ticket.pk).update(reach=5)
    raised = actions.approve_p1(ticket_id=ticket.pk, actor=engineer, now=NOON)
    assert raised.due_at == NOON + DAY


def test_a_p1_that_is_none_any_more_takes_its_token_late(
    acme: Client, project: Project, engineer: User
) -> None:
    _tokens(acme, refill="1", most="1")
    _ticket(project, engineer)
    flipped = _ticket(project, engineer)
    assert flipped.due_at is None
    due_at = _edit(flipped, engineer, severity="S1").due_at
    for _ in range(2):
        assert _edit(flipped, engineer, severity="S3").due_at == due_at
        assert _edit(flipped, engineer, severity="S1").due_at == due_at
    told = TicketEvent.objects.filter(ticket=flipped, kind=_K.COMMITTED).order_by("pk")
    assert [event.data["token"] for event in told] == [False, True]
    # One a week: the first is for this one.
    refused = _ticket(project, engineer, now=NOON + 13 * DAY)
    assert _last(refused, _K.NOT_PROMISED).data == {"reason": "no_token"}
    assert _ticket(project, engineer, now=NOON + 14 * DAY).due_at


def test_who_paid_for_a_promise_pays_once_however_its_priority_moves(
    project: Project, engineer: User
) -> None:
    ticket = _ticket(project, engineer)
    for severity in ("S1", "S3"):
        _edit(ticket, engineer, severity=severity)
    assert ShareAccount.objects.get().tokens == 7


def test_waiting_moves_a_promise_by_exactly_its_open_time(
    project: Project, alice: User, engineer: User
) -> None:
    ticket = _ticket(project, engineer, severity="S3", state="waiting", by=alice)
    back = NOON + 2 * DAY + 1.5 * HOUR
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Firefox", actor=alice, now=back)
    ticket.refresh_from_db()
    before = NOON + 7 * DAY
    assert ticket.due_at == before + 2 * DAY + 1.5 * HOUR
    moved = _last(ticket, _K.DUE_MOVED)
    assert moved.data["reason"] == "stopped"
    assert settle_pauses(client_id=ticket.client_id, now=back + DAY) == 0


@pytest.mark.parametrize("how", ["resume_waiting", "put_back", "start_ticket"])
def test_every_way_back_from_waiting_moves_it(project: Project, engineer: User, how: str) -> None:
    ticket = _ticket(project, engineer, severity="S3", state="waiting")
    getattr(actions, how)(ticket_id=ticket.pk, actor=engineer, now=NOON + DAY)
    ticket.refresh_from_db()
    assert ticket.due_at == NOON + 8 * DAY


def test_a_wait_that_ended_in_closing_counts_when_it_is_reopened(
    project: Project, engineer: User
) -> None:
    ticket = _ticket(project, engineer, severity="S3", state="waiting")
    ends = NOON + DAY
    actions.close_ticket(ticket_id=ticket.pk, message="No answer.", actor=engineer, now=ends)
    reopened = actions.reopen_ticket(
        ticket_id=ticket.pk, reason="They wrote.", actor=engineer, now=ends + HOUR
    )
    assert reopened.due_at == NOON + 8 * DAY


def test_what_grew_more_urgent_while_it_waited_is_promised_sooner_when_it_is_back(
    project: Project, engineer: User
) -> None:
    ticket = _ticket(project, engineer, severity="S4", state="waiting")
    actions.edit_ticket(
        ticket_id=ticket.pk, version=ticket.version, kind=ticket.kind, severity="S2",
        title=ticket.title, estimate_minutes=60, actor=engineer, now=NOON + HOUR,
    )  # fmt: skip
    back = actions.resume_waiting(ticket_id=ticket.pk, actor=engineer, now=NOON + 2 * HOUR)
    # P2 of the tests' plan: three days, and the two hours it waited.
    assert back.due_at == NOON + 5 * DAY + 2 * HOUR


def test_a_wait_past_the_due_time_counts_when_it_is_reopened(
    project: Project, engineer: User
) -> None:
    ticket = _ticket(project, engineer, severity="S3", state="waiting")
    ends = NOON + 9 * DAY
    actions.close_ticket(ticket_id=ticket.pk, message="No answer.", actor=engineer, now=ends)
    reopened = actions.reopen_ticket(
        ticket_id=ticket.pk, reason="They wrote.", actor=engineer, now=ends + HOUR
    )
    # Seven days of the office later, and for the same token.
    assert reopened.due_at == NOON + 16 * DAY
    assert reopened.committed_at == NOON
    assert ShareAccount.objects.get().tokens == 7


def test_a_later_time_that_staff_agreed_on_stands_after_a_wait_until_the_terms_change(
    project: Project, engineer: User, ops_admin: User
) -> None:
    ticket = _ticket(project, engineer, severity="S3")
    agreed = NOON + 14 * DAY
    actions.move_due(
        ticket_id=ticket.pk, due_at=agreed, reason="Said so.", actor=ops_admin, now=NOON
    )
    actions.wait_for_client(ticket_id=ticket.pk, question="So?", actor=engineer, now=NOON)
    back = actions.resume_waiting(ticket_id=ticket.pk, actor=engineer, now=NOON + HOUR)
    assert back.due_at == agreed + HOUR
    sooner = _edit(ticket, engineer, severity="S2", now=NOON + HOUR).due_at
    assert sooner and sooner < agreed


@pytest.mark.parametrize("stops", ["waiting", "paused"])
def test_what_staff_agreed_while_it_stands_still_is_simulated_so(
    acme: Client, project: Project, engineer: User, ops_admin: User, stops: str
) -> None:
    ticket = _ticket(project, engineer, state="waiting" if stops == "waiting" else "queued")
    if stops == "paused":
        _move(acme, "paused", NOON)
    agreed = NOON + 5 * DAY
    actions.move_due(
        ticket_id=ticket.pk, due_at=agreed, reason="Said so.", actor=ops_admin, now=NOON + 2 * HOUR
    )
    (job,) = plan_of(NOON + 3 * HOUR).jobs
    assert instant(job.due) == agreed + HOUR


def test_what_staff_agreed_while_it_waits_is_moved_by_the_rest_of_the_wait_only(
    project: Project, engineer: User, ops_admin: User
) -> None:
    ticket = _ticket(project, engineer, severity="S3", state="waiting")
    agreed = NOON + 5 * DAY
    actions.move_due(
        ticket_id=ticket.pk, due_at=agreed, reason="Said so.", actor=ops_admin, now=NOON + 2 * HOUR
    )
    back = actions.resume_waiting(ticket_id=ticket.pk, actor=engineer, now=NOON + 3 * HOUR)
    assert back.due_at == agreed + HOUR


def _move(client: Client, state: str, now: datetime) -> None:
    client_actions.set_retainer_state(
        retainer_id=client.retainers.get().pk, state=state, actor=None, now=now
    )


def test_a_pause_of_the_retainer_moves_promises_once(
    acme: Client, project: Project, engineer: User
) -> None:
    ticket = _ticket(project, engineer, severity="S3")
    _move(acme, "paused", NOON + HOUR)
    assert settle_pauses(client_id=acme.pk, now=NOON + 2 * HOUR) == 0
    _move(acme, "active", NOON + DAY + HOUR)
    assert settle_pauses(client_id=acme.pk, now=NOON + 2 * DAY) == 1
    assert settle_pauses(client_id=acme.pk, now=NOON + 3 * DAY) == 0
    ticket.refresh_from_db()
    assert ticket.due_at == NOON + 8 * DAY


def test_a_pause_while_we_wait_counts_once(acme: Client, project: Project, engineer: User) -> None:
    ticket = _ticket(project, engineer, severity="S3", state="waiting")
    _move(acme, "paused", NOON + HOUR)
    actions.resume_waiting(ticket_id=ticket.pk, actor=engineer, now=NOON + 2 * HOUR)
    ticket.refresh_from_db()
    assert ticket.due_at == NOON + 7 * DAY
    _move(acme, "active", NOON + DAY)
    settle_pauses(client_id=acme.pk, now=NOON + DAY + HOUR)
    ticket.refresh_from_db()
    assert ticket.due_at == NOON + 8 * DAY


def test_what_waits_counts_as_if_it_came_back_now(project: Project, engineer: User) -> None:
    _ticket(project, engineer, severity="S2", estimate_minutes=900, state="waiting")
    # A day later there is as much time left for it as when it began to wait: three days.
    first = _ticket(project, engineer, severity="S1", estimate_minutes=470, now=NOON + DAY)
    assert _last(first, _K.COMMITTED).data["spare"] == 10


def test_reopening_keeps_a_promise_that_lies_ahead(project: Project, engineer: User) -> None:
    ticket = _ticket(project, engineer, severity="S3", state="shipped")
    reopened = actions.reopen_ticket(
        ticket_id=ticket.pk, reason="Again", actor=engineer, now=NOON + DAY
    )
    assert reopened.due_at == NOON + 7 * DAY


def test_reopening_after_its_due_time_needs_a_new_promise(project: Project, engineer: User) -> None:
    ticket = _ticket(project, engineer, severity="S3", state="shipped")
    reopened = actions.reopen_ticket(
        ticket_id=ticket.pk, reason="Again", actor=engineer, now=NOON + 30 * DAY
    )
    # The clock had not used anything when it was shipped: five days of the office from now on.
    assert reopened.due_at == NOON + 37 * DAY
    assert reopened.committed_at == NOON + 30 * DAY
    assert ShareAccount.objects.get().tokens == 7


def test_the_backlog_is_offered_promises_when_tokens_come_back(
    acme: Client, project: Project, engineer: User
) -> None:
    _tokens(acme, refill="1", most="1")
    small: dict[str, Any] = {"severity": "S4", "estimate_minutes": 10}
    first, second, third = (_ticket(project, engineer, **small) for _ in range(3))
    assert [bool(each.due_at) for each in (first, second, third)] == [True, False, False]
    assert offer_promises(client_id=acme.pk, now=NOON + DAY) == 0
    assert offer_promises(client_id=acme.pk, now=NOON + 7 * DAY) == 1
    second.refresh_from_db()
    third.refresh_from_db()
    assert [bool(each.due_at) for each in (second, third)] == [True, False]
    assert ShareAccount.objects.get().tokens == 0


def test_the_sweep_offers_what_a_lost_nudge_left_behind(
    acme: Client, project: Project, engineer: User
) -> None:
    now = timezone.now()
    PlanVersion.objects.filter(retainers__client=acme).update(
        tokens_per_slot=0, most_tokens_per_slot=0
    )
    ticket = _ticket(project, engineer, severity="S4", now=now)
    assert ticket.due_at is None
    tasks.sweep_promises()
    ticket.refresh_from_db()
    assert ticket.due_at is None
    assert ticket.events.filter(kind=_K.NOT_PROMISED).count() == 1
    PlanVersion.objects.filter(retainers__client=acme).update(most_tokens_per_slot=1)
    ShareAccount.objects.update(tokens=1)
    tasks.sweep_promises()
    ticket.refresh_from_db()
    assert ticket.due_at


def test_shipping_offers_the_client_s_backlog_anew(project: Project, engineer: User) -> None:
    _ticket(project, engineer, state="shipped", now=timezone.now())
    nudges = [row.task["func"] for row in OrmQ.objects.all()]
    assert "tickets.tasks.offer_promises" in nudges


def test_a_due_time_is_moved_with_a_reason_and_its_consequences_known(
    project: Project, foreign_project: Project, engineer: User
) -> None:
    ticket = _ticket(project, engineer, severity="S3", estimate_minutes=300)
    other = _ticket(foreign_project, engineer, severity="S2", estimate_minutes=1300)
    to = NOON + DAY
    told = consequences(ticket, to, NOON)
    assert [(breach.number, breach.minutes) for breach in told] == [(other.number, 160)]
    move: dict[str, Any] = {"ticket_id": ticket.pk, "due_at": to, "actor": engineer, "now": NOON}
    with pytest.raises(InvalidInput):
        actions.move_due(reason=" ", **move)
    assert actions.move_due(reason="They present on Friday.", **move) == told
    ticket.refresh_from_db()
    assert ticket.due_at == to
    data = _last(ticket, _K.DUE_MOVED).data
    assert data["breaches"] == [[other.number, 160]]
    assert "Friday" not in str(data)
    assert ticket.comments.get().visibility == "internal"
    assert _spare() == 0


def test_only_a_promise_can_be_moved(project: Project, engineer: User) -> None:
    ticket = _ticket(project, engineer, severity="S2", estimate_minutes=1500)
    move: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": NOON, "reason": "x"}
    with pytest.raises(MoveRefused):
        actions.move_due(due_at=NOON + DAY, **move)
    promised = _ticket(project, engineer)
    with pytest.raises(InvalidInput):
        actions.move_due(due_at=NOON, **{**move, "ticket_id": promised.pk})
