"""Reports accepted by the API, committed to disk, against the bare-view floor."""

from benchmarks import service
from benchmarks.bare import PATH, bare_view, post
from benchmarks.load import Load, run_load
from benchmarks.results import Figure, paired

CLIENTS, SECONDS, ROUNDS = 8, 6.0, 7
WARM_UP = 2.0


def measure() -> dict[str, Figure]:
    """Take turns between the floor and the product, seven times; every 201 must be a row.

    The worker does not run meanwhile: the figure is about accepting. Both servers and the load
    share the machine's cores.
    """
    with service.database_server() as server:
        url, _ = service.database(server, "bench_intake", fresh=True)
        service.install(url)
        key = service.prepare(url, "accounts")["key"]
        env = service.environment(url)
        headers = {"Authorization": f"Bearer {key}"}
        with service.web(env) as (port, _), bare_view(url) as floor_port:
            run_load(port, post("/api/v1/reports", headers), clients=CLIENTS, seconds=WARM_UP)
            run_load(floor_port, post(PATH, {}), clients=CLIENTS, seconds=WARM_UP)
            service.settle(url)
            before = service.prepare(url, "counted")["reports"]
            values, floors, accepted = [], [], 0
            for _ in range(ROUNDS):
                floors.append(_round(floor_port, PATH, {}).per_second)
                load = _round(port, "/api/v1/reports", headers)
                accepted += load.answered
                values.append(load.per_second)
            stored = service.prepare(url, "counted")["reports"] - before
            if stored != accepted:
                raise RuntimeError(f"{accepted} acknowledged, {stored} stored")
    return {"report_accept": paired(values, floors, "reports/s")}


def _round(port: int, path: str, headers: dict[str, str]) -> Load:
    load = run_load(port, post(path, headers), clients=CLIENTS, seconds=SECONDS)
    if set(load.statuses) != {201}:
        raise RuntimeError(f"{path} answered {load.statuses}")
    return load
