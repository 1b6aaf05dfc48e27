"""Whatever is done to a ticket, in whatever order: its rows tell what was promised and kept.

What is done is noted beside, and a walk minute by minute through the notes gives the verdicts.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients import actions as client_actions
from clients.models import Calendar as CalendarRow
from clients.models import Retainer
from core.calendars import ALWAYS, Calendar, Hours
from core.errors import Refused
from core.models import OutboxMessage
from tests import factories
from tests.tickets.rules.test_clocks import slow_verdicts
from tickets import actions
from tickets.models import Report, Ticket, TicketEvent
from tickets.queries.clocks import clients_to_keep, due_lines
from tickets.queries.histories import derive
from tickets.rules.clocks import Clock, Happening, Moment, Terms

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 26, 6, tzinfo=UTC)
MINUTES = {"S1": (20, 60), "S2": (45, 180), "S3": (90, 400), "S4": (200, 900)}
ROUND_THE_CLOCK = Calendar.of(Hours("UTC", (ALWAYS,) * 7))
_M = Moment


class Scene:
    """One ticket, and what what was done to it means to its clocks."""

    def __init__(self) -> None:
        self.now = START
        always = CalendarRow.objects.get(is_house=False)
        pairs = {f"P{severity[1]}": pair for severity, pair in MINUTES.items()}
        targets = factories.make_targets(calendar=always, **pairs)
        version = factories.make_plan_version(targets=targets, now=START)
        client = factories.make_client(now=START)
        self.retainer = factories.make_retainer(client=client, plan_version=version, now=START)
        self.engineer = factories.make_ops_admin(now=START)
        self.person = factories.make_member(client=client, now=START).user
        self.severity, self.served = "S3", True
        self.notes = [Happening(_M.ARRIVED, START, self.terms())]
        project = factories.make_project(client, now=START)
        report = factories.make_report(project, by=self.person, claimed_severity="S3", now=START)
        self.ticket = factories.make_ticket(report, engineer=self.engineer, now=START)

    def terms(self) -> Terms | None:
        answer, fix = MINUTES[self.severity]
        minutes = {
            Clock.FIRST_RESPONSE: answer, Clock.NEXT_REPLY: answer, Clock.RESOLUTION: fix
        }  # fmt: skip
        return Terms(minutes, ROUND_THE_CLOCK) if self.served else None

    def note(self, *moments: Moment) -> None:
        terms = self.terms() if _M.TERMS in moments else None
        self.notes += [Happening(moment, self.now, terms) for moment in moments]

    def act(self, what: str) -> None:
        """Do it as the product would, and note what it means; what is refused did not happen."""
        self.ticket.refresh_from_db()
        try:
            with transaction.atomic():
                moments = getattr(self, what)()
        except Refused:
            return
        self.note(*moments)

    @property
    def ours(self) -> dict[str, Any]:
        return {"ticket_id": self.ticket.pk, "actor": self.engineer, "now": self.now}

    def we_write(self) -> Sequence[Moment]:
        actions.reply_to_ticket(body="We look.", **self.ours)
        return [_M.ANSWERED]

    def they_write(self) -> Sequence[Moment]:
        actions.reply_to_ticket(body="And?", **{**self.ours, "actor": self.person})
        return [_M.GOING_ON, _M.WRITTEN]

    def we_ask(self) -> Sequence[Moment]:
        actions.wait_for_client(question="Which browser?", **self.ours)
        return [_M.ANSWERED, _M.WAITING]

    def we_go_on(self) -> Sequence[Moment]:
        actions.resume_waiting(**self.ours)
        return [_M.GOING_ON]

    def we_put_back(self) -> Sequence[Moment]:
        actions.put_back(**self.ours)
        return [_M.GOING_ON]

    def we_ship(self) -> Sequence[Moment]:
        if self.ticket.state != "in_progress":
            actions.start_ticket(**self.ours)
        actions.send_to_review(**self.ours)
        actions.ship_ticket(release="", **self.ours)
        return [_M.GOING_ON, _M.DONE]

    def we_close(self) -> Sequence[Moment]:
        actions.close_ticket(message="It is gone.", **self.ours)
        return [_M.ANSWERED, _M.DONE]

    def we_reopen(self) -> Sequence[Moment]:
        actions.reopen_ticket(reason="It is back.", **self.ours)
        return [_M.REOPENED]

    def they_deny(self) -> Sequence[Moment]:
        actions.answer_fix(works=False, comment="", **{**self.ours, "actor": self.person})
        return [_M.WRITTEN, _M.REOPENED]

    def it_is_worse(self) -> Sequence[Moment]:
        return self._judge("S1" if self.severity == "S2" else "S2")

    def it_is_mild(self) -> Sequence[Moment]:
        return self._judge("S4" if self.severity == "S3" else "S3")

    def _judge(self, severity: str) -> Sequence[Moment]:
        actions.edit_ticket(
            version=self.ticket.version, kind="bug", severity=severity, title="The export",
            estimate_minutes=60, **self.ours,
        )  # fmt: skip
        self.severity = severity
        return [_M.TERMS]

    def the_retainer_turns(self) -> Sequence[Moment]:
        state = "paused" if self.served else "active"
        client_actions.set_retainer_state(
            retainer_id=self.retainer.pk, state=state, actor=None, now=self.now
        )
        self.served = not self.served
        return [_M.TERMS]

    def we_sweep(self) -> Sequence[Moment]:
        for _ in range(2):
            actions.sweep_clocks(report_ids=due_lines(self.now), now=self.now)
            for client_id in clients_to_keep(self.now):
                actions.keep_client(client_id=client_id, now=self.now)
        return []


DEEDS = [
    "we_write", "they_write", "we_ask", "we_go_on", "we_put_back", "we_ship", "we_close",
    "we_reopen", "they_deny", "it_is_worse", "it_is_mild", "the_retainer_turns", "we_sweep",
]  # fmt: skip
stories = st.lists(st.tuples(st.integers(1, 150), st.sampled_from(DEEDS)), min_size=3, max_size=12)
on_a_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@settings(on_a_database, max_examples=5)
@given(stories)
def test_rows_tell_what_a_walk_minute_by_minute_says(story: list[tuple[int, str]]) -> None:
    _check(story)


@pytest.mark.slow
@settings(on_a_database, max_examples=40)
@given(stories)
def test_rows_tell_so_of_many_stories(story: list[tuple[int, str]]) -> None:
    _check(story)


def _check(story: list[tuple[int, str]]) -> None:
    with transaction.atomic():
        scene = Scene()
        for minutes, what in story:
            scene.now += timedelta(minutes=minutes)
            scene.act(what)
        scene.now += timedelta(minutes=1)
        assert _verdicts(scene.ticket) == _expected(scene)
        scene.act("we_sweep")
        scene.ticket.refresh_from_db()
        actions.keep_clocks(ticket=scene.ticket, now=scene.now)
        _check_rows(scene)
        transaction.set_rollback(True)


def _expected(scene: Scene) -> dict[str, list[bool]]:
    found: dict[str, list[bool]] = {}
    for clock, kept in slow_verdicts(scene.notes, scene.now):
        found.setdefault(clock.value, []).append(kept)
    return found


def _verdicts(ticket: Ticket) -> dict[str, list[bool]]:
    """Give, of each clock, whether each promise that was fulfilled was kept, by the rows alone."""
    rows = TicketEvent.objects.filter(report=ticket.number)
    late = [
        (row.data["clock"], row.data["round"], row.at) for row in rows.filter(kind="sla.breached")
    ]
    found: dict[str, list[bool]] = {}
    for row in rows.filter(kind="sla.fulfilled").order_by("at", "pk"):
        clock, number = row.data["clock"], row.data["round"]
        is_late = any(
            clock == its and at <= row.at and (clock != Clock.NEXT_REPLY or number == its_number)
            for its, its_number, at in late
        )
        found.setdefault(clock, []).append(not is_late)
    return found


def _check_rows(scene: Scene) -> None:
    report = Report.objects.select_related("triage", "ticket").get(pk=scene.ticket.number)
    (again,) = derive([report], scene.now)
    assert (again.terms, again.steps) == ([], [])
    rows = TicketEvent.objects.filter(report=report, kind__startswith="sla.")
    once = Counter(
        (row.kind, row.data["clock"], row.data["round"], row.data.get("percent"))
        for row in rows.exclude(kind__in=["sla.terms", "sla.paused", "sla.resumed"])
    )
    assert set(once.values()) <= {1}
    told = sum(len(row.data["told"]) for row in rows.filter(kind="sla.warned"))
    warned = OutboxMessage.objects.filter(recipient=scene.engineer.email)
    mails = warned.filter(subject__contains="used") | warned.filter(subject__contains="due soon")
    assert mails.count() <= told
    for each in report.clocks.all():
        state = again.clocks.clocks[Clock(each.clock)]
        if state.started_at is None:
            assert each.state == "fulfilled"
            continue
        assert (each.started_at, each.breached_at) == (state.started_at, state.breached_at)
        assert (each.state == "running") == (state.since is not None)
        assert each.state != "running" or each.due_at == state.due_at()
    assert Retainer.objects.get(pk=scene.retainer.pk).state in ("active", "paused")
