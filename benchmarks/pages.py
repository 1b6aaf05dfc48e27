"""How the lists grow: the same page at 10,000 and at 1,000,000 tickets."""

from contextlib import ExitStack
from statistics import median

from benchmarks import service
from benchmarks.load import timed_gets
from benchmarks.results import Figure, growth

SIZES = {"small": 10_000, "large": 1_000_000}
ROUNDS, TIMES, WARM_UP = 7, 25, 15
PAGES = {
    "queue_page_growth": ("/console/queue/", "console"),
    "portal_list_growth": ("/portal/tickets/", "portal"),
}


def measure() -> dict[str, Figure]:
    """Take turns between the two sizes, seven times; each turn is the median of 25 loads.

    One web process serves each size. The sets are made once and kept.
    """
    with service.database_server() as server, ExitStack() as stack:
        ports, cookies = {}, {}
        for name, size in SIZES.items():
            url = service.filled(
                server, f"bench_tickets_{size}", "tickets", {"size": size}, size=size
            )
            cookies[name] = service.prepare(url, "sessions")
            served = service.web(service.environment(url), processes=1)
            ports[name], _ = stack.enter_context(served)
        figures = {}
        for key, (path, who) in PAGES.items():
            took: dict[str, list[float]] = {"small": [], "large": []}
            for name in SIZES:
                headers = {"Cookie": cookies[name][who]}
                timed_gets(ports[name], path, headers, times=WARM_UP)
            for _ in range(ROUNDS):
                for name in SIZES:
                    headers = {"Cookie": cookies[name][who]}
                    took[name].append(median(timed_gets(ports[name], path, headers, times=TIMES)))
            print(f"{path}: {median(took['small']):.1f} ms, {median(took['large']):.1f} ms")
            figures[key] = growth(took["large"], took["small"])
    return figures
