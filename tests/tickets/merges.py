"""Merging in tests, also at random, beside the plain account of what was written where."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from clients.models import User
from core.errors import MoveRefused
from tests import factories
from tickets import actions
from tickets.models import (
    Attachment,
    Comment,
    Report,
    Reporter,
    Signal,
    Ticket,
    TicketLink,
    TimeEntry,
    Timer,
    Watcher,
)

NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
_ROWS = (Report, Comment, TimeEntry, TicketLink, Timer, Watcher)
# What merging is free to leave otherwise: an answer given by it, and versions.
_BUT = {"first_response_at"}
DOES = [
    "merge", "merge", "unmerge", "reply", "log", "clock", "link", "watch", "unwatch",
    "join", "split", "start", "wait", "ship",
]  # fmt: skip


@contextmanager
def rolled_back() -> Iterator[None]:
    """Leave nothing of an example behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def merge(source: Ticket, target: Ticket, actor: User, now: datetime = NOON) -> Ticket:
    actions.merge_tickets(source_id=source.pk, number=target.number, actor=actor, now=now)
    source.refresh_from_db()
    target.refresh_from_db()
    return target


def unmerge(source: Ticket, actor: User, now: datetime = NOON + HOUR) -> Ticket:
    actions.unmerge_ticket(source_id=source.pk, actor=actor, now=now)
    source.refresh_from_db()
    return source


def snapshot() -> dict[tuple[str, int], dict[str, Any]]:
    """Give every row that hangs on a ticket, whole, and every file with what it hangs on."""
    found = {}
    for model in (*_ROWS, Attachment):
        for row in model.objects.values():
            kept = {name: value for name, value in row.items() if name not in _BUT}
            found[model.__name__, row["id"]] = kept
    return found


