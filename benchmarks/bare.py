"""The bare view beside what is measured, in the same run: on this machine, at this moment."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks import service
from benchmarks.load import request_bytes, run_load

APPLICATION = "benchmarks.floor:application"
PATH = "/floor"
WARM_UP, SECONDS = 1.0, 1.0


@contextmanager
def bare_view(url: str) -> Iterator[int]:
    """Serve the bare view, its table made anew in the database; gives its port."""
    with service.web(bare_environment(url), application=APPLICATION, ready=PATH) as (port, _):
        run_load(port, post(PATH, {}), clients=1, seconds=WARM_UP)
        yield port


def bare_environment(url: str) -> dict[str, str]:
    """Make the bare view's table anew, and give what its server is started with."""
    env = {**os.environ, "FLOOR_DATABASE_URL": url}
    command = [sys.executable, "-m", "benchmarks.floor"]
    subprocess.run(command, cwd=service.ROOT, env=env, check=True)
    return env


def bare_ms(port: int) -> float:
    """Give how many milliseconds one request takes, by one client that sends them in turn."""
    return 1000 / run_load(port, post(PATH, {}), clients=1, seconds=SECONDS).per_second


def post(path: str, headers: dict[str, str]) -> Callable[[int], bytes]:
    """Give what makes the request that reports something."""

    def make(number: int) -> bytes:
        body = {
            "text": f"I paid for order {number} and got no credits. The page showed an error.",
            "page_url": "https://shop.example/checkout/done",
            "reporter": {"email": f"person{number % 500}@mail.example", "name": "A customer"},
        }
        return request_bytes("POST", path, headers=headers, body=json.dumps(body).encode())

    return make
