"""How the search grows: its first page at 10,000 and at 1,000,000 tickets."""

from contextlib import ExitStack
from statistics import median
from urllib.parse import urlencode

from benchmarks import service
from benchmarks.load import timed_gets
from benchmarks.results import Figure, growth

SIZES = {"small": 10_000, "large": 1_000_000}
ROUNDS, TIMES, WARM_UP = 7, 15, 5
SYLLABLES = [consonant + vowel for vowel in "aeiou" for consonant in "bdkl"]


def word(rank: int) -> str:
    """Give the word of a rank in the sets' texts: 1 is the most frequent."""
    places = (rank, rank // 20, rank // 400, rank // 8000)
    return "".join(SYLLABLES[place % 20] for place in places)


def searches() -> dict[str, tuple[str, str]]:
    """Give what is searched for: by a name, the page with its query, and whose it is."""
    usual, medium, rare = word(12), word(150), word(9000)
    queries = {
        "in most": word(1),
        "usual": usual,
        "medium": medium,
        "rare": rare,
        "in none": "qqqqqq ",
        "a usual and a rare one": f"{usual} {rare}",
        "two medium ones": f"{medium} {word(170)}",
        "phrase": f'"{word(2)} {word(3)}"',
        "without": f"{medium} -{word(1)}",
        "fields": "state:open severity:s2",
        "word and fields": f"{medium} state:open severity:s2",
        "a rare state": f"{usual} state:waiting",
        "being typed": usual[:4],
        "a slip": f"{medium[:-1]}x ",
    }
    console = {
        name: (f"/console/search/?{urlencode({'q': query, 'stay': 1})}", "console")
        for name, query in queries.items()
    }
    portal = {
        f"portal: {name}": (
            f"/portal/tickets/?{urlencode({'q': queries[name], 'view': 'all'})}",
            "portal",
        )
        for name in ("in most", "medium", "rare", "being typed", "a slip")
    }
    return {**console, **portal}


def measure() -> dict[str, Figure]:
    """Take turns between the two sizes, seven times; each turn is the median of 15 loads.

    What is kept is the search that grows most. One web process serves each size; the sets are made
    once and kept.
    """
    with service.database_server() as server, ExitStack() as stack:
        ports, cookies = {}, {}
        for name, size in SIZES.items():
            url = service.filled(
                server, f"bench_search_{size}", "searchable", {"size": size}, size=size
            )
            cookies[name] = service.prepare(url, "sessions")
            served = service.web(service.environment(url), processes=1)
            ports[name], _ = stack.enter_context(served)
        figures = [_measured(name, *page, ports, cookies) for name, page in searches().items()]
    return {"search_growth": max(figures, key=lambda figure: figure.value)}


def _measured(
    name: str,
    path: str,
    who: str,
    ports: dict[str, int],
    cookies: dict[str, dict[str, str]],
) -> Figure:
    took: dict[str, list[float]] = {size: [] for size in SIZES}
    for size in SIZES:
        timed_gets(ports[size], path, {"Cookie": cookies[size][who]}, times=WARM_UP)
    for _ in range(ROUNDS):
        for size in SIZES:
            headers = {"Cookie": cookies[size][who]}
            took[size].append(median(timed_gets(ports[size], path, headers, times=TIMES)))
    figure = growth(took["large"], took["small"])
    print(f"{name}: {median(took['small']):.1f} ms, {median(took['large']):.1f} ms, {figure.value}")
    return figure
