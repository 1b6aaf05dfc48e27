"""The lexicon is sound, and its phrases find what they should."""

from __future__ import annotations

import tomllib

import pytest

from tickets.rules.triage.model import judged_weights, load_weights, read_tables
from tickets.rules.triage.phrases import LEXICON, Concept, Lexicon, load_lexicon
from tickets.rules.triage.text import split_words
from tickets.rules.words import Kind, Severity

LANGUAGES = {"en", "de", "es", "fr", "pt", "it", "nl", "ru", "pl", "tr", "zh", "ja", "ko"}


def concepts_in(phrase: str, text: str, *, negatable: bool = False) -> list[str]:
    concept = Concept(
        name="it",
        says="it",
        kind={},
        severity={},
        negatable=negatable,
        passing=False,
        phrases=(phrase,),
    )
    words = split_words(text)
    return [text[words[h.first].start : words[h.last].end] for h in Lexicon((concept,)).find(words)]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("site is down", "The site is down!", ["site is down"]),
        ("refund*", "We asked for REFUNDS.", ["REFUNDS"]),
        ("charged .. twice", "He charged my old card twice", ["charged my old card twice"]),
        ("charged .. twice", "charged one two three four twice", []),
        ("(no|zero) credits", "I have zero credits", ["zero credits"]),
        ("free (trial)? plan", "a free plan", ["free plan"]),
        ("paye", "J'ai payé hier", ["payé"]),
        ("cant log in", "I can't log in", ["can't log in"]),
        ("支付失败", "昨天支付失败了", ["支付失败"]),
        ("a b", "a. b", []),
        ("=down", "Down. It happened today", ["Down"]),
        ("=down", "I scroll down", []),
        ("^what is", "What is this?", ["What is"]),
        ("^what is", "I see what is broken", []),
    ],
)
def test_a_phrase_finds(phrase: str, text: str, found: list[str]) -> None:
    assert concepts_in(phrase, text) == found


def test_a_negatable_concept_is_not_found_beside_a_negation() -> None:
    assert concepts_in("slow", "it is not slow", negatable=True) == []
    assert concepts_in("slow", "it does not matter, it is slow", negatable=True) == ["slow"]


def test_every_concept_weighs_something_and_speaks_many_languages() -> None:
    for concept in load_lexicon().concepts.values():
        assert concept.says
        assert concept.kind or concept.severity
        assert concept.phrases
    spoken = [name for name in load_lexicon().concepts if not name.startswith("field_")]
    assert len(spoken) > 50


def test_every_table_names_known_concepts_kinds_and_severities() -> None:
    tables = read_tables()
    known = set(load_lexicon().concepts) | set(tables["shape"])
    for rule in tables["together"].values():
        assert {concept for group in rule["all"] for concept in group} <= known
        assert set(rule.get("without", ())) <= known
    assert set(tables["estimate_factors"]) <= known
    for table in ("severity_base", "estimate"):
        assert {Kind(name) for name in tables[table]} == set(Kind)
        for row in tables[table].values():
            assert {Severity(name) for name in row} == set(Severity)


def test_learned_corrections_speak_only_of_known_concepts() -> None:
    known = set(judged_weights().kind) | {""}
    learned = load_weights()
    assert set(learned.kind_learned) <= known
    assert set(learned.severity_learned) <= known
    assert {label for row in learned.kind_learned.values() for label in row} <= set(Kind)
    assert {label for row in learned.severity_learned.values() for label in row} <= set(Severity)


def test_every_language_is_spoken_by_nearly_every_concept() -> None:
    for path in LEXICON.glob("*.toml"):
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if name.startswith("field_"):
                continue
            missing = LANGUAGES - set(table)
            assert not missing, f"{path.name}: {name} lacks {missing}"
