"""What a report speaks of, how strongly, and in which of its own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tickets.rules.triage.model import read_tables
from tickets.rules.triage.phrases import load_lexicon
from tickets.rules.triage.text import Word, Zone, split_zones

# Words in the title weigh more; what was expected, code and the page address weigh less.
ZONE_WEIGHTS: Final = {
    "title": 1.3,
    "body": 1.0,
    "field": 1.0,
    "expected": 0.3,
    "code": 0.4,
    "page": 0.4,
}
# A body goes on for ever; its first words say what it is about.
NEAR: Final = 120
FAR_WEIGHT: Final = 0.6
PASSING_WEIGHT: Final = 0.65
REPEAT_BONUS: Final = 0.15
MOST: Final = 1.6
_AMOUNT: Final = re.compile(r"[$€£¥₽₺₩] ?\d|\d ?[$€£¥₽₺₩]")
_LONGEST_QUOTE: Final = 60
_ENOUGH_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """Concepts found, with their strength and the words that gave the most of it."""

    strength: Mapping[str, float]
    quotes: Mapping[str, str]
    words: int


def read_evidence(title: str, text: str, page_url: str = "") -> Evidence:
    """Search a report for every concept of the lexicon."""
    lexicon = load_lexicon()
    best: dict[str, float] = {}
    counts: dict[str, int] = {}
    quotes: dict[str, tuple[float, int, str]] = {}
    zones = split_zones(title, text, page_url)
    said = sum(len(zone.words) for zone in zones if zone.name in ("title", "body", "expected"))
    for zone in zones:
        for hit in lexicon.find(zone.words):
            weight = ZONE_WEIGHTS[zone.name]
            if zone.name == "body" and hit.first > NEAR:
                weight *= FAR_WEIGHT
            if zone.name != "title" and lexicon.concepts[hit.concept].passing:
                weight *= PASSING_WEIGHT
            counts[hit.concept] = counts.get(hit.concept, 0) + 1
            best[hit.concept] = max(best.get(hit.concept, 0.0), weight)
            quote = _quote(zone, hit.first, hit.last)
            rank = (weight, hit.last - hit.first, quote)
            if zone.name != "page" and rank[:2] > quotes.get(hit.concept, (0.0, -1, ""))[:2]:
                quotes[hit.concept] = rank
    strength = {
        concept: min(MOST, amount + REPEAT_BONUS * min(2, counts[concept] - 1))
        for concept, amount in best.items()
    }
    strength.update(_shape(zones, said))
    strength.update(_together(strength))
    return Evidence(strength, {concept: quote for concept, (_, _, quote) in quotes.items()}, said)


def _quote(zone: Zone, first: int, last: int) -> str:
    """Give the customer's own words from the first to the last."""
    quote = zone.text[zone.words[first].start : zone.words[last].end]
    return " ".join(quote[:_LONGEST_QUOTE].split())


def _shape(zones: tuple[Zone, ...], said: int) -> dict[str, float]:
    """Notice what is no phrase: question marks, nearly nothing said, letters without sense."""
    title, body = zones[0], zones[1]
    found: dict[str, float] = {}
    if any(title.text.rstrip().endswith(mark) for mark in ("?", "？")):
        found["asks"] = 1.0
    elif "?" in body.text or "？" in body.text:
        found["asks"] = 0.5
    if said < _ENOUGH_WORDS:
        found["says_little"] = 1.0
    both = title.words + body.words
    if _is_gibberish(both) and (_is_gibberish(body.words) or not body.words):
        found["gibberish"] = 1.0
    if any(_AMOUNT.search(zone.text) for zone in (title, body)):
        found["amount"] = 1.0
    return found


def _together(strength: Mapping[str, float]) -> dict[str, float]:
    """Find what concepts say together; as strong as the weakest of them."""
    found: dict[str, float] = {}
    for name, rule in read_tables()["together"].items():
        if any(concept in strength for concept in rule.get("without", ())):
            continue
        amounts = [max(strength.get(concept, 0.0) for concept in group) for group in rule["all"]]
        if min(amounts) > 0:
            found[name] = min(amounts)
    return found


def _is_gibberish(words: tuple[Word, ...]) -> bool:
    """Whether most words repeat a few letters, as when somebody hammers the keyboard."""
    long = [word.form for word in words if len(word.form) >= _ENOUGH_WORDS and word.form.isascii()]
    odd = sum(
        1 for form in long if len(set(form)) * 2 <= len(form) or not set(form) & set("aeiouy")
    )
    return len(long) >= 2 and odd * 2 > len(long)
