"""How alike two reports are, and which candidates are the likeliest.

BM25 (Robertson & Zaragoza 2009, section 3.3) taken between title and body each way after REP (Sun
et al., ASE 2011), the titles compared by trigrams, exact signals and the days between; where
sentence embeddings exist, their cosine. The weights were learned once and are kept here
(docs/decisions/0013-postings-find-duplicates.md).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from tickets.rules.similarity.facts import is_certain, kind_of
from tickets.rules.similarity.terms import Frequencies, Words, saturated

# How much a text's length counts, and the usual length.
TITLE_B: Final = 0.5
TITLE_LENGTH: Final = 10.0
BODY_B: Final = 0.75
BODY_LENGTH: Final = 90.0


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature adds to a candidate's score."""

    title_body: float
    body_title: float
    body_body: float
    title_similarity: float
    days_apart: float
    # The data learned from knows components and projects only; other signals count as components.
    same_fact: float
    same_project: float
    # More than words ever come to: a candidate with the same error stands first.
    certain: float = 25.0
    meaning: float = 0.0


LIGHT: Final = Weights(
    title_body=0.15,
    body_title=0.19,
    body_body=0.02,
    title_similarity=9.8,
    days_apart=-0.7,
    same_fact=1.5,
    same_project=0.2,
)
SEMANTIC: Final = Weights(
    title_body=0.07,
    body_title=0.10,
    body_body=0.01,
    title_similarity=4.2,
    days_apart=-0.72,
    same_fact=1.6,
    same_project=0.2,
    meaning=13.6,
)


@dataclass(frozen=True, slots=True)
class Question:
    """A report that is asked for: its words and how telling each is."""

    words: Words
    title: frozenset[str]
    body: frozenset[str]
    weight: Mapping[str, float]

    @classmethod
    def of(cls, words: Words, frequencies: Frequencies) -> "Question":
        """Weigh every term of a report."""
        weight = {term: frequencies.weight(term) for term in words.terms}
        return cls(words, frozenset(words.title), frozenset(words.body), weight)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A report that may tell of the same problem, as the database hands it over."""

    report_id: int
    ticket_id: int | None
    words: Words
    title_similarity: float
    same_project: bool
    days_apart: float
    meaning: float | None = None


@dataclass(frozen=True, slots=True)
class Likely:
    """A candidate and its score; scores compare within one question only."""

    candidate: Candidate
    score: float


def rank(question: Question, candidates: Iterable[Candidate]) -> list[Likely]:
    """Order candidates, best first; of equals the newest first.

    Meanings count where there are some. What has none yet is taken for as near as others are.
    """
    found = list(candidates)
    meanings = [each.meaning for each in found if each.meaning is not None]
    weights, usual = (SEMANTIC, fmean(meanings)) if meanings else (LIGHT, 0.0)
    likely = [Likely(each, _score(question, each, weights, usual)) for each in found]
    return sorted(likely, key=lambda each: (-each.score, -each.candidate.report_id))


def _score(
    question: Question, candidate: Candidate, weights: Weights, usual_meaning: float
) -> float:
    words, its = question.words, candidate.words
    title_body = body_body = body_title = 0.0
    for term, gain in _gains(its.body, question.weight, BODY_B, BODY_LENGTH):
        title_body += gain if term in question.title else 0.0
        body_body += gain if term in question.body else 0.0
    for term, gain in _gains(its.title, question.weight, TITLE_B, TITLE_LENGTH):
        body_title += gain if term in question.body else 0.0
    shared = [term for term in words.facts if term in its.facts]
    # One signal of a kind tells what two do.
    kinds = {kind_of(term) for term in shared if not is_certain(term)}
    return (
        weights.title_body * title_body
        + weights.body_title * body_title
        + weights.body_body * body_body
        + weights.title_similarity * candidate.title_similarity
        + weights.days_apart * math.log1p(max(candidate.days_apart, 0.0))
        + weights.same_fact * len(kinds)
        + weights.same_project * candidate.same_project
        + weights.certain * any(is_certain(term) for term in shared)
        + weights.meaning * (usual_meaning if candidate.meaning is None else candidate.meaning)
    )


def _gains(
    its: Sequence[str], weight: Mapping[str, float], b: float, usual: float
) -> list[tuple[str, float]]:
    """Give what each term that was asked for adds in a text of a candidate, by BM25."""
    norm = 1 - b + b * len(its) / usual
    counts = Counter(filter(weight.__contains__, its))
    return [(term, weight[term] * saturated(count, norm)) for term, count in counts.items()]
