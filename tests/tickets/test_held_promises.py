"""What merged tickets were promised: the soonest stands, and each has its own back afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients import actions as client_actions
from clients.models import Client, Project, User
from core.errors import MoveRefused
from tests import factories
from tests.tickets.merges import merge, rolled_back, unmerge
from tickets import actions
from tickets.actions.promises import settle_pauses
from tickets.models import HeldPromise, Ticket, TicketEvent, TicketEventKind
from tickets.queries.owed import later, move_calendar

NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOON, LATER = NOON + DAY, NOON + 7 * DAY
_MOVES = ("merge", "merge", "unmerge", "wait", "go on", "pause", "serve")


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def one(project: Project, alice: User, engineer: User) -> Ticket:
    return _promised(project, engineer, by=alice, due_at=LATER)


@pytest.fixture
def other(project: Project, bob: User, engineer: User) -> Ticket:
    return _promised(project, engineer, by=bob, due_at=SOON)


def _promised(
    project: Project, engineer: User, *, due_at: datetime | None, by: User | None = None
) -> Ticket:
    ticket = factories.make_ticket(
        project=project, by=by, engineer=engineer, severity="S4", now=NOON
    )
    _promise(ticket, due_at)
    return ticket


def _promise(ticket: Ticket, due_at: datetime | None) -> None:
    kept = Ticket.objects.filter(pk=ticket.pk)
    kept.update(due_at=due_at, committed_at=NOON if due_at else None)
    ticket.refresh_from_db()


def _due(ticket: Ticket) -> datetime | None:
    ticket.refresh_from_db()
    return ticket.due_at


def _moved(ticket: Ticket) -> TicketEvent:
    return TicketEvent.objects.filter(ticket=ticket, kind=TicketEventKind.DUE_MOVED).latest("pk")


def _wait(ticket: Ticket, engineer: User, now: datetime) -> None:
    actions.wait_for_client(ticket_id=ticket.pk, question="Which?", actor=engineer, now=now)


def _serve(client: Client, state: str, now: datetime) -> None:
    retainer = client.retainers.get().pk
    client_actions.set_retainer_state(retainer_id=retainer, state=state, actor=None, now=now)


def test_the_sooner_promise_of_the_two_stands_and_goes_back(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    assert merge(other, one, engineer, NOON).due_at == SOON
    assert _moved(one).data["reason"] == "merged"
    assert unmerge(other, engineer).due_at == SOON
    assert _due(one) == LATER
    assert not HeldPromise.objects.exists()


def test_what_had_no_promise_inherits_one_and_is_decided_on_anew_without_it(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    _promise(one, None)
    assert merge(other, one, engineer, NOON).due_at == SOON
    unmerge(other, engineer, NOON)
    made = TicketEvent.objects.filter(ticket=one, kind=TicketEventKind.COMMITTED).latest("pk")
    assert "reason" not in made.data, "it is a promise of its own"
    assert _due(one) == datetime.fromisoformat(made.data["due_at"]) != SOON


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("days", [(1, 3), (3, 1)])
def test_a_promise_stands_while_any_part_has_it(
    days: tuple[int, int], first: int, one: Ticket, project: Project, engineer: User
) -> None:
    parts = [_promised(project, engineer, due_at=NOON + day * DAY) for day in days]
    for part in parts:
        merge(part, one, engineer, NOON)
    unmerge(parts[first], engineer)
    assert _due(one) == NOON + days[1 - first] * DAY
    unmerge(parts[1 - first], engineer)
    assert _due(one) == LATER


def test_a_part_that_stood_still_brings_what_it_is_owed(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    _wait(other, engineer, NOON)
    # A wait of two days, from Wednesday to Friday, and then the weekend.
    assert merge(other, one, engineer, NOON + 2 * DAY).due_at == SOON + 4 * DAY


def test_a_part_of_a_paused_client_is_not_late_at_once(
    acme: Client, one: Ticket, other: Ticket, engineer: User
) -> None:
    _serve(acme, "paused", NOON)
    merge(other, one, engineer, NOON + 5 * DAY)
    _serve(acme, "active", NOON + 7 * DAY)
    assert settle_pauses(client_id=acme.pk, now=NOON + 7 * DAY) == 1
    assert _due(one) == SOON + 7 * DAY
    assert unmerge(other, engineer, NOON + 7 * DAY).due_at == SOON + 7 * DAY
    assert _due(one) == LATER + 7 * DAY


def test_a_promise_that_moved_by_a_wait_of_the_whole_goes_back_as_it_moved(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    merge(other, one, engineer, NOON)
    _wait(one, engineer, NOON)
    actions.resume_waiting(ticket_id=one.pk, actor=engineer, now=NOON + DAY)
    assert _due(one) == SOON + DAY
    assert unmerge(other, engineer, NOON + DAY).due_at == SOON + DAY
    assert _due(one) == LATER + DAY


def test_what_is_taken_out_of_a_whole_that_waits_waited_until_then(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    merge(other, one, engineer, NOON)
    _wait(one, engineer, NOON)
    assert unmerge(other, engineer, NOON + DAY).due_at == SOON + DAY
    actions.resume_waiting(ticket_id=one.pk, actor=engineer, now=NOON + 2 * DAY)
    assert _due(one) == LATER + 2 * DAY


def test_a_part_that_waited_waits_again_from_when_it_is_taken_out(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    _wait(other, engineer, NOON)
    merge(other, one, engineer, NOON)
    assert unmerge(other, engineer, NOON + DAY / 2).state == "waiting"
    actions.resume_waiting(ticket_id=other.pk, actor=engineer, now=NOON + 6 * DAY)
    assert _due(other) == later(move_calendar(other), SOON, NOON + DAY / 2, NOON + 6 * DAY)


def test_nobody_in_a_chain_keeps_what_was_anothers(
    one: Ticket, other: Ticket, project: Project, engineer: User
) -> None:
    middle = _promised(project, engineer, due_at=NOON + 4 * DAY)
    merge(other, middle, engineer, NOON)
    merge(middle, one, engineer, NOON)
    assert unmerge(other, engineer, NOON).due_at == SOON
    assert _due(one) == NOON + 4 * DAY
    assert unmerge(middle, engineer, NOON).due_at == NOON + 4 * DAY
    assert _due(one) == LATER


def test_what_staff_agreed_for_the_whole_holds_for_its_parts(
    one: Ticket, other: Ticket, engineer: User, ops_admin: User
) -> None:
    merge(other, one, engineer, NOON)
    agreed = NOON + 5 * DAY
    actions.move_due(ticket_id=one.pk, due_at=agreed, reason="Said so.", actor=ops_admin, now=NOON)
    _wait(one, engineer, NOON)
    actions.resume_waiting(ticket_id=one.pk, actor=engineer, now=NOON + DAY)
    assert _due(one) == agreed + DAY
    assert unmerge(other, engineer, NOON + DAY).due_at == agreed + DAY
    assert _due(one) == agreed + DAY


def test_a_reopened_whole_keeps_what_of_its_promises_lies_ahead(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    merge(other, one, engineer, NOON)
    factories.walk_ticket(one, "shipped", engineer=engineer, now=NOON)
    actions.reopen_ticket(ticket_id=one.pk, reason="No.", actor=engineer, now=NOON + 5 * DAY)
    assert _due(one) == LATER
    assert unmerge(other, engineer, NOON + 5 * DAY).due_at != SOON


def test_a_promise_that_comes_into_a_finished_ticket_counts_once_it_is_reopened(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    factories.walk_ticket(one, "shipped", engineer=engineer, now=NOON)
    assert merge(other, one, engineer, NOON).due_at == LATER
    actions.reopen_ticket(ticket_id=one.pk, reason="No.", actor=engineer, now=NOON)
    assert _due(one) == SOON


class _Promises:
    """Three tickets that merge, wait and are paused, beside the plain account of each."""

    def __init__(self) -> None:
        self.now = NOON
        self.client = factories.make_client(now=NOON)
        factories.make_retainer(client=self.client, now=NOON)
        self.engineer = factories.make_staff(now=NOON)
        project = factories.make_project(self.client, now=NOON)
        self.tickets = [
            _promised(project, self.engineer, due_at=NOON + day * DAY) for day in (7, 5, 6)
        ]
        self.calendar = move_calendar(self.tickets[0])
        self.due = {each.pk: each.due_at for each in self.tickets if each.due_at}
        self.into: dict[int, int] = {}
        self.waits: set[int] = set()
        self.is_paused = False

    def step(self, what: str, hours: int, place: int, other: int) -> None:
        """Let some hours pass and do one thing, if it may be done."""
        then = self.now + hours * HOUR
        for pk, due_at in self.due.items():
            if self.is_paused or self._root(pk) in self.waits:
                self.due[pk] = later(self.calendar, due_at, self.now, then)
        self.now = then
        ticket, target = self.tickets[place], self.tickets[other]
        try:
            self._do(what, ticket, target)
        except MoveRefused:
            return

    def _do(self, what: str, ticket: Ticket, target: Ticket) -> None:
        pk = ticket.pk
        if what == "merge" and ticket != target:
            merge(ticket, target, self.engineer, self.now)
            self.into[pk] = target.pk
        elif what == "unmerge":
            back = unmerge(ticket, self.engineer, self.now)
            del self.into[pk]
            self.waits.discard(pk)
            self.waits |= {pk} if back.state == "waiting" else set()
        elif what == "wait":
            _wait(ticket, self.engineer, self.now)
            self.waits.add(pk)
        elif what == "go on":
            actions.resume_waiting(ticket_id=pk, actor=self.engineer, now=self.now)
            self.waits.discard(pk)
        elif what in ("pause", "serve") and self.is_paused == (what == "serve"):
            self.is_paused = what == "pause"
            _serve(self.client, "paused" if self.is_paused else "active", self.now)
            settle_pauses(client_id=self.client.pk, now=self.now)

    def _root(self, pk: int) -> int:
        while pk in self.into:
            pk = self.into[pk]
        return pk

    def check(self) -> None:
        """Hold each ticket that moves to the soonest of all that are part of it."""
        for ticket in self.tickets:
            if not (self.is_paused or ticket.pk in self.waits or ticket.pk in self.into):
                whole = [due for pk, due in self.due.items() if self._root(pk) == ticket.pk]
                assert _due(ticket) == min(whole)

    def end(self) -> None:
        """Take everything apart and let it go on."""
        for ticket in self.tickets:
            self.step("unmerge", 1, self.tickets.index(ticket), 0)
        for place in range(3):
            self.step("go on", 1, place, 0)
        self.step("serve", 1, 0, 0)


@pytest.mark.django_db
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(_MOVES),
            st.integers(0, 8),
            st.integers(0, 2),
            st.integers(0, 2),
        ),
        max_size=8,
    )
)
@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_promises_merge_and_part_as_their_own_accounts_say(
    steps: list[tuple[str, int, int, int]],
) -> None:
    with rolled_back():
        promises = _Promises()
        for step in steps:
            promises.step(*step)
            promises.check()
        promises.end()
        promises.check()
        assert not HeldPromise.objects.exists()
