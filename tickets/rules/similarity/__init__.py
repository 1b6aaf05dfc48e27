"""Which reports tell of the same problem: their terms, how two compare, and why one is likely.

The database only finds candidates (``tickets.queries.duplicates``); everything that decides their
order stands here.
"""

from tickets.rules.similarity.facts import FACT_KINDS, fact, facts_of, is_certain
from tickets.rules.similarity.reasons import reason_of
from tickets.rules.similarity.scoring import (
    Candidate,
    Likely,
    Question,
    rank,
)
from tickets.rules.similarity.terms import (
    TERMS_VERSION,
    Frequencies,
    Words,
    heading,
    key_terms,
    question_terms,
    words_of,
)

__all__ = [
    "FACT_KINDS",
    "TERMS_VERSION",
    "Candidate",
    "Frequencies",
    "Likely",
    "Question",
    "Words",
    "fact",
    "facts_of",
    "heading",
    "is_certain",
    "key_terms",
    "question_terms",
    "rank",
    "reason_of",
    "words_of",
]
