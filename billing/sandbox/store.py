"""What the sandbox remembers: its objects, as they are answered, by kind and id."""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from billing.sandbox.faults import no_such

Json = dict[str, Any]

# What Stripe's errors call an object, where it is not the kind itself.
_NOUNS = {"payment_intent": "payment_intent", "subscription_schedule": "subscription schedule"}


class Store:
    """Objects in the order in which they were made, kept in a file if one is named."""

    def __init__(self, path: Path | None = None) -> None:
        self.tables: dict[str, dict[str, Any]] = {}
        self.path = path
        if path is not None and path.exists():
            self.tables = json.loads(path.read_text(encoding="utf-8"))

    def add(self, thing: Json) -> Json:
        """Keep a new object."""
        self.tables.setdefault(thing["object"], {})[thing["id"]] = thing
        return thing

    def get(self, kind: str, key: str, *, param: str = "") -> Json:
        """Give an object; ``param`` is where the caller named it. Raises ApiFault without one."""
        found = self.find(kind, key)
        if found is None:
            raise no_such(_NOUNS.get(kind, kind.rpartition(".")[2]), key, param=param)
        return found

    def find(self, kind: str, key: str | None) -> Json | None:
        """Give an object, or None."""
        return self.tables.get(kind, {}).get(key or "")

    def all(self, kind: str, matches: Callable[[Json], bool] = lambda _: True) -> list[Json]:
        """Give the objects of a kind that match, oldest first."""
        return [thing for thing in list(self.tables.get(kind, {}).values()) if matches(thing)]

    def by_id(self, key: str) -> Json | None:
        """Give the object that an id names, of whatever kind."""
        return next((found for found in self._named(key)), None)

    def _named(self, key: str) -> Iterator[Json]:
        for kind, table in self.tables.items():
            if key in table and not kind.startswith("sandbox."):
                yield table[key]

    def save(self) -> None:
        """Write the file, whole or not at all."""
        if self.path is not None:
            draft = self.path.with_suffix(".draft")
            draft.write_text(json.dumps(self.tables), encoding="utf-8")
            draft.replace(self.path)


def new_id(prefix: str) -> str:
    """Give an id as Stripe's look."""
    return f"{prefix}_{secrets.token_hex(12)}"
