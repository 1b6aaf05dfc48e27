"""Keep what tickets and reports are found by, and the vocabulary of what stands in them.

Each action that changes a text writes the document anew in its transaction, under the lock of the
ticket or report, in one statement: what was said is found as soon as it is stored.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from tickets.models import Comment, Report, Ticket
from tickets.rules.search import SEPARATORS
from tickets.rules.search.facets import NEAR_SHIFT, WIDE_SHIFT
from tickets.rules.states import ReportState

# PostgreSQL refuses a vector of more than a megabyte; three such texts stay below it.
MOST_TEXT = 60_000
MOST_PAGES, MOST_STEPS = 50, 8
# Words that are shown as a guess: letters only, so that numbers, keys and identifiers never are.
SHORTEST_WORD, LONGEST_WORD = 3, 30

_FACTS: dict[str, Any] = {
    "separators": f"[{SEPARATORS}]+",
    "most": MOST_TEXT,
    "pages": MOST_PAGES,
    "steps": MOST_STEPS,
    "near": NEAR_SHIFT,
    "wide": WIDE_SHIFT,
}


def _vector(text: str, weight: str) -> str:
    plain = f"regexp_replace(left({text}, %(most)s), %(separators)s, ' ', 'g')"
    return f"setweight(to_tsvector('english', coalesce({plain}, '')), '{weight}')"


# A page, and every page above it: /a/b is found by /a, too.
_PAGES = """
SELECT array_agg(page) AS pages FROM (
    SELECT DISTINCT '~g' || array_to_string(
        (string_to_array(s.value, '/'))[1:steps.taken], '/') AS page
    FROM tickets_signal AS s
    CROSS JOIN generate_series(2, %(steps)s + 1) AS steps (taken)
    WHERE s.report_id = ANY ({reports}) AND s.kind = 'page' AND s.value LIKE '/%%'
        AND steps.taken <= cardinality(string_to_array(s.value, '/'))
    ORDER BY 1 LIMIT %(pages)s
) AS each_page
"""
_FACETS = """
array_to_tsvector(ARRAY['~c' || {row}.client_id, '~p' || {row}.project_id,
    '~n' || ({number} >> %(near)s), '~w' || ({number} >> %(wide)s)] || coalesce(pages, '{{}}'))
"""
_SAVE = """
INSERT INTO tickets_searchdocument (number, client_id, ticket_id, report_id, vector)
{made}
ON CONFLICT (number) DO {conflict}
RETURNING number
"""
_OVERWRITE = """UPDATE SET client_id = EXCLUDED.client_id, ticket_id = EXCLUDED.ticket_id,
    report_id = EXCLUDED.report_id, vector = EXCLUDED.vector
"""
_SIGNALS = """
SELECT string_agg(DISTINCT value, ' ') AS said FROM tickets_signal
WHERE report_id = ANY ({reports})
"""
_TICKETS = f"""
SELECT t.number, t.client_id, t.id, NULL::bigint,
    {_vector("t.title", "A")} || {_vector("concat_ws(' ', signals.said, reports.said)", "B")}
    || {_vector("replies.said", "C")} || {_vector("notes.said", "D")}
    || {_FACETS.format(row="t", number="t.number")}
FROM tickets_ticket AS t
CROSS JOIN LATERAL (
    SELECT array_agg(r.id) AS ids,
        string_agg(concat_ws(' ', r.title, left(r.text, %(most)s)), ' ' ORDER BY r.id) AS said
    FROM tickets_report AS r WHERE r.ticket_id = t.id) AS reports
