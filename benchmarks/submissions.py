"""Reports with a picture accepted from pages, committed to disk, against the bare-view floor."""

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image

from benchmarks import service
from benchmarks.load import Load, run_load
from benchmarks.results import Figure, paired

CLIENTS, SECONDS, ROUNDS = 8, 6.0, 7
WARM_UP = 2.0
PICTURE_BYTES = 300_000
_BOUNDARY = "----benchmark0123456789"
_MANY = str(10**9)


def measure() -> dict[str, Figure]:
    """Take turns between the floor and the product, seven times; every 201 must be a row.

    The work of a proof is the browser's and not counted; that there is one is still checked.
    """
    with service.database_server() as server:
        url, _ = service.database(server, "bench_submissions", fresh=True)
        service.install(url)
        service.prepare(url, "accounts")
        facts = service.prepare(url, "browser_key")
        env = service.environment(url) | {
            "WIDGET_PROOF_BITS": "0",
            "WIDGET_REPORTS_PER_ADDRESS": _MANY,
            "WIDGET_REPORTS_PER_KEY": _MANY,
            "WIDGET_REPORTS_PER_PROJECT": _MANY,
            "WIDGET_REQUESTS_PER_ADDRESS": _MANY,
        }
        path = f"/api/v1/widget/reports?key={facts['key']}"
        with service.web(env) as (port, _), _bare_view(url) as floor_port:
            ours = _post(path, {"challenge": facts["challenge"], "proof": "0"})
            floor = _post("/floor", {})
            run_load(port, ours, clients=CLIENTS, seconds=WARM_UP)
            run_load(floor_port, floor, clients=CLIENTS, seconds=WARM_UP)
            service.settle(url)
            before = service.prepare(url, "counted")["reports"]
            values, floors, accepted = [], [], 0
            for _ in range(ROUNDS):
                floors.append(_round(floor_port, floor).per_second)
                load = _round(port, ours)
                accepted += load.answered
                values.append(load.per_second)
            stored = service.prepare(url, "counted")["reports"] - before
            if stored != accepted:
                raise RuntimeError(f"{accepted} acknowledged, {stored} stored")
    return {"submission_accept": paired(values, floors, "reports/s")}


@contextmanager
def _bare_view(url: str) -> Iterator[int]:
    media = service.VAR / "floor-files"
    env = {**service.environment(url), "FLOOR_DATABASE_URL": url, "FLOOR_MEDIA": str(media)}
    command = [sys.executable, "-m", "benchmarks.floor_files"]
    subprocess.run(command, cwd=service.ROOT, env=env, check=True)
    application = "benchmarks.floor_files:application"
    try:
        with service.web(env, application=application, ready="/ready") as (port, _):
            yield port
    finally:
        shutil.rmtree(media, ignore_errors=True)


def _round(port: int, make: Callable[[int], bytes]) -> Load:
    load = run_load(port, make, clients=CLIENTS, seconds=SECONDS)
    if set(load.statuses) != {201}:
        raise RuntimeError(f"answered {load.statuses}")
    return load


def _post(path: str, facts: dict[str, str]) -> Callable[[int], bytes]:
    """Give what makes the request; but for its number and key each is the same."""
    picture = _picture()

    def make(number: int) -> bytes:
        fields = {
            "text": f"I paid for order {number} and got no credits. The page showed an error.",
            "page": "https://shop.example/checkout/done",
            "email": f"person{number % 500}@mail.example",
            "context": json.dumps(_CONTEXT),
            "idempotency_key": f"benchmark-{_next()}-{number:012}",
            **facts,
        }
        parts = [
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; '
            'filename="screenshot-1.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        )
        body = "".join([*parts, head]).encode() + picture + f"\r\n--{_BOUNDARY}--\r\n".encode()
        lines = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
            f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return lines.encode() + body

    return make


_CONTEXT = {
    "browser": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "viewport": "1280×800",
    "console": [{"level": "error", "text": "x is undefined"}] * 5,
    "requests": [{"method": "POST", "path": "/api/pay", "status": "500"}] * 3,
    "clicks": [{"target": "button#pay"}] * 10,
}
_made = [0]


def _next() -> int:
    """Count the requests of all turns: a key is never sent twice."""
    _made[0] += 1
    return _made[0]


def _picture() -> bytes:
    """Give a screenshot of about 300 kB as a browser's canvas gives it."""
    noisy = 200
    while True:
        picture = Image.new("RGB", (1600, 1000), "#f4f6f5")
        picture.paste(Image.effect_noise((noisy, noisy), 60).convert("RGB"), (100, 100))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=88)
        if len(out.getvalue()) >= PICTURE_BYTES or noisy >= 900:
            return out.getvalue()
        noisy += 20
