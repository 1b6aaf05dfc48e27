"""How often triage proposes what a person chose, on hand-labelled reports it was not fitted to.

Five folds, stratified by kind; in each fold the learned corrections are fitted anew to the other
four. The lexicon is written by hand and not derived from the reports: nothing of it is rebuilt.

    python -m benchmarks.triage [--data FOLDER] [--write]

--write fits the corrections to all reports and saves them as tickets/rules/triage/learned.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.results import Figure
from tickets.rules.triage.evidence import read_evidence
from tickets.rules.triage.fit import Example, fit
from tickets.rules.triage.model import FOLDER, Weights, choose, judged_weights
from tickets.rules.words import Kind, Severity

FOLDS: Final = 5
SEEDS: Final = (0, 1, 2, 3, 4)
# The labels of the data that differ from ours.
KINDS: Final = {
    "billing": Kind.PAYMENT,
    "ui-polish": Kind.POLISH,
    "feature-request": Kind.WISH,
    "not-a-report": Kind.SPAM,
    "data-loss": Kind.DATA_LOSS,
}
FIGURES: Final = ("triage_kind", "triage_severity", "triage_severity_within_one")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One report with its labels."""

    example: Example
    body_kind: str


@dataclass(frozen=True, slots=True)
class Guess:
    """What was proposed for a report, and what a person had chosen."""

    report: Labelled
    kind: Kind
    severity: Severity

    def marks(self) -> tuple[float, float, float]:
        """Kind right, severity right, severity at most one step off."""
        truth = self.report.example
        steps = abs(list(Severity).index(self.severity) - list(Severity).index(truth.severity))
        return float(self.kind == truth.kind), float(steps == 0), float(steps <= 1)


def data_folder(given: str | None = None) -> Path:
    """Find the shared data: the argument, SHIPOPS_DATA, or the folder beside the repository."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    return Path(given or os.environ.get("SHIPOPS_DATA") or beside)


def read_reports(folder: Path) -> list[Labelled]:
    """Read the labelled reports and find their concepts; no file gives no reports."""
    path = folder / "reports" / "dev.jsonl"
    if not path.is_file():
        print(f"triage: no labelled reports at {path} (set SHIPOPS_DATA or --data)")
        return []
    reports = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            kind = KINDS.get(row["type"]) or Kind(row["type"])
            strength = read_evidence(row["title"], row["body"]).strength
            example = Example(strength, kind, Severity(row["severity"]))
            reports.append(Labelled(example, row["body_kind"]))
    return reports


def make_folds(reports: list[Labelled], seed: int) -> list[list[int]]:
    """Deal the reports of each kind out to the folds in turn."""
    by_kind: dict[Kind, list[int]] = defaultdict(list)
    for place, report in enumerate(reports):
        by_kind[report.example.kind].append(place)
    # Repeatable on purpose; nothing secret depends on it.
    chance = random.Random(seed)  # noqa: S311
    dealt: list[int] = []
    for kind in sorted(by_kind):
        chance.shuffle(by_kind[kind])
        dealt += by_kind[kind]
    return [dealt[fold::FOLDS] for fold in range(FOLDS)]


def guess(weights: Weights, reports: list[Labelled]) -> list[Guess]:
    """Propose for each report with the given weights."""
    return [Guess(report, *choose(weights, report.example.strength)) for report in reports]


def cross_validate(reports: list[Labelled], seed: int) -> list[Guess]:
    """Propose for every report with weights fitted to the other folds."""
    guesses: list[Guess] = []
    for held_out in make_folds(reports, seed):
        kept = [r.example for place, r in enumerate(reports) if place not in set(held_out)]
        guesses += guess(fit(kept), [reports[place] for place in held_out])
    return guesses


def score(guesses: list[Guess]) -> dict[str, float]:
    """Give the three shares of right proposals."""
    marks = [one.marks() for one in guesses]
    return {
        name: statistics.fmean(column)
        for name, column in zip(FIGURES, zip(*marks, strict=True), strict=True)
    }


def measure(data: str | None = None) -> dict[str, Figure]:
    """Give the five-fold figures, each the mean over several ways of cutting the folds.

    A missing data folder is said and gives nothing.
    """
    reports = read_reports(data_folder(data))
    if not reports:
        return {}
    means, spreads = mean_and_spread([score(cross_validate(reports, seed)) for seed in SEEDS])
    return {
        name: Figure(
            value=round(means[name], 3), spread=round(spreads[name], 3), unit="share, five folds"
        )
        for name in FIGURES
    }


def mean_and_spread(runs: list[dict[str, float]]) -> tuple[dict[str, float], dict[str, float]]:
    """Give the mean of each figure and the distance from its lowest to its highest run."""
    means = {name: statistics.fmean(run[name] for run in runs) for name in FIGURES}
    spreads = {name: max(r[name] for r in runs) - min(r[name] for r in runs) for name in FIGURES}
    return means, spreads


def write_learned(reports: list[Labelled]) -> Path:
    """Fit the corrections to all reports and save them beside the rules."""
    weights = fit([report.example for report in reports])
    learned = {
        "kind": _rounded(weights.kind_learned),
        "severity": _rounded(weights.severity_learned),
    }
    path = FOLDER / "learned.json"
    path.write_text(json.dumps(learned, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def _rounded(table: object) -> dict[str, dict[str, float]]:
    assert isinstance(table, dict)
    return {
        concept: {label: round(value, 3) for label, value in row.items() if abs(value) >= 0.005}
        for concept, row in table.items()
    }


def _line(name: str, figures: dict[str, float], spread: dict[str, float] | None = None) -> str:
    cells = [
        f"{figures[key]:.3f}" + (f" ±{spread[key] / 2:.3f}" if spread else "       ")
        for key in FIGURES
    ]
    return f"{name:28}" + "   ".join(cells)


def _print_confusion(guesses: list[Guess]) -> None:
    """Show which kinds and severities are taken for which, in shares of all runs."""
    kinds = Counter((g.report.example.kind, g.kind) for g in guesses)
    severities = Counter((g.report.example.severity, g.severity) for g in guesses)
    for title, counts in (("kind", kinds), ("severity", severities)):
        print(f"\nmistakes in {title} (reports × {len(SEEDS)} runs)")
        for (true, taken), count in counts.most_common():
            if true != taken:
                print(f"  {true:12} taken for {taken:12} {count / len(SEEDS):5.1f}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of the shared data")
    parser.add_argument("--write", action="store_true", help="fit to all reports and save")
    options = parser.parse_args()
    reports = read_reports(data_folder(options.data))
    if not reports:
        return
    runs = [cross_validate(reports, seed) for seed in SEEDS]
    means, spreads = mean_and_spread([score(run) for run in runs])
    print(
        f"{len(reports)} reports, {FOLDS} folds, {len(SEEDS)} seeds (± half the range over seeds)\n"
    )
    print(f"{'':28}{'kind':17}{'severity':17}within one")
    print(_line("five-fold", means, spreads))
    for body_kind in sorted({report.body_kind for report in reports}):
        parts = [[g for g in run if g.report.body_kind == body_kind] for run in runs]
        part_means, part_spreads = mean_and_spread([score(part) for part in parts])
        print(_line(f"  {body_kind} ({len(parts[0])})", part_means, part_spreads))
    print(_line("hand-set weights alone", score(guess(judged_weights(), reports))))
    everything = fit([report.example for report in reports])
    print(_line("fitted to all (not a score)", score(guess(everything, reports))))
    _print_confusion([one for run in runs for one in run])
    if options.write:
        print(f"\nwritten: {write_learned(reports).name}")


if __name__ == "__main__":
    main()