class Merges:
    """Four tickets of a client, on which anything happens."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        client = factories.make_client(now=now)
        factories.make_retainer(client=client, now=now)
        self.engineer = factories.make_staff(now=now)
        self.people = [factories.make_member(client=client, now=now).user for _ in range(3)]
        projects = [factories.make_project(client, now=now) for _ in range(2)]
        self.tickets = [
            factories.make_ticket(
                project=projects[place % 2],
                signals=[("fingerprint", f"Error {place % 3}")],
                by=self.people[place % 3],
                engineer=self.engineer,
                now=now,
            )
            for place in range(4)
        ]
        self.parent: dict[int, int] = {}
        self.states = {ticket.pk: "queued" for ticket in self.tickets}
        self.written = snapshot()

    def step(self, what: str, place: int, other: int) -> None:
        """Do one thing to a ticket, and keep the account."""
        self.now += timedelta(minutes=7)
        ticket = self.tickets[place]
        if what == "merge":
            self._merge(ticket, self.tickets[other])
        elif what == "unmerge":
            self._unmerge(ticket)
        else:
            before = snapshot()
            self._write(what, ticket, other)
            self._note(before)

    def check(self) -> None:
        """Hold every row and every count to the account."""
        for (name, _), row in snapshot().items():
            if name != "Attachment" and row["ticket_id"]:
                home = row["home_id"] or row["ticket_id"]
                assert row["ticket_id"] == self.root(home)
        for ticket in Ticket.objects.all():
            people = Reporter.objects.filter(reports__ticket=ticket).distinct().count()
            if ticket.state == "merged":
                assert ticket.merged_into_id == self.parent[ticket.pk]
            else:
                assert ticket.pk not in self.parent
                assert ticket.state == self.states[ticket.pk]
                assert (ticket.assignee is None) == (ticket.state in ("queued", "waiting"))
                known = Signal.objects.filter(report__ticket=ticket).values_list("value")
                assert set(ticket.sightings.values_list("value")) == set(known)
                assert ticket.reach + ticket.unsigned_reach == people

    def take_all_apart(self) -> None:
        """Undo all merges, in any order."""
        for pk in sorted(self.parent):
            self._unmerge(Ticket.objects.get(pk=pk))

    def root(self, pk: int) -> int:
        """Give where a ticket's rows are by the account."""
        while pk in self.parent:
            pk = self.parent[pk]
        return pk

    def _merge(self, source: Ticket, target: Ticket) -> None:
        who: dict[str, Any] = {"actor": self.engineer, "now": self.now}
        if source == target:
            return
        if {source.pk, target.pk} & self.parent.keys():
            try:
                actions.merge_tickets(source_id=source.pk, number=target.number, **who)
            except MoveRefused:
                return
            raise AssertionError("a part was merged")
        if self.states[source.pk] == "shipped":
            with pytest.raises(MoveRefused):
                actions.merge_tickets(source_id=source.pk, number=target.number, **who)
            return
        actions.merge_tickets(source_id=source.pk, number=target.number, **who)
        self.parent[source.pk] = target.pk

    def _unmerge(self, source: Ticket) -> None:
        if source.pk in self.parent:
            actions.unmerge_ticket(source_id=source.pk, actor=self.engineer, now=self.now)
            del self.parent[source.pk]
            self._take_back(source)

    def _take_back(self, ticket: Ticket) -> None:
        """A ticket is what it was, but for the answer it waited for that came meanwhile."""
        ticket.refresh_from_db()
        was = self.states[ticket.pk]
        assert ticket.state == was or (was, ticket.state) == ("waiting", "queued")
        self.states[ticket.pk] = ticket.state

    def _write(self, what: str, ticket: Ticket, other: int) -> None:
        about: dict[str, Any] = {"ticket_id": ticket.pk, "now": self.now}
        person = self.people[other % 3]
        is_part = ticket.pk in self.parent
        if what == "reply":
            actions.reply_to_ticket(body="Still there.", actor=person, **about)
            if self.states[self.root(ticket.pk)] == "waiting":
                self.states[self.root(ticket.pk)] = "queued"
        elif what == "log":
            actions.log_time(minutes=5, actor=self.engineer, **about)
        elif what == "clock":
            actions.start_timer(actor=self.engineer, **about)
        elif what == "link" and not is_part:
            url = f"https://git.example/{other % 2}"
            actions.link_pull_request(url=url, actor=self.engineer, **about)
        elif what == "watch" and not is_part:
            actions.watch_ticket(actor=person, **about)
        elif what == "unwatch" and not is_part:
            actions.unwatch_ticket(actor=person, **about)
        elif what in ("start", "wait", "ship") and not is_part:
            self._work(what, about)
        elif what == "join":
            report = factories.make_triaged_report(ticket.project, by=person, now=self.now)
            actions.join_report(
                report_id=report.pk, number=ticket.number, actor=self.engineer, now=self.now
            )
        elif what == "split":
            self._split()

    def _work(self, what: str, about: dict[str, Any]) -> None:
        """Take a ticket on as far as it may go."""
        pk, ours = about["ticket_id"], {"actor": self.engineer, **about}
        state = self.states[pk]
        if what == "wait" and state == "queued":
            actions.wait_for_client(question="Which?", **ours)
            self.states[pk] = "waiting"
        elif what != "wait" and state in ("queued", "waiting"):
            actions.start_ticket(reason="Now.", **ours)
            self.states[pk] = "in_progress"
        elif what == "ship" and state == "in_progress":
            actions.send_to_review(**ours)
            actions.ship_ticket(release="", **ours)
            self.states[pk] = "shipped"

    def _split(self) -> None:
        """Take the report that joined first back into triage: it is of no ticket from then on."""
        joined = Report.objects.filter(state="duplicate").order_by("pk").first()
        if joined:
            actions.split_report(report_id=joined.pk, actor=self.engineer, now=self.now)
            key = ("Report", joined.pk)
            self.written[key] |= {"ticket_id": None, "home_id": None, "state": "proposed"}

    def _note(self, before: dict[tuple[str, int], dict[str, Any]]) -> None:
        """Keep what is new where it was written: on the ticket that stands for the one named."""
        after = snapshot()
        for key in before.keys() - after.keys():
            del self.written[key]
        for key in after.keys() - before.keys():
            row = dict(after[key])
            assert key[0] == "Attachment" or row["home_id"] is None
            self.written[key] = row
