"""Webhooks: signed, and as unruly as wished for (docs: Webhooks, Delivery behaviours)."""

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Condition, Thread
from urllib.parse import urlsplit

import requests
from stripe import WebhookSignature

from billing.sandbox.store import Json

_TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Endpoint:
    """Where events go, and the secret that signs them."""

    url: str
    secret: str


@dataclass
class Manner:
    """How events are delivered: how often each, in which order, how many at once, how late."""

    copies: int = 1
    shuffled: bool = False
    parallel: int = 1
    late_seconds: float = 0.0
    # Held events wait for ``release``; lost ones never leave.
    held: bool = False
    lost: bool = False
    seed: int = 0


def signed(event: Json, secret: str, *, at: int | None = None) -> tuple[bytes, str]:
    """Give the body and the Stripe-Signature of an event, signed now unless an instant is given."""
    # Stripe sends them with line breaks and two spaces, and signs exactly these bytes.
    body = json.dumps(event, indent=2)
    return body.encode(), WebhookSignature.generate_signature_header(body, secret, at)


class Deliveries:
    """The events that are still to be delivered, and a thread that delivers them."""

    def __init__(self, delivered: Callable[[Json], None]) -> None:
        self.endpoints: list[Endpoint] = []
        self.manner = Manner()
        self._delivered = delivered
        self._waiting: list[Json] = []
        self._under_way = 0
        self._turn = Condition()
        self._thread: Thread | None = None
        self._closed = False
        self._session = requests.Session()
        # A proxy named in the environment does not reach this machine's own ports.
        self._session.trust_env = False

    def add_endpoint(self, url: str, secret: str) -> None:
        """Deliver events to an address of this machine from now on."""
        if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1", "testserver"):
            raise ValueError("the sandbox delivers to this machine only")
        self.endpoints.append(Endpoint(url, secret))

    def add(self, event: Json) -> None:
        """Take an event to be delivered."""
        if not self.endpoints or self.manner.lost or self._closed:
            return
        with self._turn:
            self._waiting.append(event)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="sandbox-webhooks", daemon=True)
                self._thread.start()
            self._turn.notify_all()

    def again(self, events: list[Json]) -> None:
        """Deliver events once more, as Stripe does with those that were not taken."""
        for event in events:
            self.add(event)

    def release(self) -> None:
        """Let go what was held."""
        with self._turn:
            self.manner.held = False
            self._turn.notify_all()

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is under way; tell whether that came about."""
        with self._turn:
            return self._turn.wait_for(
                lambda: not self._under_way and (self.manner.held or not self._waiting), timeout
            )

    def close(self) -> None:
        """Deliver nothing any more."""
        with self._turn:
            self._closed = True
            self._waiting.clear()
            self._turn.notify_all()

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(
                    lambda: self._closed or (self._waiting and not self.manner.held)
                )
                if self._closed:
                    return
                batch, self._waiting = self._waiting, []
                self._under_way = len(batch)
            self._deliver(batch)
            with self._turn:
                self._under_way = 0
                self._turn.notify_all()

    def _deliver(self, batch: list[Json]) -> None:
        manner = self.manner
        posts = [
            (event, endpoint)
            for _ in range(manner.copies)
            for event in batch
            for endpoint in self.endpoints
        ]
        if manner.shuffled:
            random.Random(manner.seed).shuffle(posts)  # noqa: S311
        if manner.late_seconds:
            time.sleep(manner.late_seconds)
        with ThreadPoolExecutor(max_workers=max(1, manner.parallel)) as pool:
            list(pool.map(lambda post: self._post(*post), posts))

    def _post(self, event: Json, endpoint: Endpoint) -> None:
        body, header = signed(event, endpoint.secret)
        try:
            answer = self._session.post(
                endpoint.url,
                data=body,
                headers={
                    "Content-Type": "application/json; charset=utf-8",
                    "Stripe-Signature": header,
                },
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            return
        if answer.ok:
            self._delivered(event)
