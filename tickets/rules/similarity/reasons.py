"""Why a report is likely to tell of the same problem, in words for whoever decides."""

from collections.abc import Set
from typing import Final

from tickets.rules.similarity.facts import FACT_KINDS, kind_of
from tickets.rules.similarity.scoring import Candidate, Question
from tickets.rules.similarity.terms import BODY_LIMIT, heading, spelled

MOST_FACTS_SAID: Final = 2
MOST_WORDS_SAID: Final = 2
SHORTEST_TELLING: Final = 4
# One word that both texts happen to have is no reason.
FEWEST_WORDS_OF_TEXTS: Final = 2


def reason_of(question: Question, candidate: Candidate, *, title: str, text: str) -> str:
    """Say what two reports have in common: signals, then words, the most telling first.

    ``title`` and ``text`` are those of the question, whose spelling is quoted. Gives "" where there
    is nothing to speak of: no signal, no word of both titles, and less than two of the texts. The
    first line of a report is its title where it has none.
    """
    shared = {kind_of(t) for t in {*question.words.facts} & {*candidate.words.facts}}
    said = [words for kind, words in FACT_KINDS.items() if kind in shared][:MOST_FACTS_SAID]
    titles = question.title.intersection(candidate.words.title)
    everything = {*candidate.words.title, *candidate.words.body}
    texts = (question.title | question.body) & everything
    if titles:
        where = "title" if title.strip() else "first line"
        said.append(f"{_quoted(question, titles, heading(title, text))} in the {where}")
    elif len(texts) >= FEWEST_WORDS_OF_TEXTS:
        said.append(f"{_quoted(question, texts, f'{title} {text[:BODY_LIMIT]}')} in the text")
    return " and ".join(said)


def _quoted(question: Question, terms: Set[str], text: str) -> str:
    def telling(term: str) -> tuple[bool, float, str]:
        # Where little was written yet, "got" is as rare as "credits", and says nothing.
        return len(term) < SHORTEST_TELLING, -question.weight[term], term

    chosen = sorted(terms, key=telling)[:MOST_WORDS_SAID]
    spelling: dict[str, str] = {}
    for term, word in spelled(text):
        spelling.setdefault(term, word)
    # Two terms may be one word and its part: it is quoted once.
    words = dict.fromkeys(f"“{spelling[term].lower()}”" for term in chosen if term in spelling)
    return ", ".join(words)
