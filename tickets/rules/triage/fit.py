"""Fit corrections to labelled reports: multinomial logistic regression around hand-set weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tickets.rules.triage.model import (
    KINDS,
    SEVERITIES,
    Weights,
    judged_weights,
    kind_shares,
    severity_shares,
)
from tickets.rules.words import Kind, Severity

KIND_PENALTY: Final = 10.0
SEVERITY_PENALTY: Final = 10.0
ROUNDS: Final = 60
STEP: Final = 0.05
_RAREST: Final = 3


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled report as concepts and strengths."""

    strength: Mapping[str, float]
    kind: Kind
    severity: Severity


Learned = dict[str, dict[str, float]]


def fit(
    examples: Sequence[Example],
    *,
    kind_penalty: float = KIND_PENALTY,
    severity_penalty: float = SEVERITY_PENALTY,
    rounds: int = ROUNDS,
) -> Weights:
    """Fit the corrections; a concept seen in fewer than three reports keeps its hand-set weight."""
    weights = judged_weights()
    seen = Counter(concept for example in examples for concept in example.strength)
    known = {concept for concept, count in seen.items() if count >= _RAREST}
    rows = [
        {concept: amount for concept, amount in example.strength.items() if concept in known}
        | {"": 1.0}
        for example in examples
    ]

    kind_learned: Learned = {}
    kind_fitting = replace(weights, kind_learned=kind_learned)
    _descend(
        kind_learned,
        rows,
        [KINDS.index(example.kind) for example in examples],
        [str(kind) for kind in KINDS],
        lambda place: kind_shares(kind_fitting, examples[place].strength),
        penalty=kind_penalty,
        rounds=rounds,
    )

    kinds = [kind_shares(kind_fitting, example.strength) for example in examples]
    severity_learned: Learned = {}
    fitting = replace(kind_fitting, severity_learned=severity_learned)
    _descend(
        severity_learned,
        rows,
        [SEVERITIES.index(example.severity) for example in examples],
        [str(severity) for severity in SEVERITIES],
        lambda place: severity_shares(fitting, examples[place].strength, kinds[place]),
        penalty=severity_penalty,
        rounds=rounds,
    )
    return fitting


def _descend(
    learned: Learned,
    rows: Sequence[Mapping[str, float]],
    truths: Sequence[int],
    labels: Sequence[str],
    predict: Callable[[int], list[float]],
    *,
    penalty: float,
    rounds: int,
) -> None:
    """Gradient descent on log-loss plus half the penalty times the squares of the corrections."""
    for _ in range(rounds):
        slopes: Learned = {}
        for place, row in enumerate(rows):
            shares = predict(place)
            for target, (label, share) in enumerate(zip(labels, shares, strict=True)):
                miss = (1.0 if target == truths[place] else 0.0) - share
                for concept, amount in row.items():
                    slope = slopes.setdefault(concept, {})
                    slope[label] = slope.get(label, 0.0) + miss * amount
        for concept, slope in slopes.items():
            given = learned.setdefault(concept, {})
            for label, value in slope.items():
                now = given.get(label, 0.0)
                given[label] = now + STEP * (value - penalty * now)
