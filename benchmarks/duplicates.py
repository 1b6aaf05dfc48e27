"""How often a known duplicate's ticket is suggested.

    python -m benchmarks.duplicates FILE

prints the recall on another file of the same form and keeps nothing.
"""

import os
import sys
from pathlib import Path
from statistics import fmean

from benchmarks import service
from benchmarks.results import Figure
from benchmarks.triage import data_folder
from tickets.gateways.meaning import missing_packages

MOST = 10
# The best that PostgreSQL and light libraries gave on the sample data before (its README).
BASELINES = {1: 0.43, 5: 0.64}


def measure() -> dict[str, Figure]:
    """Suggest tickets by the product's own query, with the settings it has.

    Over all known duplicates of the sample data, each asked among what came before it, all tickets
    open.
    """
    return _measured(by_meaning=False)


def by_meaning() -> dict[str, Figure]:
    """Do the same with what the reports mean, where that is installed."""
    if missing_packages():
        print("semantic_recall: left out without the packages of requirements-semantic.txt")
        return {}
    return _measured(by_meaning=True)


def data_file() -> Path:
    """Find the reports: SHIPOPS_DUPLICATES, or those of the sample data."""
    named = os.environ.get("SHIPOPS_DUPLICATES")
    return Path(named) if named else data_folder() / "duplicates" / "dev.jsonl"


def _measured(*, by_meaning: bool) -> dict[str, Figure]:
    path = data_file()
    if not path.is_file():
        print(f"duplicates: no reports at {path} (set SHIPOPS_DATA or SHIPOPS_DUPLICATES)")
        return {}
    with service.database_server() as server:
        return recall(server, path, by_meaning=by_meaning)


def recall(server: str, path: Path, *, by_meaning: bool) -> dict[str, Figure]:
    """Give the share of duplicates whose ticket is first, and among the first five.

    The reports are stored and indexed anew. The spread is between one half of them and the other.
    """
    url, _ = service.database(server, "bench_duplicates", fresh=True)
    service.install(url)
    service.prepare(url, "duplicates", path=str(path), size=0)
    if not by_meaning:
        return _recall(url, path, "duplicate_recall", semantic=False)
    print("reading what the reports mean (some minutes) …", flush=True)
    service.prepare(url, "meanings")
    return _recall(url, path, "semantic_recall", semantic=True)


def _recall(url: str, path: Path, name: str, *, semantic: bool) -> dict[str, Figure]:
    facts = {"path": str(path), "most": MOST, "semantic": semantic}
    places = service.prepare(url, "ranks", **facts)["places"]

    def share(most: int, part: list[int | None]) -> float:
        return fmean(place is not None and place <= most for place in part)

    print(f"{name}: {len(places)} duplicates, {share(10, places):.3f} among ten")
    return {
        f"{name}_{most}": Figure(
            value=round(share(most, places), 3),
            unit="share of duplicates",
            floor=BASELINES[most],
            ratio=round(share(most, places) / BASELINES[most], 3),
            spread=round(abs(share(most, places[::2]) - share(most, places[1::2])), 3),
        )
        for most in (5, 1)
    }


if __name__ == "__main__":
    with service.database_server() as own_server:
        for meant in (False, True)[: 1 if missing_packages() else 2]:
            found = recall(own_server, Path(sys.argv[1]), by_meaning=meant)
            for key, figure in found.items():
                print(key, figure.value)
