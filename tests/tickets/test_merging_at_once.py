"""Merging while others press at the same time, on a real PostgreSQL with real transactions."""

import time
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from core.errors import MoveRefused
from tests import factories
from tests.threads import losers, press_at_once, winners
from tickets import actions
from tickets.actions import merging
from tickets.models import Report, Ticket, TicketMerge

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
