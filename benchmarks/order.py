"""How the next ticket and the queue's first page grow with clients and tickets."""

from contextlib import ExitStack
from statistics import median

from benchmarks import service
from benchmarks.load import timed_gets
from benchmarks.results import Figure, growth

# A tenth of the clients, tickets, engineers and promises, and all of them.
SETS = {
    "small": {
        "client_count": 100, "open_count": 5_000, "done_count": 100_000, "engineer_count": 4,
    },
    "large": {
        "client_count": 1_000, "open_count": 50_000, "done_count": 1_000_000, "engineer_count": 40,
    },
}  # fmt: skip
PROMISED = {"small": 200, "large": 2_000}
ROUNDS, TIMES, WARM_UP = 7, 25, 10
PATH = "/console/queue/"


def measure() -> dict[str, Figure]:
    """Take turns between the two sizes, seven times; each turn is the median of 25.

    The next ticket is taken by the action itself, committed; the page comes over HTTP from one web
    process for each size. The sets are made once and kept, their promises anew each time.
    """
    with service.database_server() as server, ExitStack() as stack:
        urls = {name: _filled(server, name) for name in SETS}
        cookies, ports = {}, {}
        for name, url in urls.items():
            cookies[name] = service.prepare(url, "sessions")["console"]
            web = service.web(service.environment(url), processes=1)
            ports[name], _ = stack.enter_context(web)
            _page(ports[name], cookies[name], WARM_UP)
        taken: dict[str, list[float]] = {name: [] for name in SETS}
        shown: dict[str, list[float]] = {name: [] for name in SETS}
        queries: dict[str, str] = {}
        for _ in range(ROUNDS):
            for name, url in urls.items():
                found = service.prepare(url, "takes", times=TIMES, warm_up=WARM_UP)
                taken[name].append(median(found["ms"]))
                shown[name].append(median(_page(ports[name], cookies[name], TIMES)))
                seen = found["queries"]
                queries["take_next"] = f"{median(seen):.0f} statements, {max(seen)} at most"
        counted = service.prepare(urls["large"], "page_queries", path=PATH, cookie=cookies["large"])
        queries[PATH] = f"{counted['queries']} statements with those of signing in"
    for what, took in (("take_next", taken), (PATH, shown)):
        small, large = median(took["small"]), median(took["large"])
        print(f"{what}: {small:.1f} ms, {large:.1f} ms, {queries[what]}")
    return {
        "take_next_growth": growth(taken["large"], taken["small"]),
        "queue_page_clients_growth": growth(shown["large"], shown["small"]),
    }


def _filled(server: str, name: str) -> str:
    facts = SETS[name]
    size = facts["open_count"] + facts["done_count"]
    database = f"bench_clients_{facts['client_count']}"
    url = service.filled(server, database, "crowd", facts, size=size)
    service.prepare(url, "promises", count=PROMISED[name])
    return url


def _page(port: int, cookie: str, times: int) -> list[float]:
    return timed_gets(port, PATH, {"Cookie": cookie}, times=times)
