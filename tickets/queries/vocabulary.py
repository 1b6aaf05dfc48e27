"""What the words of a query stand for: lexemes, words being typed, and what was meant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from tickets.rules.search import Meaning, Term, closest
from tickets.rules.search.typos import SHORTEST

SHORTEST_BEGIN = 3
MOST_BEGUN = 8
MOST_SIMILAR = 40
# Looking for what else was meant reads a part of the vocabulary for each word.
MOST_DOUBTED = 3
RARE = 2

_SCOPE = {True: "s.client_id IS NULL", False: "s.client_id = %(client)s"}
_LOOK_UP = """
SELECT tsvector_to_array(to_tsvector('english', w.word)),
    coalesce((SELECT s.documents FROM tickets_searchword AS s
        WHERE {scope} AND s.word = w.word), 0),
    CASE WHEN w.is_begin THEN ARRAY(
        SELECT DISTINCT unnest(tsvector_to_array(to_tsvector('english', b.word))) FROM (
            SELECT s.word FROM tickets_searchword AS s
            WHERE {scope} AND s.word ~>=~ w.word AND s.word ~<~ (w.word || chr(1114111))
            ORDER BY s.documents DESC LIMIT %(most)s) AS b)
        ELSE '{{}}' END
FROM unnest(%(words)s::text[], %(begins)s::bool[]) WITH ORDINALITY AS w (word, is_begin, place)
ORDER BY w.place
"""
# The index of similar words has everybody's; only those the client has itself go on.
_SIMILAR = {
    True: """
SELECT s.word, s.documents, tsvector_to_array(to_tsvector('english', s.word))
FROM tickets_searchword AS s WHERE s.client_id IS NULL AND s.word %% %(word)s
ORDER BY similarity(s.word, %(word)s) DESC LIMIT %(most)s
""",
    False: """
SELECT s.word, s.documents, tsvector_to_array(to_tsvector('english', s.word))
FROM tickets_searchword AS s JOIN tickets_searchword AS house
    ON house.client_id IS NULL AND house.word = s.word
WHERE s.client_id = %(client)s AND house.word %% %(word)s
ORDER BY similarity(s.word, %(word)s) DESC LIMIT %(most)s
""",
}


@dataclass
class Reading:
    """What a query's terms mean, and what was guessed."""

    meanings: list[Meaning] = field(default_factory=list)
    # A word nobody wrote, and the words that were looked for as well.
    also: list[tuple[str, list[str]]] = field(default_factory=list)
    # A rare word, and a much more usual one it may have been meant to be.
    rather: list[tuple[str, str]] = field(default_factory=list)
    too_common: list[str] = field(default_factory=list)


def read_terms(terms: Sequence[Term], *, client_id: int | None) -> Reading:
    """Say what the terms mean by one client's vocabulary; without a client, by everybody's.

    The last is for staff alone. The end of a query is still being typed: a word that nobody wrote
    so far and that is too short to guess from counts for nothing.
    """
    reading = Reading()
    looked_up = iter(_look_up(terms, client_id))
    doubted = 0
    for term in terms:
        found = [next(looked_up) for _ in term.words]
        # A word of strange signs may have several lexemes; then the first stands for it.
        lexemes = tuple(kept[0] if kept else None for kept, _, _ in found)
        word, (_, documents, begun) = term.words[0], found[0]
        others = tuple(other for other in begun if other not in lexemes)
        if term.is_prefix and _is_begin_only(word, documents):
            continue
        meaning = Meaning(term, lexemes, others)
        if meaning.is_too_common:
            reading.too_common.append(term.text)
            continue
        if documents <= RARE and not others and _may_be_a_slip(term) and doubted < MOST_DOUBTED:
            doubted += 1
            meaning = _guess(meaning, word, documents, client_id, reading)
        reading.meanings.append(meaning)
    if reading.meanings:
        # Beside other words nobody misses them.
        reading.too_common.clear()
    return reading


def stems_among(words: Sequence[str], lexemes: Sequence[str]) -> set[str]:
    """Give the words whose lexeme is one of these."""
    if not words or not lexemes:
        return set()
    rows = _rows(
        "SELECT word FROM unnest(%(words)s::text[]) AS word"
        " WHERE tsvector_to_array(to_tsvector('english', word)) && %(lexemes)s::text[]",
        {"words": list(words), "lexemes": list(lexemes)},
    )
    return {word for (word,) in rows}


def _look_up(terms: Sequence[Term], client_id: int | None) -> list[tuple[Any, ...]]:
    if not terms:
        return []
    each = [
        (word, term.is_prefix and len(word) >= SHORTEST_BEGIN)
        for term in terms
        for word in term.words
    ]
    return _rows(
        _LOOK_UP.format(scope=_SCOPE[client_id is None]),
        {
            "client": client_id,
            "words": [word for word, _ in each],
            "begins": [is_begin for _, is_begin in each],
            "most": MOST_BEGUN,
        },
    )


def _is_begin_only(word: str, documents: int) -> bool:
    return documents == 0 and len(word) < SHORTEST_BEGIN and word.isalpha()


def _may_be_a_slip(term: Term) -> bool:
    word = term.words[0]
    return (
        len(term.words) == 1
        and len(word) >= SHORTEST
        and word.isalpha()
        and not (term.is_excluded or term.is_quoted)
    )


def _guess(
    meaning: Meaning, word: str, documents: int, client_id: int | None, reading: Reading
) -> Meaning:
    """Have a word nobody wrote find what it may have been meant to be, and say so.

    A rare word may be a slip, too, that somebody else made before: then the usual one is offered.
    """
    rows = _rows(
        _SIMILAR[client_id is None], {"client": client_id, "word": word, "most": MOST_SIMILAR}
    )
    counts = {other: count for other, count, _ in rows}
    near = closest(word, counts.items())
    if not near:
        return meaning
    if documents:
        usual = max(near, key=lambda other: counts[other])
        if counts[usual] > 10 * documents:
            reading.rather.append((word, usual))
        return meaning
    reading.also.append((word, near))
    lexemes = {other: kept for other, _, kept in rows}
    others = dict.fromkeys(lexeme for other in near for lexeme in lexemes[other])
    return Meaning(meaning.term, meaning.lexemes, tuple(others))


def _rows(sql: str, terms: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, terms)
        return list(cursor.fetchall())
