"""From the concepts found to kind and severity: a linear model over hand-set weights.

The lexicon gives every concept its weight (log-odds by judgement); learned.json adds corrections fitted to labelled
reports with a penalty on every step away from the hand-set weights (an L2 prior, as in maximum a posteriori estimation).
Without that file, the hand-set weights decide alone.
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
# Being two steps of severity off costs this much more than being one step off.
FAR_COST: Final = 0.35

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


def kind_scores(weights: Weights, strength: Mapping[str, float]) -> list[float]:
    """Add up what speaks for each kind."""
    scores = [
        weights.kind_base.get(kind, 0.0) + weights.kind_learned.get("", {}).get(kind, 0.0)
        for kind in KINDS
    ]
    for concept, amount in strength.items():
        given = weights.kind.get(concept, {})
        learned = weights.kind_learned.get(concept, {})
        for place, kind in enumerate(KINDS):
            scores[place] += amount * (given.get(kind, 0.0) + learned.get(kind, 0.0))
    return scores


def severity_scores(
    weights: Weights, strength: Mapping[str, float], kinds: list[float]
) -> list[float]:
    """Add up what speaks for each severity, given how likely each kind is."""
    scores = []
    for severity in SEVERITIES:
        base = sum(
            share * weights.severity_base[kind][severity]
            for kind, share in zip(KINDS, kinds, strict=True)
        )
        scores.append(base + weights.severity_learned.get("", {}).get(severity, 0.0))
    for concept, amount in strength.items():
        given = weights.severity.get(concept, {})
        learned = weights.severity_learned.get(concept, {})
        for place, severity in enumerate(SEVERITIES):
            scores[place] += amount * (given.get(severity, 0.0) + learned.get(severity, 0.0))
    return scores


def kind_shares(weights: Weights, strength: Mapping[str, float]) -> list[float]:
    """Give the likelihood of each kind."""
    return _softmax(kind_scores(weights, strength))


def severity_shares(
    weights: Weights, strength: Mapping[str, float], kinds: list[float]
) -> list[float]:
    """Give the likelihood of each severity."""
    return _softmax(severity_scores(weights, strength, kinds))


def choose(weights: Weights, strength: Mapping[str, float]) -> tuple[Kind, Severity]:
    """Take the likeliest kind, and the severity with the least expected cost of being wrong."""
    kinds = kind_shares(weights, strength)
    kind = KINDS[kinds.index(max(kinds))]
    shares = severity_shares(weights, strength, kinds)
    costs = [
        sum(
            share
            * (
                0.0
                if taken == true
                else 1.0
                if abs(taken - true) == 1
                else 1.0 + FAR_COST * abs(taken - true)
            )
            for true, share in enumerate(shares)
        )
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
    shapes: Tables = tables["shape"]
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
