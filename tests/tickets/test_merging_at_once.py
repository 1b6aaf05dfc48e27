"""Merging while others press at the same time, on a real PostgreSQL with real transactions."""

import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from clients.models import User
from core.errors import MoveRefused, Refused
from tests import factories
from tests.threads import losers, press_at_once, winners
from tickets import actions
from tickets.actions import merging
from tickets.models import Report, Reporter, Ticket, TicketMerge, TimeEntry, Timer

pytestmark = pytest.mark.django_db(transaction=True)


def _slowly(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Let the others go on just after a module's function took what it takes."""
    quick = getattr(module, name)

    def slow(*args: Any, **facts: Any) -> Any:
        found = quick(*args, **facts)
        time.sleep(0.3)
        return found

    monkeypatch.setattr(module, name, slow)


def _pair() -> tuple[Ticket, Ticket, dict[str, Any]]:
    engineer = factories.make_staff()
    project = factories.make_project()
    one = factories.make_ticket(project=project, engineer=engineer)
    other = factories.make_ticket(project=project, engineer=engineer)
    return one, other, {"actor": engineer, "now": timezone.now()}


def test_two_who_merge_the_same_pair_end_in_one_merge(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other, who = _pair()
    _slowly(monkeypatch, merging, "_lock")
    merge = partial(actions.merge_tickets, source_id=other.pk, number=one.number, **who)
    outcomes = press_at_once([merge, merge])
    assert len(winners(outcomes)) == 1
    assert isinstance(losers(outcomes)[0], actions.MergedAlready), outcomes
    assert TicketMerge.objects.count() == 1


def test_two_who_merge_a_pair_either_way_end_in_one_merge(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other, who = _pair()
    _slowly(monkeypatch, merging, "_lock")
    outcomes = press_at_once(
        [
            partial(actions.merge_tickets, source_id=other.pk, number=one.number, **who),
            partial(actions.merge_tickets, source_id=one.pk, number=other.number, **who),
        ]
    )
    assert len(winners(outcomes)) == 1
    assert isinstance(losers(outcomes)[0], actions.MergedAlready), outcomes
    assert Ticket.objects.filter(state="merged").count() == 1


def test_two_who_take_a_ticket_out_do_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other, who = _pair()
    _slowly(monkeypatch, merging, "_lock")
    actions.merge_tickets(source_id=other.pk, number=one.number, **who)
    take_out = partial(actions.unmerge_ticket, source_id=other.pk, **who)
    outcomes = press_at_once([take_out, take_out])
    assert len(winners(outcomes)) == 1
    assert isinstance(losers(outcomes)[0], MoveRefused), outcomes


@pytest.mark.parametrize("is_merged", [False, True])
def test_a_report_split_off_while_its_ticket_is_merged_never_locks_up(
    is_merged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, who = _pair()
    joined = factories.make_triaged_report(other.project)
    actions.join_report(report_id=joined.pk, number=other.number, **who)
    if is_merged:
        actions.merge_tickets(source_id=other.pk, number=one.number, **who)
    _slowly(monkeypatch, merging, "lock_report")
    _slowly(monkeypatch, merging, "_lock")
    merge = partial(actions.merge_tickets, source_id=other.pk, number=one.number, **who)
    undo = partial(actions.unmerge_ticket, source_id=other.pk, **who)
    outcomes = press_at_once(
        [partial(actions.split_report, report_id=joined.pk, **who), undo if is_merged else merge]
    )
    assert not losers(outcomes), outcomes
    report = Report.objects.get(pk=joined.pk)
    assert (report.state, report.ticket, report.home) == ("proposed", None, None)


_MOVES: dict[str, tuple[str, dict[str, Any]]] = {
    "merge": ("merge_tickets", {}),
    "take apart": ("unmerge_ticket", {}),
    "split": ("split_report", {}),
    "join": ("join_report", {}),
    "say": ("reply_to_ticket", {"body": "Soon."}),
    "start": ("start_ticket", {"reason": "They called."}),
    "reopen": ("reopen_ticket", {"reason": "It is back."}),
    "ship": ("ship_ticket", {"release": ""}),
    "close": ("close_ticket", {"message": "Not ours."}),
    "log": ("log_time", {"minutes": 5}),
    "clock": ("start_timer", {}),
}


def _press(rnd: random.Random, tickets: list[Ticket], staff: list[User]) -> Callable[[], Any]:
    """Press anything on anything."""
    one, other = rnd.sample(tickets, 2)
    name = rnd.choice([*_MOVES, "merge", "merge", "take apart", "take apart", "split"])
    action, facts = _MOVES[name]
    reports = list(Report.objects.filter(client=one.client_id).values_list("pk", flat=True))
    named: dict[str, Any] = {
        "merge": {"source_id": one.pk, "number": other.number},
        "take apart": {"source_id": one.pk},
        "split": {"report_id": rnd.choice(reports)},
        "join": {"report_id": rnd.choice(reports), "number": other.number},
    }
    what = named.get(name, {"ticket_id": one.pk})
    press = getattr(actions, action)
    return partial(press, **what, **facts, actor=rnd.choice(staff), now=timezone.now())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_whatever_many_press_at_once_nobody_waits_for_ever_and_nothing_is_torn(seed: int) -> None:
    rnd = random.Random(seed)
    project = factories.make_project()
    staff = [factories.make_staff() for _ in range(3)]
    tickets = [factories.make_ticket(project=project, engineer=staff[0]) for _ in range(4)]
    for n in range(8):
        report = factories.make_triaged_report(project, email=f"p{n}@mail.test")
        known = tickets[n % 4].number
        actions.join_report(report_id=report.pk, number=known, actor=staff[0], now=timezone.now())
    for _ in range(8):
        outcomes = press_at_once([_press(rnd, tickets, staff) for _ in range(16)])
        assert not [each for each in losers(outcomes) if not isinstance(each, Refused)], outcomes
        for model in (Report, TimeEntry, Timer):
            assert not model._default_manager.filter(ticket__state="merged").exists()
        for ticket in Ticket.objects.exclude(state="merged"):
            people = Reporter.objects.filter(reports__ticket=ticket).distinct().count()
            assert ticket.reach + ticket.unsigned_reach == people
