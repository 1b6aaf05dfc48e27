"""Keep what tickets and reports are found by, and the vocabulary of what stands in them.

Each action that changes a text writes the document anew in its transaction, under the lock of the
ticket or report, in one statement: what was said is found as soon as it is stored.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from tickets.models import Comment, Report, Ticket
from tickets.queries.documents import FACTS, MOVING, MOVING_BEGIN, OF_REPORTS, OF_TICKETS
from tickets.rules.states import ReportState

# Words that are shown as a guess: letters only, so that numbers, keys and identifiers never are.
SHORTEST_WORD, LONGEST_WORD = 2, 30

_SAVE = """
INSERT INTO tickets_searchdocument (number, client_id, ticket_id, report_id, vector)
{made}
ON CONFLICT (number) DO {conflict}
RETURNING number
"""
_OVERWRITE = """UPDATE SET client_id = EXCLUDED.client_id, ticket_id = EXCLUDED.ticket_id,
    report_id = EXCLUDED.report_id, vector = EXCLUDED.vector
"""
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
    for made, joined in ((OF_TICKETS, _JOINED), (OF_REPORTS, "SELECT"))
    for overwrites in (True, False)
}


def document_ticket(ticket_id: int) -> None:
    """Write a locked ticket's document anew, in place of those of the reports it has."""
    _write(OF_TICKETS, [ticket_id])


def document_report(report_id: int) -> None:
    """Write the document of a locked report anew, unless it has a ticket."""
    _write(OF_REPORTS, [report_id])


_MOVE = f"""
UPDATE tickets_searchdocument AS d
SET vector = ts_delete(d.vector, ARRAY(SELECT lexeme FROM unnest(d.vector)
        WHERE left(lexeme, 2) = ANY (%(begin)s))) || array_to_tsvector({MOVING})
FROM tickets_ticket AS t
WHERE t.id = %(ticket)s AND d.ticket_id = t.id AND NOT tsvector_to_array(d.vector) @> {MOVING}
"""  # noqa: S608 - a text of ours


def document_move(ticket_id: int) -> None:
    """Have a locked ticket be found by its state, terms and assignee as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, {"begin": MOVING_BEGIN, "ticket": ticket_id})


def document_comment(comment: Comment) -> None:
    """Have what was just said be found, on whatever it was said."""
    if comment.ticket_id:
        document_ticket(comment.ticket_id)
    elif comment.report_id:
        document_report(comment.report_id)


def _write(made: str, ids: Iterable[int], *, overwrites: bool = True) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WRITE[made, overwrites], {**FACTS, "ids": list(ids)})


@transaction.atomic
def document_missing(*, most: int) -> int:
    """Write documents of tickets and reports that have none, newest first; gives how many.

    Rows stored without an action (an older release, a copy of data) are found by it. What somebody
    changes at this moment gets its document by that change.
    """
    tickets = _missing(Ticket.objects.filter(document=None, merged_into=None), "-number", most)
    _write(OF_TICKETS, tickets, overwrites=False)
    without_ticket = Report.objects.filter(ticket=None, document=None)
    reports = _missing(without_ticket.exclude(state=ReportState.RECEIVED), "-pk", most)
    _write(OF_REPORTS, reports, overwrites=False)
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
        cursor.execute(_LEARN, {**FACTS, "batch": batch})
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
INSERT INTO tickets_searchword AS w (client_id, word, documents)
SELECT NULL, word, documents FROM words ORDER BY word
ON CONFLICT (client_id, word) DO UPDATE SET documents = EXCLUDED.documents
    WHERE w.documents <> EXCLUDED.documents
"""


@transaction.atomic
def recount_words(*, client_id: int, newest: int) -> None:
    """Count a client's words anew in its newest documents: words that are gone leave."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, {**FACTS, "client": client_id, "newest": newest})


@transaction.atomic
def recount_all_words() -> None:
    """Add up the words of all clients anew."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT_ALL)
