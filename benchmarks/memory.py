"""What web and worker hold once they are idle."""

import json
import time

import psutil

from benchmarks import service
from benchmarks.load import request_bytes, run_load, timed_gets
from benchmarks.results import Figure

REQUESTS, TURNS = 1000, 5


def measure() -> dict[str, Figure]:
    """Answer 1,000 requests, let the worker finish, and add up the proportional set sizes (PSS).

    Five times; pages, API reads and reports take turns. Two web processes and the worker with all
    its helpers count; the database does not.
    """
    with service.database_server() as server:
        url, _ = service.database(server, "bench_memory", fresh=True)
        service.install(url)
        key = service.prepare(url, "accounts")["key"]
        cookies = service.prepare(url, "sessions")
        env = service.environment(url)
        held = []
        with service.web(env) as (port, web_pid), service.worker(env) as worker_pid:
            for turn in range(TURNS):
                _requests(port, key, cookies, turn)
                time.sleep(6)
                held.append(_pss(web_pid) + _pss(worker_pid))
    ordered = sorted(held)
    spread = round(ordered[-1] - ordered[0], 1)
    return {"memory_mb": Figure(value=round(ordered[TURNS // 2], 1), unit="MB PSS", spread=spread)}


def _requests(port: int, key: str, cookies: dict[str, str], turn: int) -> None:
    share = REQUESTS // 5
    bearer = {"Authorization": f"Bearer {key}"}
    timed_gets(port, "/portal/tickets/", {"Cookie": cookies["portal"]}, times=share)
    timed_gets(port, "/portal/", {"Cookie": cookies["portal"]}, times=share)
    timed_gets(port, "/console/queue/", {"Cookie": cookies["console"]}, times=share)
    timed_gets(port, "/api/v1/reports", bearer, times=share)
    body = json.dumps({"text": f"The export misses a column, turn {turn}"}).encode()
    post = request_bytes("POST", "/api/v1/reports", headers=bearer, body=body)
    sent = 0
    while sent < share:
        sent += run_load(port, lambda number: post, clients=2, seconds=0.5).answered


def _pss(pid: int) -> float:
    parent = psutil.Process(pid)
    family = [parent, *parent.children(recursive=True)]
    return float(sum(member.memory_full_info().pss for member in family)) / 1_000_000
