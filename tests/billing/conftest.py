"""A sandbox for each test, and the settings that lead the real client to it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from billing.sandbox import api
from billing.sandbox.api import Answer, Request
from billing.sandbox.http_server import Server
from billing.sandbox.world import World
from tests.billing.sandbox.conformity import strange_in

# 12 January 2026, 10:00:00 UTC.
START = 1_768_212_000


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Every answer that a test gets has the shape that the library's types describe."""
    strange: set[str] = set()
    answer = api.answer

    def looked_at(world: World, request: Request) -> Answer:
        given = answer(world, request)
        if given.status == 200:
            found = strange_in(json.loads(given.body))
            strange.update(f"{request.method} {request.path}: {each}" for each in found)
        return given

    monkeypatch.setattr(api, "answer", looked_at)
    yield strange
    assert not strange, "\n".join(sorted(strange))


@pytest.fixture
def server(settings: Any, strange: set[str]) -> Iterator[Server]:
    """A sandbox whose clock stands still until it is moved."""
    running = Server(World(start=START))
    running.start()
    settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_sandbox"
    settings.STRIPE_API_BASE = running.address
    settings.STRIPE_SANDBOX = True
    yield running
    running.stop()
    # Webhooks bring objects, too, that no test asked for.
    for kind, table in running.world.store.tables.items():
        for thing in table.values() if not kind.startswith("sandbox.") else []:
            strange.update(f"{kind}: {each}" for each in strange_in(thing))


@pytest.fixture
def unretried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send each call once, so that a failure shows at once."""
    monkeypatch.setattr("billing.gateways.stripe.client.RETRIES", 0)


@pytest.fixture
def world(server: Server) -> World:
    """What the sandbox knows."""
    return server.world
