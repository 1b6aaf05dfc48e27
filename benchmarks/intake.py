"""Reports accepted by the API, committed to disk, against the bare-view floor."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

from benchmarks import service
from benchmarks.load import Load, request_bytes, run_load
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
        floor_env = {**os.environ, "FLOOR_DATABASE_URL": url}
        subprocess.run(
            [sys.executable, "-m", "benchmarks.floor"], cwd=service.ROOT, env=floor_env, check=True
        )
        headers = {"Authorization": f"Bearer {key}"}
        floor_web = service.web(
            floor_env, application="benchmarks.floor:application", ready="/floor"
        )
        with service.web(env) as (port, _), floor_web as (floor_port, _):
            run_load(port, post("/api/v1/reports", headers), clients=CLIENTS, seconds=WARM_UP)
            run_load(floor_port, post("/floor", {}), clients=CLIENTS, seconds=WARM_UP)
            before = service.prepare(url, "stored")["reports"]
            values, floors, accepted = [], [], 0
            for _ in range(ROUNDS):
                floors.append(_round(floor_port, "/floor", {}).per_second)
                load = _round(port, "/api/v1/reports", headers)
                accepted += load.answered
                values.append(load.per_second)
            stored = service.prepare(url, "stored")["reports"] - before
            if stored != accepted:
                raise RuntimeError(f"{accepted} acknowledged, {stored} stored")
    return {"report_accept": paired(values, floors, "reports/s")}


def _round(port: int, path: str, headers: dict[str, str]) -> Load:
    load = run_load(port, post(path, headers), clients=CLIENTS, seconds=SECONDS)
    if set(load.statuses) != {201}:
        raise RuntimeError(f"{path} answered {load.statuses}")
    return load


def post(path: str, headers: dict[str, str]) -> Callable[[int], bytes]:
    def make(number: int) -> bytes:
        body = {
            "text": f"I paid for order {number} and got no credits. The page showed an error.",
            "page_url": "https://shop.example/checkout/done",
            "reporter": {"email": f"person{number % 500}@mail.example", "name": "A customer"},
        }
        return request_bytes("POST", path, headers=headers, body=json.dumps(body).encode())

    return make
