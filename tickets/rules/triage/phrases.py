"""The lexicon: concepts, the phrases that speak of them, and the search for all of them at once.

A phrase is words in a row. `word*` matches any word that begins so, `..` skips up to three words,
`(a|b)` is a choice and `(a|b)?` a choice that may be left out; `=` in front asks for a sentence of
nothing else, `^` for the beginning of one. Case and accents do not matter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tickets.rules.triage.text import Word, split_words
from tickets.rules.words import Kind, Severity

LEXICON: Final = Path(__file__).parent / "lexicon"
GAP: Final = 3
_LONGEST_STEM: Final = 24
_CHOICE = re.compile(r"\(([^()]*)\)(\??)")

# fmt: off
_NEGATORS: Final = frozenset(
    {
        "no", "not", "never", "without", "none", "cannot", "cant", "dont", "doesnt", "didnt",
        "isnt", "wasnt", "arent", "werent", "havent", "hasnt", "nicht", "kein", "keine",
        "keinen", "keiner", "nie", "ohne", "pas", "aucun", "aucune", "jamais", "sans", "sin",
        "nunca", "ningun", "nao", "sem", "nenhum", "nenhuma", "non", "senza", "nessun",
        "nessuna", "niet", "geen", "zonder", "не", "нет", "без", "ни", "bez", "zaden", "degil",
        "yok", "不", "没", "未", "無", "沒", "안", "못",
    }
)
# fmt: on
_NEGATORS_AFTER: Final = frozenset({"nicht", "pas", "niet", "degil", "yok", "not", "ない", "않"})


@dataclass(frozen=True, slots=True)
class Concept:
    """Something a report can speak of, and what that says about kind and severity.

    A negatable concept is not found where a negation stands beside it; a passing one is often
    mentioned in passing and counts less outside the title.
    """

    name: str
    says: str
    kind: Mapping[Kind, float]
    severity: Mapping[Severity, float]
    negatable: bool
    passing: bool
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: its concept and the places of its first and last word."""

    concept: str
    first: int
    last: int


class _Node:
    """A place in the tree of all phrases; most are leaves, so nothing is kept without need."""

    __slots__ = ("ends", "ends_alone", "ends_first", "exact", "gap", "stems")

    def __init__(self) -> None:
        self.exact: dict[str, _Node] | None = None
        self.stems: dict[str, _Node] | None = None
        self.gap: _Node | None = None
        self.ends: tuple[str, ...] = ()
        self.ends_first: tuple[str, ...] = ()
        self.ends_alone: tuple[str, ...] = ()

    def grow(self, sort: str, form: str) -> _Node:
        """Give the node one step further down, made when missing."""
        if sort == "gap":
            self.gap = self.gap or _Node()
            return self.gap
        if sort == "stem":
            self.stems = {} if self.stems is None else self.stems
            return self.stems.setdefault(form, _Node())
        self.exact = {} if self.exact is None else self.exact
        return self.exact.setdefault(form, _Node())

    def end(self, mark: str, concept: str) -> None:
        """Note that a phrase of the concept ends here."""
        place = {"=": "ends_alone", "^": "ends_first"}.get(mark, "ends")
        ends: tuple[str, ...] = getattr(self, place)
        if concept not in ends:
            setattr(self, place, (*ends, concept))

    def following(self, form: str) -> list[_Node]:
        """Give the nodes a word leads to: by itself, and by each way it begins."""
        found = []
        if self.exact and form in self.exact:
            found.append(self.exact[form])
        if self.stems:
            for length in range(1, min(len(form), _LONGEST_STEM) + 1):
                after = self.stems.get(form[:length])
                if after is not None:
                    found.append(after)
        return found


def _expand(phrase: str) -> Iterator[str]:
    """Write out every choice of a phrase."""
    match = _CHOICE.search(phrase)
    if match is None:
        yield phrase
        return
    choices = match.group(1).split("|") + ([""] if match.group(2) else [])
    for choice in choices:
        yield from _expand(f"{phrase[: match.start()]} {choice} {phrase[match.end() :]}")


