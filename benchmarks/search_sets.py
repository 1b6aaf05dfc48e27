"""Tickets with texts to search: words as frequent as those of a language are, by Zipf's law."""

from typing import Any

from django.db import connection

from benchmarks.search import SYLLABLES
from benchmarks.ticket_sets import tickets
from clients.models import Client
from tickets.actions import recount_all_words, recount_words
from tickets.models import SearchDocument, SearchWord, UnlearnedDocument
from tickets.queries.documents import FACTS, OF_TICKETS

VOCABULARY, WORDS = 30_000, 25
CHUNK = 20_000

# The word of a rank, and a text of words whose frequency falls as their rank.
_TEXTS = """
UPDATE tickets_report AS r SET text = said.text, title = said.title
FROM (SELECT report.id, string_agg(w.word, ' ') AS text,
        string_agg(w.word, ' ') FILTER (WHERE w.place <= 5) AS title
    FROM tickets_report AS report
    CROSS JOIN LATERAL (
        SELECT place, s.names[1 + k %% 20] || s.names[1 + k / 20 %% 20]
            || s.names[1 + k / 400 %% 20] || s.names[1 + k / 8000 %% 20] AS word
        FROM (SELECT place, floor(exp(random() * ln(%(vocabulary)s)))::int + 0 * report.id AS k
              FROM generate_series(1, %(words)s) AS place) AS ranks,
            (SELECT %(syllables)s::text[] AS names) AS s) AS w
    GROUP BY report.id) AS said
WHERE said.id = r.id
"""
_TITLES = """
UPDATE tickets_ticket AS t SET title = left(r.title, 200) FROM tickets_report AS r
WHERE r.id = t.number
"""
_DOCUMENTS = f"""
INSERT INTO tickets_searchdocument (number, client_id, ticket_id, report_id, vector) {OF_TICKETS}
"""


def searchable(*, size: int) -> dict[str, Any]:
    """Fill queue and history with so many tickets, their texts, documents and vocabularies."""
    tickets(size=size)
    (index,) = SearchDocument._meta.indexes
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        given: dict[str, Any] = {"vocabulary": VOCABULARY, "words": WORDS, "syllables": SYLLABLES}
        cursor.execute(_TEXTS, given)
        cursor.execute(_TITLES)
        cursor.execute("SELECT min(id), max(id) FROM tickets_ticket")
        first, last = cursor.fetchone()
        with connection.schema_editor() as schema:
            schema.remove_index(SearchDocument, index)
        for start in range(first, last + 1, CHUNK):
            ids = list(range(start, min(start + CHUNK, last + 1)))
            cursor.execute(_DOCUMENTS, {**FACTS, "ids": ids})
        cursor.execute("SET maintenance_work_mem = '512MB'")
        with connection.schema_editor() as schema:
            schema.add_index(SearchDocument, index)
        UnlearnedDocument.objects.all().delete()
        for client_id in Client.objects.values_list("pk", flat=True):
            recount_words(client_id=client_id, newest=20_000)
        recount_all_words()
        cursor.execute("VACUUM ANALYZE")
    return {"documents": SearchDocument.objects.count(), "words": SearchWord.objects.count()}
