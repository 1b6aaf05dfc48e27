"""Which tickets may be about the same problem as a report, the likeliest first.

Each term of a report is looked up among the newest reports that have it, so that a search costs the
same however many reports a client has (docs/decisions/0013-postings-find-duplicates.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection

from clients.models import User
from tickets.models import Report, Ticket
from tickets.queries.access import tickets_for
from tickets.queries.meanings import joined, nearness_of
from tickets.rules.signals import page_path
from tickets.rules.similarity import (
    Candidate,
    Frequencies,
    Likely,
    Question,
    Words,
    facts_of,
    heading,
    question_terms,
    rank,
    reason_of,
    words_of,
)
from tickets.rules.states import LIVE, OPEN

SHIPPED_DAYS = 30
# The newest reports read of each term, the best of them whose tickets are looked at, and the
# candidates kept of those for the full score.
NEWEST_OF_TERM = 200
MOST_SEEN = 1000
MOST_CANDIDATES = 100


@dataclass(frozen=True)
class Asked:
    """A report, or what somebody types: what others are compared with.

    ``before`` leaves only the reports with a lower number, for measuring.
    """

    client_id: int
    title: str
    text: str
    at: datetime
    facts: tuple[str, ...] = ()
    project_id: int | None = None
    report_id: int | None = None
    ticket_id: int | None = None
    before: int | None = None

    @cached_property
    def words(self) -> Words:
        """Give its terms."""
        return words_of(self.title, self.text, self.facts)

    @classmethod
    def report(cls, report: Report, *, before: int | None = None) -> "Asked":
        """Ask for a report that is stored."""
        return cls(
            client_id=report.client_id,
            title=report.title,
            text=report.text,
            at=report.received_at,
            facts=facts_of((each.kind, each.value) for each in report.signals.all()),
            project_id=report.project_id,
            report_id=report.pk,
            ticket_id=report.ticket_id,
            before=before,
        )


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A ticket that may be about the same problem, and why; scores only compare with each other."""

    ticket: Ticket
    score: float
    reason: str


def suggest_tickets(
    who: User,
    *,
    client_id: int,
    now: datetime,
    report: Report | None = None,
    title: str = "",
    text: str = "",
    page: str = "",
    project_id: int | None = None,
    most: int = 5,
) -> list[Suggestion]:
    """List the client's tickets that may be about the same problem, the likeliest first.

    Of a report, or of what somebody types (``page`` is an address as people give it). Only open
    tickets and those shipped in the last ``SHIPPED_DAYS``, as far as the person may see them; a
    report's own ticket is none. Nothing is given that has nothing in common.
    """
    if report:
        asked = Asked.report(report)
    else:
        path = page_path(page)
        facts = facts_of([("page", path)]) if path else ()
        asked = Asked(client_id, title, text, at=now, facts=facts, project_id=project_id)
    since = now - timedelta(days=SHIPPED_DAYS)
    return suggestions(who, asked, shipped_since=since, most=most)


def suggestions(who: User, asked: Asked, *, shipped_since: datetime, most: int) -> list[Suggestion]:
    """Give the tickets of the likeliest reports, each once and by its likeliest report."""
    question, likely = _likely(asked, shipped_since=shipped_since)
    best: dict[int, tuple[Likely, str]] = {}
    for each in likely:
        ticket_id = each.candidate.ticket_id
        assert ticket_id is not None
        if ticket_id in best:
            continue
        reason = reason_of(question, each.candidate, title=asked.title, text=asked.text)
        if reason:
            best[ticket_id] = each, reason
        if len(best) == most:
            break
    seen = tickets_for(who).filter(client_id=asked.client_id).in_bulk(best)
    return [
        Suggestion(seen[ticket_id], each.score, reason)
        for ticket_id, (each, reason) in best.items()
        if ticket_id in seen
    ]


def similar_reports(asked: Asked, *, most: int) -> list[Likely]:
    """Rank a client's reports by how likely they tell of the same problem, whatever became of them.

    For measuring and for whoever looks back; reads of any client, so the caller checks who asks.
    """
    return _likely(asked)[1][:most]


