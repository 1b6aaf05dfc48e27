"""Everything that one sandbox knows, and the events it tells."""

import copy
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

import stripe
from stripe import StripeObject

from billing.sandbox.clock import Clock
from billing.sandbox.deliveries import Deliveries
from billing.sandbox.failures import Failures
from billing.sandbox.idempotency import Keys
from billing.sandbox.listing import presented
from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json, Store, new_id

API_VERSION = str(stripe.api_version)


@dataclass(frozen=True)
class Call:
    """One request as it came, for whoever wants to know what was asked."""

    method: str
    path: str
    key: str
    status: int


@dataclass
class Habits:
    """What an account's settings decide at Stripe."""

    # Days after a failed payment on which it is tried again, and what becomes of the subscription.
    retry_days: tuple[int, ...] = (3, 5, 7)
    after_retries: str = "unpaid"
    # Days after its due date that an invoice sent to the customer is waited for.
    overdue_days: int = 30
    # What Stripe Tax finds, where it is asked.
    tax_percent: int = 19
    country: str = "DE"
    name: str = "ShipOps"


class World:
    """One account at the sandbox. Whoever reads or changes it holds ``lock``."""

    def __init__(self, *, start: int | None = None, path: Path | None = None) -> None:
        self.lock = RLock()
        self.store = Store(path)
        self.clock = Clock(start, ahead=self._own("clock").get("ahead", 0))
        self.failures = Failures()
        self.keys = Keys(self._own("key"))
        self.habits = Habits()
        self.calls: deque[Call] = deque(maxlen=10_000)
        self.base = ""
        # The second up to which everything that fell due has happened.
        self.caught_up_to = -1
        # The request that is being answered: its id and its idempotency key.
        self.request: tuple[str | None, str | None] = (None, None)
        self.deliveries = Deliveries(self._delivered)

    def now(self) -> int:
        """Tell the present second of the sandbox's clock."""
        return self.clock.now()

    def make(self, kind: type[StripeObject], prefix: str, values: Json) -> Json:
        """Keep a new object in the shape of its kind."""
        common = {"id": new_id(prefix), "created": self.now(), "livemode": False}
        known = {name: value for name, value in common.items() if name in kind.__annotations__}
        noun = str(kind.__dict__["OBJECT_NAME"])
        return self.store.add(shaped(kind, {**known, "object": noun, **values}))

    def notes(self, thing: Json) -> Json:
        """Give what the sandbox knows of an object without telling it."""
        notes: Json = self._own("note").setdefault(thing["id"], {})
        return notes

    def _own(self, noun: str) -> Json:
        """Give a table of what is the sandbox's own, beside Stripe's objects."""
        return self.store.tables.setdefault(f"sandbox.{noun}", {})

    def save(self) -> None:
        """Write everything to the file, if there is one; whoever calls holds ``lock``."""
        self._own("clock")["ahead"] = self.clock.ahead
        self.store.save()

    def emit(self, name: str, thing: Json, previous: Json | None = None) -> None:
        """Tell an event about an object as it is now."""
        data: Json = {"object": presented(thing, self, [])}
        if previous is not None:
            data["previous_attributes"] = previous
        request_id, key = self.request
        event = self.make(
            stripe.Event,
            "evt",
            {
                "api_version": API_VERSION,
                "data": data,
                "pending_webhooks": len(self.deliveries.endpoints),
                "request": {"id": request_id, "idempotency_key": key},
                "type": name,
            },
        )
        self.deliveries.add(event)

    @contextmanager
    def changing(self, thing: Json, name: str) -> Iterator[None]:
        """Tell an event with what was before, if the object changes inside."""
        before = copy.deepcopy(thing)
        yield
        previous = {
            field: before.get(field)
            for field in {*before, *thing}
            if before.get(field) != thing.get(field)
        }
        if previous:
            self.emit(name, thing, previous)

    def _delivered(self, event: Json) -> None:
        with self.lock:
            event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)

    def close(self) -> None:
        """End what runs beside."""
        self.deliveries.close()


def merged_metadata(present: Json | None, given: Any) -> Json:
    """Give metadata after an update; an empty value takes a key away, an empty whole all."""
    if given == "":
        return {}
    whole = {**(present or {}), **(given or {})}
    return {key: value for key, value in whole.items() if value != ""}
