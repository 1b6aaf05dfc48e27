"""The figures kept in ``results.json``, and the page written from them."""

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PAGE = HERE / "RESULTS.md"


@dataclass(frozen=True)
class Figure:
    """One measured figure; floor and ratio are None where there is nothing to compare with."""

    value: float
    unit: str
    spread: float
    floor: float | None = None
    ratio: float | None = None


def paired(values: list[float], floors: list[float], unit: str) -> Figure:
    """Give the medians of values and floors measured in turns; the spread is that of the ratios."""
    ratios = [value / floor for value, floor in zip(values, floors, strict=True)]
    return Figure(
        value=round(median(values), 2),
        unit=unit,
        floor=round(median(floors), 2),
        ratio=round(median(ratios), 3),
        spread=round(max(ratios) - min(ratios), 3),
    )


def growth(large: list[float], small: list[float]) -> Figure:
    """Give how many times as long the large set takes as the small one, measured in turns."""
    ratios = [big / little for big, little in zip(large, small, strict=True)]
    factor = round(median(ratios), 3)
    return Figure(
        value=factor,
        unit="times the small set",
        floor=1.0,
        ratio=factor,
        spread=round(max(ratios) - min(ratios), 3),
    )


def save(figures: dict[str, Figure]) -> None:
    """Put new figures beside the kept ones, and write the page anew."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    commit = _commit()
    kept.update({key: {**asdict(figure), "commit": commit} for key, figure in figures.items()})
    ordered = {key: {name: kept[key][name] for name in _NAMES} for key in sorted(kept)}
    RESULTS.write_text(json.dumps(ordered, indent=2) + "\n")
    PAGE.write_text(_page(ordered))


_NAMES = ("value", "floor", "ratio", "spread", "unit", "commit")


def table(figures: dict[str, Figure]) -> str:
    """Lay the figures out for a terminal."""
    rows = [("figure", "value", "floor", "ratio", "spread", "unit")]
    rows += [
        (key, _text(f.value), _text(f.floor), _text(f.ratio), _text(f.spread), f.unit)
        for key, f in figures.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _page(kept: dict[str, dict[str, object]]) -> str:
    lines = [
        "# Results",
        "",
        "Written by `make bench` from `results.json`; a figure that was not run is not here.",
        "What each figure is, and how it is measured: `docs/benchmarks.md`.",
        "",
        "| figure | value | floor | ratio | spread | unit | tree |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for key, row in kept.items():
        cells = [_text(row[name]) for name in _NAMES[:4]]
        lines.append(f"| `{key}` | {' | '.join(cells)} | {row['unit']} | `{row['commit']}` |")
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _commit() -> str:
    """Name the tree that is measured; ``+`` marks changes that are not committed."""
    name = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/RESULTS.md",
         ":!benchmarks/results.json"],
        cwd=HERE.parent, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    return f"{name}+" if changed else name
