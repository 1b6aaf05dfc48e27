"""How long a suggestion takes, and how that grows with a client's reports."""

from pathlib import Path
from statistics import median

from benchmarks import service
from benchmarks.bare import bare_ms, bare_view
from benchmarks.duplicates import data_file
from benchmarks.results import Figure, growth, paired

SIZES = {"small": 10_000, "large": 100_000}
ROUNDS, TIMES, WARM_UP = 7, 25, 50


def measure() -> dict[str, Figure]:
    """Ask with 10,000 and 100,000 reports of one client, in turns, as the recall is measured.

    The floor is one request to the bare view.
    """
    path = data_file()
    if not path.is_file():
        print(f"suggestions: no reports at {path} (set SHIPOPS_DATA or SHIPOPS_DUPLICATES)")
        return {}
    with service.database_server() as server:
        return _times(server, path)


def _times(server: str, path: Path) -> dict[str, Figure]:
    urls = {name: _filled(server, path, size) for name, size in SIZES.items()}
    took: dict[str, list[float]] = {name: [] for name in SIZES}
    floors: list[float] = []
    with bare_view(urls["large"]) as port:
        for _ in range(ROUNDS):
            floors.append(bare_ms(port))
            for name, url in urls.items():
                facts = {"path": str(path), "times": TIMES, "warm_up": WARM_UP}
                took[name].append(median(service.prepare(url, "suggest", **facts)["ms"]))
    small, large = median(took["small"]), median(took["large"])
    print(f"a suggestion: {small:.1f} ms, {large:.1f} ms")
    return {
        "suggest_ms": paired(took["large"], floors, "ms"),
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