@cache
def _steps_of(part: str) -> tuple[tuple[str, str], ...]:
    """Translate one part of a phrase into (word | stem | gap, form) steps."""
    if part == "..":
        return (("gap", ""),)
    forms = [word.form for word in split_words(part.rstrip("*"))]
    steps = [("word", form) for form in forms]
    if part.endswith("*") and forms:
        steps[-1] = ("stem", forms[-1])
    return tuple(steps)


def _steps(phrase: str) -> list[tuple[str, str]]:
    """Translate a phrase without choices; a gap at its end says nothing."""
    steps = [step for part in phrase.split() for step in _steps_of(part)]
    while steps and steps[-1][0] == "gap":
        steps.pop()
    return steps


def read_concepts(folder: Path = LEXICON) -> tuple[Concept, ...]:
    """Read every table of the lexicon, in a fixed order."""
    concepts = []
    for path in sorted(folder.glob("*.toml")):
        tables: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))
        for name, table in tables.items():
            languages = sorted(key for key, value in table.items() if isinstance(value, list))
            concepts.append(
                Concept(
                    name=name,
                    says=table["says"],
                    kind={Kind(key): float(value) for key, value in table["kind"].items()},
                    severity={
                        Severity(key): float(value) for key, value in table["severity"].items()
                    },
                    negatable=bool(table.get("negatable", False)),
                    passing=bool(table.get("passing", False)),
                    phrases=tuple(phrase for key in languages for phrase in table[key]),
                )
            )
    return tuple(concepts)


class Lexicon:
    """All concepts, ready to be searched for in one pass over a text."""

    def __init__(self, concepts: tuple[Concept, ...]) -> None:
        self.concepts = {concept.name: concept for concept in concepts}
        assert len(self.concepts) == len(concepts), "two concepts share a name"
        self._root = _Node()
        for concept in concepts:
            for phrase in concept.phrases:
                for plain in _expand(phrase):
                    self._add(plain, concept.name)

    def _add(self, phrase: str, concept: str) -> None:
        steps = _steps(phrase)
        assert steps and steps[0][0] != "gap", f"{concept}: the phrase {phrase!r} has no first word"
        node = self._root
        for sort, form in steps:
            node = node.grow(sort, form)
        node.end(phrase.lstrip()[:1], concept)

    def find(self, words: tuple[Word, ...]) -> list[Hit]:
        """Find every phrase; no phrase reaches over the end of a sentence."""
        hits: list[Hit] = []
        for place in range(len(words)):
            for concept, last in self._find_at(words, place):
                if not (self.concepts[concept].negatable and _is_negated(words, place, last)):
                    hits.append(Hit(concept, place, last))
        return hits

    def _find_at(self, words: tuple[Word, ...], first: int) -> Iterator[tuple[str, int]]:
        """Walk down the tree from one word; no pair of node and place is visited twice."""
        begins = words[first].pause == 2
        waiting = [(self._root, first)]
        seen: set[tuple[int, int]] = set()
        while waiting:
            node, place = waiting.pop()
            for after in node.following(words[place].form):
                if (id(after), place) in seen:
                    continue
                seen.add((id(after), place))
                for concept in after.ends:
                    yield concept, place
                if begins:
                    for concept in after.ends_first:
                        yield concept, place
                ended = place + 1 == len(words) or words[place + 1].pause == 2
                if ended:
                    if begins:
                        for concept in after.ends_alone:
                            yield concept, place
                    continue
                if after.exact or after.stems:
                    waiting.append((after, place + 1))
                if after.gap is not None:
                    for further in range(place + 1, min(place + 2 + GAP, len(words))):
                        if words[further].pause == 2:
                            break
                        waiting.append((after.gap, further))


def _is_negated(words: tuple[Word, ...], first: int, last: int) -> bool:
    """Whether a negating word stands shortly before, or right behind, in the same clause."""
    for place in range(first, max(first - 3, 0), -1):
        if words[place].pause:
            break
        if words[place - 1].form in _NEGATORS:
            return True
    behind = last + 1
    return behind < len(words) and not words[behind].pause and words[behind].form in _NEGATORS_AFTER


@cache
def load_lexicon() -> Lexicon:
    """Build the lexicon once per process."""
    lexicon = Lexicon(read_concepts())
    _steps_of.cache_clear()
    return lexicon