CROSS JOIN LATERAL ({_SIGNALS.format(reports="reports.ids")}) AS signals
CROSS JOIN LATERAL ({_PAGES.format(reports="reports.ids")}) AS pages
CROSS JOIN LATERAL (
    SELECT string_agg(c.body, ' ' ORDER BY c.id DESC) AS said FROM tickets_comment AS c
    WHERE (c.ticket_id = t.id OR c.report_id = ANY (reports.ids)) AND c.visibility = 'public'
) AS replies
CROSS JOIN LATERAL (
    SELECT string_agg(c.body, ' ' ORDER BY c.id DESC) AS said FROM tickets_comment AS c
    WHERE c.ticket_id = t.id AND c.visibility = 'internal'
) AS notes
WHERE t.id = ANY (%(ids)s) AND t.state <> 'merged'
"""  # noqa: S608 - made of the texts above
_REPORTS = f"""
SELECT r.id, r.client_id, NULL::bigint, r.id,
    {_vector("r.title", "A")} || {_vector("concat_ws(' ', signals.said, r.text)", "B")}
    || {_vector("replies.said", "C")} || {_FACETS.format(row="r", number="r.id")}
FROM tickets_report AS r
CROSS JOIN LATERAL ({_SIGNALS.format(reports="ARRAY[r.id]")}) AS signals
CROSS JOIN LATERAL ({_PAGES.format(reports="ARRAY[r.id]")}) AS pages
CROSS JOIN LATERAL (
    SELECT string_agg(c.body, ' ' ORDER BY c.id DESC) AS said FROM tickets_comment AS c
    WHERE c.report_id = r.id AND c.visibility = 'public'
) AS replies
WHERE r.id = ANY (%(ids)s) AND r.ticket_id IS NULL
"""  # noqa: S608 - made of the texts above
# What is found by itself no longer: reports that joined a ticket, and tickets merged away.
_JOINED = """
DELETE FROM tickets_searchdocument AS d
USING tickets_ticket AS t LEFT JOIN tickets_report AS r ON r.ticket_id = t.id
WHERE t.id = ANY (%(ids)s) AND (
    (d.report_id = r.id AND d.number <> t.number) OR (d.ticket_id = t.id AND t.state = 'merged'))
"""
_UNLEARNED = """
WITH joined AS ({joined}), saved AS ({save})
INSERT INTO tickets_unlearneddocument (number) SELECT number FROM saved ON CONFLICT DO NOTHING
"""
_WRITE = {
    (made, overwrites): _UNLEARNED.format(
        joined=joined,
        save=_SAVE.format(made=made, conflict=_OVERWRITE if overwrites else "NOTHING"),
    )
    for made, joined in ((_TICKETS, _JOINED), (_REPORTS, "SELECT"))
    for overwrites in (True, False)
}


def document_ticket(ticket_id: int) -> None:
    """Write a locked ticket's document anew, in place of those of the reports it has."""
    _write(_TICKETS, [ticket_id])


def document_report(report_id: int) -> None:
    """Write the document of a locked report anew, unless it has a ticket."""
    _write(_REPORTS, [report_id])


def document_comment(comment: Comment) -> None:
    """Have what was just said be found, on whatever it was said."""
    if comment.ticket_id:
        document_ticket(comment.ticket_id)
    elif comment.report_id:
        document_report(comment.report_id)


def _write(made: str, ids: Iterable[int], *, overwrites: bool = True) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WRITE[made, overwrites], {**_FACTS, "ids": list(ids)})


@transaction.atomic
def document_missing(*, most: int) -> int:
    """Write documents of tickets and reports that have none, newest first; gives how many.

    Rows stored without an action (an older release, a copy of data) are found by it. What somebody
    changes at this moment gets its document by that change.
    """
    tickets = _missing(Ticket.objects.filter(document=None), "-number", most)
    _write(_TICKETS, tickets, overwrites=False)
    without_ticket = Report.objects.filter(ticket=None, document=None)
    reports = _missing(without_ticket.exclude(state=ReportState.RECEIVED), "-pk", most)
    _write(_REPORTS, reports, overwrites=False)
    return len(tickets) + len(reports)


def _missing(rows: Any, order: str, most: int) -> list[int]:
    locked = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
    return list(locked.order_by(order).values_list("pk", flat=True)[:most])


