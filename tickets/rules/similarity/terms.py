"""The terms of a report, and how telling each of them is among a client's reports."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Final

import snowballstemmer

from tickets.rules.similarity.facts import is_certain

# Rows of another version are made anew.
TERMS_VERSION: Final = 1
# A report's text counts up to here; stack traces beyond add noise and time.
BODY_LIMIT: Final = 2500
TITLE_LIMIT: Final = 200
HEADING_LIMIT: Final = 120
LONGEST_TERM: Final = 40
# How many terms of a report are indexed and asked for: the title's, then the body's most telling.
KEY_TERMS: Final = 24
# Signals of a report that count, at most: a source may send fifty.
MOST_FACTS: Final = 8
# How much more a title's term counts where candidates are found, and a certain signal.
TITLE_FACTOR: Final = 3.0
CERTAIN_FACTOR: Final = 20.0
# BM25's saturation (Robertson & Zaragoza 2009, section 3.3).
K1: Final = 1.2

_STOP: Final = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "doesn't", "for",
    "from", "has", "have", "i", "if", "in", "into", "is", "it", "its", "my", "of", "on", "or", "so",
    "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "we",
    "which", "will", "with", "you", "your",
})  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[a-z]+)?|[0-9]+(?:\.[0-9]+)*")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STEMMER: Final = snowballstemmer.stemmer("english")
# The stemmer keeps its state in itself.
_STEMMING: Final = Lock()


@dataclass(frozen=True, slots=True)
class Words:
    """A report's terms in order, repetitions kept, and its signals."""

    title: tuple[str, ...]
    body: tuple[str, ...]
    facts: tuple[str, ...] = ()

    @property
    def terms(self) -> set[str]:
        """Give every term once."""
        return {*self.title, *self.body, *self.facts}


@dataclass(frozen=True, slots=True)
class Frequencies:
    """In how many of a client's reports each term occurs, and how many reports were counted."""

    reports: int = 0
    of_term: Mapping[str, int] = field(default_factory=dict)

    def weight(self, term: str) -> float:
        """Give the inverse document frequency of BM25, never negative."""
        count = min(self.of_term.get(term, 0), self.reports)
        return math.log(1 + (self.reports - count + 0.5) / (count + 0.5))


def heading(title: str, text: str) -> str:
    """Give the title, or the first line of the text for a report without one."""
    return title.strip()[:TITLE_LIMIT] or text.strip().split("\n", 1)[0][:HEADING_LIMIT]


def words_of(title: str, text: str, facts: Iterable[str] = ()) -> Words:
    """Break a report into stemmed terms; ``tabGroup`` counts as itself and as its parts."""
    return Words(
        title=tuple(term for term, _ in spelled(heading(title, text))),
        body=tuple(term for term, _ in spelled(text[:BODY_LIMIT])),
        facts=tuple(dict.fromkeys(facts))[:MOST_FACTS],
    )


def spelled(text: str) -> Iterator[tuple[str, str]]:
    """Give the terms of a text in order, each with the word that it comes of."""
    for word in _WORD.findall(text):
        whole = word.lower()
        if whole in _STOP:
            continue
        yield _stem(whole), word
        parts = _HUMP.split(word)
        if len(parts) > 1:
            for part in parts:
                if len(part) > 1 and part.lower() not in _STOP:
                    yield _stem(part.lower()), part


def key_terms(words: Words, frequencies: Frequencies) -> list[str]:
    """Give the terms a report is found by: its signals, its title's terms, its most telling ones.

    Of each as many as the bounds allow, so that neither a row nor a search grows with the text.
    """
    title = dict.fromkeys(words.title)
    body = {term: count for term, count in Counter(words.body).items() if term not in title}
    telling = {term: frequencies.weight(term) * saturated(n, 1.0) for term, n in body.items()}
    by_weight = sorted(title, key=lambda term: -frequencies.weight(term))[:KEY_TERMS]
    by_telling = sorted(telling, key=lambda term: (-telling[term], term))
    return [*words.facts, *by_weight, *by_telling[: KEY_TERMS - len(by_weight)]]


def question_terms(words: Words, frequencies: Frequencies) -> dict[str, float]:
    """Give the terms to ask for, with their weight in the search for candidates."""
    titles, facts = frozenset(words.title), frozenset(words.facts)

    def factor(term: str) -> float:
        if is_certain(term):
            return CERTAIN_FACTOR
        return TITLE_FACTOR if term in titles or term in facts else 1.0

    return {term: factor(term) * frequencies.weight(term) for term in key_terms(words, frequencies)}


def saturated(count: int, norm: float) -> float:
    """Give what repetitions of a term add, in a text of ``norm`` times the usual length."""
    return count * (K1 + 1) / (count + K1 * norm)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    with _STEMMING:
        return str(_STEMMER.stemWord(word))[:LONGEST_TERM]
