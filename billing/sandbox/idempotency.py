"""Idempotency keys (docs: Idempotent requests): one key, one answer, for a day."""

from dataclasses import asdict, dataclass
from threading import Lock

from billing.sandbox.clock import DAY
from billing.sandbox.faults import ApiFault
from billing.sandbox.store import Json


@dataclass(frozen=True)
class Kept:
    """The answer that a key gives, what it was asked, and when."""

    request: list[str]
    status: int
    body: str
    at: int


class Keys:
    """The keys of the last 24 hours of the sandbox's clock, kept in a table of its store."""

    def __init__(self, table: dict[str, Json]) -> None:
        self._table = table
        self._busy: set[str] = set()
        # Not the world's: a key that is in use is refused at once, not when its call is over.
        self._lock = Lock()

    def begin(self, key: str, request: list[str], *, now: int) -> Kept | None:
        """Give the answer that was given before, or None to go on and ``end``.

        Raises ApiFault for a key that came with another request, is too long, or is being used.
        """
        if len(key) > 255:
            raise ApiFault(
                "Idempotency keys can be up to 255 characters.", kind="idempotency_error"
            )
        with self._lock:
            return self._begun(key, request, now)

    def _begun(self, key: str, request: list[str], now: int) -> Kept | None:
        if key in self._busy:
            raise ApiFault(
                "There is currently another in-progress request using this Idempotent Key.",
                status=409,
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        found = self._table.get(key)
        kept = Kept(**found) if found is not None and found["at"] > now - DAY else None
        if kept is not None and kept.request != request:
            raise ApiFault(
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}' if you meant to execute a "
                "different request.",
                kind="idempotency_error",
            )
        if kept is None:
            self._busy.add(key)
        return kept

    def end(self, key: str, kept: Kept | None) -> None:
        """Keep the answer; None forgets that the key came, as for a call that never began."""
        with self._lock:
            self._busy.discard(key)
            if kept is not None:
                self._table[key] = asdict(kept)