_TEXT = """
SELECT d.number, d.client_id, concat_ws(' ', t.title, r.title, left(r.text, %(most)s),
    left((SELECT string_agg(concat_ws(' ', o.title, o.text), ' ') FROM tickets_report AS o
     WHERE o.ticket_id = d.ticket_id), %(most)s),
    left((SELECT string_agg(c.body, ' ') FROM tickets_comment AS c
     WHERE c.visibility = 'public' AND (c.ticket_id = d.ticket_id OR c.report_id = d.report_id)),
     %(most)s)) AS said
FROM tickets_searchdocument AS d
LEFT JOIN tickets_ticket AS t ON t.id = d.ticket_id
LEFT JOIN tickets_report AS r ON r.id = d.report_id
"""
_WORDS = f"""
SELECT client_id, word, count(*) AS documents
FROM (SELECT client_id, unnest(tsvector_to_array(to_tsvector('simple',
        regexp_replace(said, %(separators)s, ' ', 'g')))) AS word FROM texts) AS each_word
WHERE char_length(word) BETWEEN {SHORTEST_WORD} AND {LONGEST_WORD} AND word !~ '[0-9~]'
GROUP BY client_id, word
"""  # noqa: S608 - numbers of ours
# In one order everywhere, so that two who learn the same words never wait for each other in turn.
_LEARN = f"""
WITH learned AS (DELETE FROM tickets_unlearneddocument WHERE number IN (
        SELECT number FROM tickets_unlearneddocument ORDER BY number LIMIT %(batch)s
        FOR UPDATE SKIP LOCKED) RETURNING number),
texts AS ({_TEXT} WHERE d.number IN (SELECT number FROM learned)),
words AS ({_WORDS}),
kept AS (INSERT INTO tickets_searchword AS w (client_id, word, documents)
    SELECT * FROM (
        SELECT client_id, word, documents FROM words UNION ALL
        SELECT NULL, word, sum(documents) FROM words GROUP BY word) AS all_of_them
    ORDER BY client_id, word
    ON CONFLICT (client_id, word) DO UPDATE SET documents = w.documents + EXCLUDED.documents)
SELECT count(*) FROM learned
"""  # noqa: S608 - made of the texts above


@transaction.atomic
def learn_words(*, batch: int) -> int:
    """Take the words of new and changed documents into the vocabularies; gives of how many.

    A document that changes counts again; ``recount_words`` puts that right.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, {**_FACTS, "batch": batch})
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


_RECOUNT = f"""
WITH texts AS ({_TEXT} WHERE d.number IN (
    SELECT number FROM tickets_searchdocument WHERE client_id = %(client)s
    ORDER BY number DESC LIMIT %(newest)s)),
words AS ({_WORDS}),
gone AS (DELETE FROM tickets_searchword AS w WHERE w.client_id = %(client)s
    AND NOT EXISTS (SELECT FROM words WHERE words.word = w.word))
INSERT INTO tickets_searchword AS w (client_id, word, documents)
SELECT client_id, word, documents FROM words ORDER BY word
ON CONFLICT (client_id, word) DO UPDATE SET documents = EXCLUDED.documents
    WHERE w.documents <> EXCLUDED.documents
"""  # noqa: S608 - made of the texts above
_RECOUNT_ALL = """
WITH words AS (SELECT word, sum(documents) AS documents FROM tickets_searchword
    WHERE client_id IS NOT NULL GROUP BY word),
gone AS (DELETE FROM tickets_searchword AS w WHERE w.client_id IS NULL
    AND NOT EXISTS (SELECT FROM words WHERE words.word = w.word))
UPDATE tickets_searchword AS w SET documents = words.documents FROM words
WHERE w.client_id IS NULL AND w.word = words.word AND w.documents <> words.documents
"""


@transaction.atomic
def recount_words(*, client_id: int, newest: int) -> None:
    """Count a client's words anew in its newest documents: words that are gone leave."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, {**_FACTS, "client": client_id, "newest": newest})


@transaction.atomic
def recount_all_words() -> None:
    """Add up the words of all clients anew."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT_ALL)
