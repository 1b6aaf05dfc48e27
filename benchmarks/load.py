"""A small load generator: keep-alive HTTP/1.1 connections on one event loop."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True)
class Load:
    """What came of a run."""

    answered: int
    seconds: float
    statuses: dict[int, int]

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return self.answered / self.seconds


def request_bytes(
    method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """Write one request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def run_load(port: int, make: Callable[[int], bytes], *, clients: int, seconds: float) -> Load:
    """Send requests over so many connections at once, each waiting for its answer."""
    return asyncio.run(_run(port, make, clients, seconds))


async def _run(port: int, make: Callable[[int], bytes], clients: int, seconds: float) -> Load:
    numbers = count()
    statuses: dict[int, int] = {}
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(_client(port, make, numbers, until, statuses) for _ in range(clients)))
    return Load(sum(statuses.values()), time.perf_counter() - began, statuses)


async def _client(
    port: int,
    make: Callable[[int], bytes],
    numbers: Iterator[int],
    until: float,
    statuses: dict[int, int],
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while time.perf_counter() < until:
            writer.write(make(next(numbers)))
            status = await _answer(reader)
            statuses[status] = statuses.get(status, 0) + 1
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    if at >= 0:
        length = int(lowered[at + 15 : lowered.index(b"\r\n", at)])
        await reader.readexactly(length)
    elif b"transfer-encoding: chunked" in lowered:
        await reader.readuntil(b"0\r\n\r\n")
    return status


def timed_gets(port: int, path: str, headers: dict[str, str], *, times: int) -> list[float]:
    """Get a page so many times over one connection; gives the milliseconds of each.

    Refuses anything but 200: a fast error page is no figure.
    """
    return asyncio.run(_timed(port, request_bytes("GET", path, headers=headers), times))


async def _timed(port: int, request: bytes, times: int) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    try:
        for _ in range(times):
            began = time.perf_counter()
            writer.write(request)
            status = await _answer(reader)
            took.append((time.perf_counter() - began) * 1000)
            if status != 200:
                raise RuntimeError(f"the page answered {status}")
    finally:
        writer.close()
    return took
