"""Propose kind, severity, title and estimate of a report, and give the reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tickets.rules.plain_words import shorten
from tickets.rules.triage.evidence import Evidence, read_evidence
from tickets.rules.triage.model import choose, load_weights, read_tables, version
from tickets.rules.triage.phrases import load_lexicon
from tickets.rules.triage.text import Zone, split_words, split_zones
from tickets.rules.words import Kind, Severity

TITLE_LENGTH: Final = 90
MOST_REASONS: Final = 4
NO_TITLE: Final = "Report without text"
_SHORTEST_ESTIMATE: Final = 15
_LONGEST_ESTIMATE: Final = 960
_SENTENCES_TRIED: Final = 12
_SENTENCE = re.compile(
    r"[^.!?\n。！？]{1,400}(?:[.!?。！？](?=\w)[^.!?\n。！？]{1,100}){0,8}[!?。！？]?"
)
# Below this a concept is not worth a sentence.
_WORTH: Final = 0.25


@dataclass(frozen=True, slots=True)
class ReportText:
    """What was said. The claimed severity is kept for the form; it decides nothing here."""

    text: str
    title: str = ""
    page_url: str = ""
    claimed_severity: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What triage suggests to staff, and why; version names the rules that said so."""

    kind: Kind
    severity: Severity
    title: str
    estimate_minutes: int
    reasons: tuple[str, ...]
    version: str


def propose(report: ReportText) -> Proposal:
    """Propose how to triage a report; any text gives a proposal.

    The severities follow the definitions of the words: S1 down, lost or exposed; S2 a core
    function is broken or money taken; S3 partly broken or slow; S4 cosmetic, wish, question.
    """
    evidence = read_evidence(report.title, report.text, report.page_url)
    kind, severity = choose(load_weights(), evidence.strength)
    return Proposal(
        kind=kind,
        severity=severity,
        title=_title(report),
        estimate_minutes=_estimate(kind, severity, evidence.strength),
        reasons=_reasons(kind, severity, evidence),
        version=version(),
    )


def _estimate(kind: Kind, severity: Severity, strength: Mapping[str, float]) -> int:
    """Give minutes from the table, adjusted by what was found, in quarters of an hour."""
    tables = read_tables()
    minutes: float = tables["estimate"][kind][severity]
    for concept, factor in tables["estimate_factors"].items():
        if concept in strength:
            minutes *= factor
    quarters = round(minutes / _SHORTEST_ESTIMATE) * _SHORTEST_ESTIMATE
    return max(_SHORTEST_ESTIMATE, min(_LONGEST_ESTIMATE, quarters))


def _reasons(kind: Kind, severity: Severity, evidence: Evidence) -> tuple[str, ...]:
    """Say which words led to kind and severity, the weightiest first."""
    weights = load_weights()
    lexicon = load_lexicon()
    shapes = read_tables()["shape"] | read_tables()["together"]

    def pull(concept: str) -> tuple[float, float]:
        amount = evidence.strength[concept]
        return (
            amount * weights.kind.get(concept, {}).get(kind, 0.0),
            amount * weights.severity.get(concept, {}).get(severity, 0.0),
        )

    ranked = sorted(evidence.strength, key=lambda concept: (-sum(pull(concept)), concept))
    for_kind = [c for c in ranked if pull(c)[0] >= _WORTH and c in evidence.quotes]
    for_kind.sort(key=lambda concept: -pull(concept)[0])
    used: list[str] = []
    quoted: list[str] = []
    for concept in for_kind:
        if len(quoted) < 2 and not _overlaps(evidence.quotes[concept], quoted):
            quoted.append(evidence.quotes[concept])
            used.append(concept)
    verdict = f"{kind.label.lower()}, {severity.value}"
    if quoted:
        reasons = [f"{' and '.join(map(_quoted, quoted))} → {verdict}"]
    else:
        reasons = [f"no telling words found → {verdict}"]
    for concept in ranked:
        if len(reasons) == MOST_REASONS or concept in used or sum(pull(concept)) < _WORTH:
            continue
        if concept in shapes:
            reasons.append(str(shapes[concept]["says"]))
        elif concept in evidence.quotes and not _overlaps(evidence.quotes[concept], quoted):
            quoted.append(evidence.quotes[concept])
            reasons.append(
                f"{_quoted(evidence.quotes[concept])} → {lexicon.concepts[concept].says}"
            )
    return tuple(reasons)


def _quoted(words: str) -> str:
    return f"'{words}'"


def _overlaps(quote: str, others: list[str]) -> bool:
    """Whether the same words were already quoted."""
    low = quote.lower()
    return any(low in other.lower() or other.lower() in low for other in others)


def _title(report: ReportText) -> str:
    """Take the given title, else the first sentence that tells something."""
    zones = split_zones(report.title, report.text, "")
    given = _one_line(zones[0].text)
    return shorten(given or _telling_sentence(zones) or NO_TITLE, TITLE_LENGTH)


def _telling_sentence(zones: tuple[Zone, ...]) -> str:
    """Choose the first sentence that speaks of a problem, else the first with enough words."""
    lexicon = load_lexicon()
    first = ""
    texts = [zone.text for zone in zones if zone.name in ("body", "expected", "code")]
    tried = 0
    for text in texts:
        for match in _SENTENCE.finditer(text):
            sentence = _one_line(match.group())
            words = split_words(sentence)
            if not words:
                continue
            tried += 1
            if tried > _SENTENCES_TRIED:
                return first
            if len(words) >= 3:
                found = {hit.concept for hit in lexicon.find(words)}
                if sum(_telling(lexicon.concepts[name].kind) for name in found) >= 1.0:
                    return sentence
                first = first if len(first.split()) >= 3 else sentence
            first = first or sentence
    return first


def _telling(kinds: Mapping[Kind, float]) -> float:
    """How much a concept tells about the work; praise and greetings tell nothing."""
    return max((value for kind, value in kinds.items() if kind != Kind.SPAM), default=0.0)


def _one_line(text: str) -> str:
    return " ".join(text.split()).strip(" -–—:;,*#>|\"'")