def _likely(
    asked: Asked, *, shipped_since: datetime | None = None
) -> tuple[Question, list[Likely]]:
    frequencies = _frequencies(asked)
    found = _candidates(asked, question_terms(asked.words, frequencies), shipped_since)
    question = Question.of(asked.words, frequencies)
    return question, rank(question, found)


def _frequencies(asked: Asked) -> Frequencies:
    sql = """
        SELECT term, reports FROM tickets_termcount
        WHERE client_id = %(client)s AND term = ANY (%(terms)s)
    """
    terms = ["", *asked.words.terms]
    counts = dict(_rows(sql, {"client": asked.client_id, "terms": terms}))
    return Frequencies(counts.pop("", 0), counts)


# The newest reports of each term, best sum of weights first, until there are enough that may be
# shown. Each LIMIT 1 keeps a row's lookup by itself: the planner must not read whole tables.
_FOUND = """
SELECT kept.report_id, kept.ticket_id, w.title_terms, w.body_terms, w.facts,
    greatest(similarity(w.heading, %(heading)s),
        CASE WHEN kept.title <> w.heading THEN similarity(kept.title, %(heading)s) END),
    kept.same_project,
    abs(extract(epoch FROM kept.received_at - %(at)s)) / 86400, meanings.nearness
FROM (
    SELECT found.report_id, r.*
    FROM (
        SELECT hit.report_id, sum(asked.weight) AS weight
        FROM unnest(%(terms)s::text[], %(weights)s::float4[]) AS asked (term, weight)
        CROSS JOIN LATERAL (
            SELECT p.report_id FROM tickets_posting AS p
            WHERE p.client_id = %(client)s AND p.term = asked.term COLLATE "C"
                AND p.report_id < %(before)s
            ORDER BY p.report_id DESC LIMIT %(newest)s
        ) AS hit
        GROUP BY hit.report_id ORDER BY weight DESC, hit.report_id DESC LIMIT %(most_seen)s
    ) AS found
    CROSS JOIN LATERAL (
        SELECT r.ticket_id, r.received_at, coalesce(r.project_id = %(project)s, false)
            AS same_project, {title} AS title
        FROM tickets_report AS r {ticket}
        WHERE r.id = found.report_id AND r.client_id = %(client)s LIMIT 1
    ) AS r
    WHERE found.report_id <> %(itself)s
    ORDER BY found.weight DESC, found.report_id DESC LIMIT %(most)s
) AS kept
CROSS JOIN LATERAL (
    SELECT * FROM tickets_reportwords AS w WHERE w.report_id = kept.report_id LIMIT 1
) AS w
{meanings}
"""
_ANY = {"title": "''", "ticket": ""}
_OF_TICKETS = {
    "title": "t.title",
    "ticket": """
        JOIN tickets_ticket AS t ON t.id = r.ticket_id AND (t.state = ANY (%(open)s)
            OR (t.state = ANY (%(live)s) AND t.shipped_at >= %(since)s))
            AND t.id <> %(own_ticket)s
    """,
}
_ANY_NUMBER = 2**62


def _candidates(
    asked: Asked, terms: dict[str, float], shipped_since: datetime | None
) -> Iterable[Candidate]:
    """Find reports that share terms; with an instant only those of tickets worth a suggestion."""
    facts = {
        "client": asked.client_id,
        "heading": heading(asked.title, asked.text),
        "project": asked.project_id,
        "at": asked.at,
        "terms": list(terms),
        "weights": list(terms.values()),
        "before": asked.before or _ANY_NUMBER,
        "itself": asked.report_id or 0,
        "own_ticket": asked.ticket_id or 0,
        "newest": NEWEST_OF_TERM,
        "most_seen": MOST_SEEN,
        "most": MOST_CANDIDATES,
        "open": list(OPEN),
        "live": list(LIVE),
        "since": shipped_since,
    }
    sql = _FOUND.format(**(_OF_TICKETS if shipped_since else _ANY), meanings=joined())
    for row in _rows(sql, facts):
        report_id, ticket_id, title, body, its_facts, similarity, same_project, days, near = row
        yield Candidate(
            report_id=report_id,
            ticket_id=ticket_id,
            words=Words(tuple(title.split()), tuple(body.split()), tuple(its_facts)),
            title_similarity=similarity,
            same_project=same_project,
            days_apart=float(days),
            meaning=nearness_of(near),
        )


def _rows(sql: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
