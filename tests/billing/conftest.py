"""A sandbox for each test, and the settings that lead the real client to it."""

from collections.abc import Iterator
from typing import Any

import pytest

from billing.sandbox.http_server import Server
from billing.sandbox.world import World

# 12 January 2026, 10:00:00 UTC.
START = 1_768_212_000


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    """A sandbox whose clock stands still until it is moved."""
    running = Server(World(start=START))
    running.start()
    settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_sandbox"
    settings.STRIPE_API_BASE = running.address
    settings.STRIPE_SANDBOX = True
    yield running
    running.stop()


@pytest.fixture
def unretried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send each call once, so that a failure shows at once."""
    monkeypatch.setattr("billing.gateways.stripe.client.RETRIES", 0)


@pytest.fixture
def world(server: Server) -> World:
    """What the sandbox knows."""
    return server.world
