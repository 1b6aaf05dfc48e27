"""Search: read what somebody typed, say it to PostgreSQL, and show where it was found."""

from tickets.rules.search.language import (
    CLIENT_FIELDS,
    MOST_CHARACTERS,
    MOST_TERMS,
    SEPARATORS,
    STAFF_FIELDS,
    Asked,
    Filter,
    Term,
    parse,
    words_of,
)
from tickets.rules.search.marks import excerpt, mark, marked_words
from tickets.rules.search.matching import Meaning, match_text
from tickets.rules.search.typos import closest, respelled

__all__ = [
    "CLIENT_FIELDS",
    "MOST_CHARACTERS",
    "MOST_TERMS",
    "SEPARATORS",
    "STAFF_FIELDS",
    "Asked",
    "Filter",
    "Meaning",
    "Term",
    "closest",
    "excerpt",
    "mark",
    "marked_words",
    "match_text",
    "parse",
    "respelled",
    "words_of",
]
