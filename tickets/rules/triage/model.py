"""From the concepts found to kind and severity: a linear model over hand-set weights.

The lexicon gives every concept its weight (log-odds by judgement). Concepts that speak for the same
thing overlap, so each further one counts less. learned.json adds corrections fitted to labelled
reports, with a penalty on every step away from the hand-set weights (an L2 prior, as in maximum a
posteriori estimation). Without that file, the hand-set weights decide alone.
"""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from tickets.rules.triage.phrases import LEXICON, load_lexicon
from tickets.rules.words import Kind, Severity

FOLDER: Final = Path(__file__).parent
KINDS: Final = tuple(Kind)
SEVERITIES: Final = tuple(Severity)
GRAVE: Final = frozenset({Kind.OUTAGE, Kind.DATA_LOSS, Kind.SECURITY})
# Being two steps of severity off costs this much more than being one step off.
FAR_COST: Final = 0.35
# What the second piece of evidence for the same thing counts, then the third of that, and so on.
OVERLAP: Final = 0.6

Corrections = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything that is added up; corrections map concept → kind or severity → weight."""

    kind_base: Mapping[Kind, float]
    severity_base: Mapping[Kind, Mapping[Severity, float]]
    kind: Mapping[str, Mapping[Kind, float]]
    severity: Mapping[str, Mapping[Severity, float]]
    kind_learned: Corrections = field(default_factory=dict)
    severity_learned: Corrections = field(default_factory=dict)


def _softmax(scores: list[float]) -> list[float]:
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def _overlapping(parts: list[float]) -> float:
    """Add up evidence of which each further piece repeats some of the one before."""
    total = sum(part for part in parts if part < 0)
    share = 1.0
    for part in sorted((part for part in parts if part > 0), reverse=True):
        total += share * part
        share *= OVERLAP
    return total


def kind_scores(weights: Weights, strength: Mapping[str, float]) -> list[float]:
    """Add up what speaks for each kind."""
    return [
        weights.kind_base.get(kind, 0.0)
        + _overlapping(
            [
                amount * weights.kind.get(name, {}).get(kind, 0.0)
                for name, amount in strength.items()
            ]
        )
        + _learned(weights.kind_learned, strength, kind)
        for kind in KINDS
    ]


def severity_scores(
    weights: Weights, strength: Mapping[str, float], kinds: list[float]
) -> list[float]:
    """Add up what speaks for each severity, given how likely each kind is.

    What makes a fault S2 (a core function, the live system) makes an outage, a loss or a leak S1.
    """
    grave = sum(share for kind, share in zip(KINDS, kinds, strict=True) if kind in GRAVE)

    def given(name: str, severity: Severity) -> float:
        said = weights.severity.get(name, {})
        if severity == Severity.S1:
            return said.get(severity, 0.0) + grave * said.get(Severity.S2, 0.0)
        if severity == Severity.S2:
            return (1.0 - grave) * said.get(severity, 0.0)
        return said.get(severity, 0.0)

    return [
        sum(
            share * weights.severity_base[kind][severity]
            for kind, share in zip(KINDS, kinds, strict=True)
        )
        + _overlapping([amount * given(name, severity) for name, amount in strength.items()])
        + _learned(weights.severity_learned, strength, severity)
        for severity in SEVERITIES
    ]


def _learned(corrections: Corrections, strength: Mapping[str, float], label: str) -> float:
    """Add up the corrections; the empty name stands for no concept at all."""
    total = corrections.get("", {}).get(label, 0.0)
    for name, amount in strength.items():
        total += amount * corrections.get(name, {}).get(label, 0.0)
    return total


def kind_shares(weights: Weights, strength: Mapping[str, float]) -> list[float]:
    """Give the likelihood of each kind."""
    return _softmax(kind_scores(weights, strength))


def severity_shares(
    weights: Weights, strength: Mapping[str, float], kinds: list[float]
) -> list[float]:
    """Give the likelihood of each severity."""
    return _softmax(severity_scores(weights, strength, kinds))


def _cost(steps: int) -> float:
    """What a severity costs that is so many steps off."""
    return min(steps, 1) + FAR_COST * steps * (steps > 1)


def choose(weights: Weights, strength: Mapping[str, float]) -> tuple[Kind, Severity]:
    """Take the likeliest kind, and the severity with the least expected cost of being wrong."""
    kinds = kind_shares(weights, strength)
    kind = KINDS[kinds.index(max(kinds))]
    shares = severity_shares(weights, strength, kinds)
    costs = [
        sum(share * _cost(abs(taken - true)) for true, share in enumerate(shares))
        for taken in range(len(SEVERITIES))
    ]
    return kind, SEVERITIES[costs.index(min(costs))]


Tables = dict[str, Any]


@cache
def read_tables() -> Tables:
    """Read base rates, base severities, estimates and shapes."""
    return tomllib.loads((FOLDER / "tables.toml").read_text(encoding="utf-8"))


def judged_weights() -> Weights:
    """Give the hand-set weights of lexicon and tables, with nothing learned."""
    tables = read_tables()
    concepts = load_lexicon().concepts
    shapes: Tables = tables["shape"] | tables["together"]
    return Weights(
        kind_base={Kind(name): value for name, value in tables["kind_base"].items()},
        severity_base={
            Kind(name): {Severity(key): value for key, value in row.items()}
            for name, row in tables["severity_base"].items()
        },
        kind={name: concept.kind for name, concept in concepts.items()}
        | {
            name: {Kind(key): value for key, value in shape["kind"].items()}
            for name, shape in shapes.items()
        },
        severity={name: concept.severity for name, concept in concepts.items()}
        | {
            name: {Severity(key): value for key, value in shape["severity"].items()}
            for name, shape in shapes.items()
        },
    )


@cache
def load_weights() -> Weights:
    """Give the hand-set weights with the learned corrections, once per process."""
    path = FOLDER / "learned.json"
    learned: dict[str, Corrections] = (
        json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    )
    return replace(
        judged_weights(),
        kind_learned=learned.get("kind", {}),
        severity_learned=learned.get("severity", {}),
    )


@cache
def version() -> str:
    """Name the rules by their content, so that a proposal tells which rules made it."""
    digest = hashlib.sha256()
    for path in (*sorted(LEXICON.glob("*.toml")), FOLDER / "tables.toml", FOLDER / "learned.json"):
        if path.exists():
            digest.update(path.read_bytes())
    return f"triage-{digest.hexdigest()[:10]}"
