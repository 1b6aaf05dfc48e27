"""How often a known duplicate's ticket is suggested, and how long a suggestion takes.

    python -m benchmarks.duplicates FILE

prints the recall on another file of the same form and keeps nothing.
"""

import os
import sys
from pathlib import Path
from statistics import fmean, median

from benchmarks import service
from benchmarks.results import Figure, growth
from benchmarks.triage import data_folder
from tickets.gateways.meaning import missing_packages

SIZES = {"small": 10_000, "large": 100_000}
ROUNDS, TIMES, WARM_UP, MOST = 7, 25, 50, 10
# The best that PostgreSQL and light libraries gave on the sample data before (its README).
BASELINES = {1: 0.43, 5: 0.64}


def measure() -> dict[str, Figure]:
    """Suggest tickets by the product's own query, with the settings it has.

    Recall over all known duplicates of the sample data, each asked among what came before it, all
    tickets open. Time with 10,000 and 100,000 reports of one client, in turns.
    """
    path = data_file()
    if not path.is_file():
        print(f"duplicates: no reports at {path} (set SHIPOPS_DATA or SHIPOPS_DUPLICATES)")
        return {}
    with service.database_server() as server:
        return recall(server, path) | _times(server, path)


def data_file() -> Path:
    """Find the reports: SHIPOPS_DUPLICATES, or those of the sample data."""
    named = os.environ.get("SHIPOPS_DUPLICATES")
    return Path(named) if named else data_folder() / "duplicates" / "dev.jsonl"


def recall(server: str, path: Path) -> dict[str, Figure]:
    """Give the share of duplicates whose ticket is first, and among the first five.

    The reports are stored and indexed anew. The spread is between one half of them and the other.
    """
    url, _ = service.database(server, "bench_duplicates", fresh=True)
    service.install(url)
    service.prepare(url, "duplicates", path=str(path), size=0)
    light = _recall(url, path, "duplicate_recall", semantic=False)
    if missing_packages():
        print("semantic_recall: left out without the packages of requirements-semantic.txt")
        return light
    print("reading what the reports mean (some minutes) …", flush=True)
    service.prepare(url, "meanings")
    return light | _recall(url, path, "semantic_recall", semantic=True)


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


def _times(server: str, path: Path) -> dict[str, Figure]:
    urls = {name: _filled(server, path, size) for name, size in SIZES.items()}
    took: dict[str, list[float]] = {name: [] for name in SIZES}
    for _ in range(ROUNDS):
        for name, url in urls.items():
            facts = {"path": str(path), "times": TIMES, "warm_up": WARM_UP}
            took[name].append(median(service.prepare(url, "suggest", **facts)["ms"]))
    small, large = median(took["small"]), median(took["large"])
    print(f"a suggestion: {small:.1f} ms, {large:.1f} ms")
    spread = round(max(took["large"]) - min(took["large"]), 2)
    return {
        "suggest_ms": Figure(value=round(large, 2), unit="ms", spread=spread),
        "suggest_growth": growth(took["large"], took["small"]),
    }


def _filled(server: str, path: Path, size: int) -> str:
    """Give the database with so many reports, indexed by today's rules; it is made once."""
    name = f"bench_duplicates_{size}"
    url, is_new = service.database(server, name, fresh=False)
    service.install(url)
    if is_new or service.prepare(url, "index")["reports"] != size:
        if not is_new:
            url, _ = service.database(server, name, fresh=True)
            service.install(url)
        print(f"making {name} (once) …", flush=True)
        service.prepare(url, "duplicates", path=str(path), size=size)
    return url


if __name__ == "__main__":
    with service.database_server() as own_server:
        for key, figure in recall(own_server, Path(sys.argv[1])).items():
            print(key, figure.value)
