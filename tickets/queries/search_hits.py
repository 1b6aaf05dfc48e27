"""The rows of a search as they are shown: what was found, with its words marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from tickets.models import Report, Ticket
from tickets.queries.vocabulary import Reading, stems_among
from tickets.rules.search import excerpt, mark, marked_words

MOST_SHOWN_TEXT = 6000


@dataclass(frozen=True)
class Hit:
    """One row of the results: a ticket, or a report that has none."""

    number: int
    title: SafeString
    excerpt: SafeString
    ticket: Ticket | None = None
    report: Report | None = None


def hits_of(
    numbers: Sequence[int],
    tickets: QuerySet[Ticket],
    reports: QuerySet[Report],
    reading: Reading,
    *,
    with_notes: bool,
) -> list[Hit]:
    """Load what is shown of what its asker may see, with what was found marked."""
    shown = tickets.filter(number__in=numbers).select_related("assignee", "merged_into")
    by_number = {ticket.number: ticket for ticket in shown}
    rest = [number for number in numbers if number not in by_number]
    bare = {each.pk: each for each in reports.filter(pk__in=rest, ticket=None)} if rest else {}
    texts = _texts(by_number.values(), bare.values(), with_notes=with_notes)
    headlines = {
        **{number: ticket.title for number, ticket in by_number.items()},
        **{number: report.headline for number, report in bare.items()},
    }
    words = _marked(reading, [*headlines.values(), *texts.values()])
    return [
        Hit(
            number,
            mark(headlines[number], words),
            excerpt(texts.get(number, ""), words),
            by_number.get(number),
            bare.get(number),
        )
        for number in numbers
        if number in headlines
    ]


def _marked(reading: Reading, texts: Iterable[str]) -> set[str]:
    """Give the words of the texts that were asked for, in whatever form."""
    lexemes = {
        lexeme
        for meaning in reading.meanings
        if not meaning.term.is_excluded
        for lexeme in (*meaning.lexemes, *meaning.others)
        if lexeme is not None
    }
    return stems_among(sorted(marked_words(texts, lexemes)), sorted(lexemes))


_SAID = "left(string_agg(left(said.{text}, %(most)s), ' · '), %(most)s)"
_TEXTS = f"""
SELECT t.number, left(concat_ws(' · ', (SELECT {_SAID.format(text="text")} FROM (
        SELECT r.text FROM tickets_report AS r WHERE r.id = ANY (reports.ids)
        ORDER BY r.id LIMIT 20) AS said),
    (SELECT {_SAID.format(text="body")} FROM (
        SELECT c.body FROM tickets_comment AS c WHERE c.visibility = ANY (%(seen)s)
            AND (c.ticket_id = t.id OR c.report_id = ANY (reports.ids))
        ORDER BY c.id LIMIT 40) AS said)), %(most)s)
FROM tickets_ticket AS t CROSS JOIN LATERAL (
    SELECT array_agg(r.id) AS ids FROM tickets_report AS r WHERE r.ticket_id = t.id) AS reports
WHERE t.id = ANY (%(tickets)s)
UNION ALL
SELECT r.id, left(concat_ws(' · ', r.text, (SELECT {_SAID.format(text="body")} FROM (
        SELECT c.body FROM tickets_comment AS c
        WHERE c.visibility = ANY (%(seen)s) AND c.report_id = r.id
        ORDER BY c.id LIMIT 40) AS said)), %(most)s)
FROM tickets_report AS r WHERE r.id = ANY (%(reports)s)
"""  # noqa: S608 - made of the text above


def _texts(
    tickets: Iterable[Ticket], reports: Iterable[Report], *, with_notes: bool
) -> dict[int, str]:
    """Give what was said, as far as the asker may read it, cut short."""
    terms: dict[str, Any] = {
        "most": MOST_SHOWN_TEXT,
        "seen": ["public", "internal"] if with_notes else ["public"],
        "tickets": [ticket.pk for ticket in tickets],
        "reports": [report.pk for report in reports],
    }
    if not (terms["tickets"] or terms["reports"]):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, terms)
        return dict(cursor.fetchall())
