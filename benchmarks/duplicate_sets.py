"""Reports with known duplicates, as many as wanted, and what is timed and counted among them.

Runs inside the product's process (``benchmarks.prepare``).
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max

from benchmarks.accounts import accounts
from clients import actions as clients
from clients.models import Client, User
from tickets import actions
from tickets.models import Report, ReportMeaning, ReportWords, Signal, Ticket
from tickets.queries.duplicates import SHIPPED_DAYS, Asked, suggest_tickets, suggestions
from tickets.queries.meanings import without_meaning
from tickets.rules.similarity import heading
from tickets.rules.states import ReportState, TicketState

CHUNK, INDEX_BATCH = 2_000, 500
# What became of the tickets of a big set, in turn: a tenth is open.
_USUAL = [TicketState.QUEUED] + [TicketState.VERIFIED] * 6 + [TicketState.CLOSED] * 3


def read(path: str) -> list[dict[str, Any]]:
    """Read the reports of a file, in the order in which they came."""
    with Path(path).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def right_answers(rows: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Give for each duplicate the earlier reports of its problem: any of them is right."""
    earlier: dict[str, set[str]] = {}
    right = {}
    for row in rows:
        told = earlier.setdefault(row["cluster"], set()) if row["cluster"] else set()
        if row["duplicate_of"]:
            right[row["id"]] = set(told)
        told.add(row["id"])
    return right


def duplicates(*, path: str, size: int) -> dict[str, Any]:
    """Store the reports of a file as one client's, each with its ticket, and index them.

    With a ``size`` they are strewn among so many in all, made by mixing the texts of two, and most
    tickets are done; without one all are open.
    """
    accounts()
    client = Client.objects.get(slug="client-0")
    rows = read(path)
    projects = {name: _project(client, name) for name in {row["project"] for row in rows}}
    made = enumerate(_strewn(rows, size) if size else rows, start=1)
    while chunk := list(islice(made, CHUNK)):
        _store(chunk, client.pk, projects, _USUAL if size else [TicketState.QUEUED])
    return index()


def index() -> dict[str, Any]:
    """Index what is not, or was by other rules, as the sweep does; gives how many reports are."""
    while actions.index_missing(most=INDEX_BATCH):
        pass
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"reports": ReportWords.objects.count()}


def meanings() -> dict[str, Any]:
    """Read what all indexed reports mean, as the sweep does; gives how many are read."""
    for pk in list(without_meaning().values_list("pk", flat=True)):
        actions.learn_meaning(report_id=pk)
    return {"reports": ReportMeaning.objects.count()}


def ranks(*, path: str, most: int, semantic: bool) -> dict[str, Any]:
    """Ask for every duplicate what came before it; gives the place of the first right answer."""
    settings.SEMANTIC_DUPLICATES = semantic
    who = User.objects.get(email="admin@bench.example")
    reports = {each.source_key: each for each in Report.objects.all()}
    places: list[int | None] = []
    for key, right in right_answers(read(path)).items():
        asked = Asked.report(reports[key], before=reports[key].pk)
        since = asked.at - timedelta(days=SHIPPED_DAYS)
        found = suggestions(who, asked, shipped_since=since, most=most)
        numbers = {reports[answer].pk for answer in right}
        hits = (place for place, row in enumerate(found, 1) if row.ticket.number in numbers)
        places.append(next(hits, None))
    return {"places": places}


def suggest(*, path: str, times: int, warm_up: int) -> dict[str, Any]:
    """Ask for suggestions as triage does; gives the milliseconds of each."""
    who = User.objects.get(email="admin@bench.example")
    keys = list(right_answers(read(path)))[:: max(1, len(read(path)) // 5_000)]
    chosen = keys[: warm_up + times]
    pks = dict(Report.objects.filter(source_key__in=chosen).values_list("source_key", "pk"))
    now = Report.objects.aggregate(newest=Max("received_at"))["newest"]
    took, found = [], 0
    for key in chosen:
        # Read anew as each request does: nothing is known of its signals yet.
        report = Report.objects.get(pk=pks[key])
        began = perf_counter()
        found += len(suggest_tickets(who, client_id=report.client_id, report=report, now=now))
        took.append((perf_counter() - began) * 1000)
    assert found > len(chosen), "nothing was suggested"
    return {"ms": took[warm_up:]}


def _project(client: Client, name: str) -> int:
    facts = {"name": name}
    now = datetime.now(UTC)
    return clients.create_project(client_id=client.pk, facts=facts, actor=None, now=now).pk


def _strewn(rows: list[dict[str, Any]], size: int) -> Iterator[dict[str, Any]]:
    """Put mixtures of two reports between the real ones, over the same time."""
    chance = random.Random(7)
    more = max(0, size - len(rows))
    for place, row in enumerate(rows):
        yield row
        for count in range(more // len(rows) + (place < more % len(rows))):
            one, other = chance.choice(rows), chance.choice(rows)
            yield {
                **row,
                "id": f"mixed-{place}-{count}",
                "title": _mixed(one["title"], other["title"], chance),
                "body": _mixed(one["body"], other["body"], chance),
                "component": one["component"],
            }


def _mixed(one: str, other: str, chance: random.Random) -> str:
    """Keep half of the words, and put others of the second text in place of the rest."""
    others = other.split() or one.split()
    mixed = []
    for word in one.split():
        luck = chance.random()
        if luck < 0.5:
            mixed.append(word)
        elif luck < 0.95:
            mixed.append(chance.choice(others))
        else:
            # Words nobody else writes: names, numbers, slips.
            mixed.append(f"{word}{chance.choice('abcdefgh')}{chance.choice('abcdefgh')}")
    return " ".join(mixed)


def _store(
    chunk: list[tuple[int, dict[str, Any]]],
    client_id: int,
    projects: dict[str, int],
    states: list[TicketState],
) -> None:
    tickets, reports, signals = [], [], []
    for number, row in chunk:
        at = datetime.fromisoformat(row["created"])
        state = states[number % len(states)]
        ticket = Ticket(
            number=number, client_id=client_id, project_id=projects[row["project"]],
            title=heading(row["title"], row["body"])[:200], kind="bug", severity="S3",
            priority="P3", state=state, estimate_minutes=60, received_at=at, opened_at=at, reach=1,
            shipped_at=at + timedelta(days=2) if state == TicketState.VERIFIED else None,
        )  # fmt: skip
        report = Report(
            pk=number, client_id=client_id, project_id=ticket.project_id, ticket=ticket,
            source="api", source_key=row["id"], state=ReportState.ACCEPTED,
            title=row["title"][:200], text=row["body"], received_at=at,
        )  # fmt: skip
        tickets.append(ticket)
        reports.append(report)
        if row["component"]:
            signals.append(Signal(report=report, kind="component", value=row["component"]))
    Ticket.objects.bulk_create(tickets)
    Report.objects.bulk_create(reports)
    Signal.objects.bulk_create(signals)
