"""Rate limits that hold across all web processes: one atomic statement per request."""

import hashlib
import threading
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

from core.errors import LimitReached
from core.statements import fetch_row

_COUNT = """
INSERT INTO core_ratewindow AS w (key, "window", seen, expires_at)
VALUES (%(key)s, %(window)s, %(amount)s, %(expires_at)s)
ON CONFLICT (key) DO UPDATE SET
    seen = CASE WHEN w."window" = EXCLUDED."window"
                THEN w.seen + EXCLUDED.seen ELSE EXCLUDED.seen END,
    "window" = EXCLUDED."window",
    expires_at = EXCLUDED.expires_at
RETURNING seen
"""
_MOST_AT_ONCE = 20
_MOST_HELD = 10_000


def check_limit(scope: str, who: str, *, most: int, seconds: int, now: datetime) -> int:
    """Count one more in the fixed window; gives how many are left in it.

    Raises LimitReached past ``most`` in ``seconds``. Call it outside a transaction, so that a
    refused request counts too.
    """
    return _taken(scope, who, 1, most=most, seconds=seconds, now=now)[1]


def _taken(
    scope: str, who: str, amount: int, *, most: int, seconds: int, now: datetime
) -> tuple[int, int]:
    """Count so many at once; gives how many of them are granted, and how many are left after."""
    window = int(now.timestamp()) // seconds
    terms = {
        "key": hashlib.sha256(f"{scope}\0{who}".encode()).hexdigest(),
        "window": window,
        "amount": amount,
        "expires_at": datetime.fromtimestamp((window + 2) * seconds, UTC),
    }
    row = fetch_row(_COUNT, terms)
    assert row is not None
    granted = min(amount, most - row[0] + amount)
    if granted <= 0:
        raise LimitReached(
            "Too many requests. Please try again shortly.",
            retry_after=seconds - int(now.timestamp()) % seconds,
        )
    return granted, max(0, most - row[0])


class Allowance:
    """A limit on what happens with every request: counted by the handful.

    Each process takes up to a hundredth of the limit from the shared count, and spends it without
    asking again. Never more than the limit pass; while several processes hold a rest, so many
    fewer do.
    """

    def __init__(self, scope: str, *, seconds: int) -> None:
        self._scope = scope
        self._seconds = seconds
        self._held: dict[str, tuple[int, int, int]] = {}  # window, granted, left after them
        self._lock = threading.Lock()

    def spend(self, who: str, *, most: int, now: datetime) -> int:
        """Count one more in the fixed window; gives how many are left in it, as far as known.

        Raises LimitReached past ``most``. Call it outside a transaction.
        """
        window = int(now.timestamp()) // self._seconds
        with self._lock:
            begun, granted, left = self._held.get(who, (window, 0, 0))
            if begun == window and granted:
                self._held[who] = (window, granted - 1, left)
                return granted - 1 + left
        handful = max(1, min(_MOST_AT_ONCE, most // 100))
        granted, left = _taken(self._scope, who, handful, most=most, seconds=self._seconds, now=now)
        with self._lock:
            if len(self._held) >= _MOST_HELD:
                self._held.clear()
            begun, more, _ = self._held.get(who, (window, 0, 0))
            kept = granted - 1 + (more if begun == window else 0)
            self._held[who] = (window, kept, left)
        return kept + left


def client_address(request: HttpRequest) -> str:
    """Give the sender's address, counting back over the trusted proxies (TRUSTED_PROXIES).

    Each trusted proxy appends the address it saw to X-Forwarded-For; what stands left of those
    was written by the sender and is not believed. Of an IPv6 address it is the /64: one customer
    has at least so many (RFC 6177), and could send from a new one each time.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies: int = settings.TRUSTED_PROXIES
    if proxies and len(hops) >= proxies and hops[-proxies]:
        return _network_of(hops[-proxies])
    return _network_of(str(request.META.get("REMOTE_ADDR", "")))


def _network_of(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))
