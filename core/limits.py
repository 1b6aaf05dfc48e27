"""Rate limits that hold across all web processes: one atomic statement per request."""

import hashlib
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.errors import LimitReached
from core.statements import fetch_row

# One row for each row of what follows SELECT …: part of a larger statement, or a statement itself.
COUNT_ONE = """
INSERT INTO core_ratewindow AS w (key, "window", seen, expires_at)
SELECT %(limit_key)s, %(limit_window)s, 1, %(limit_expires_at)s {source}
ON CONFLICT (key) DO UPDATE SET
    seen = CASE WHEN w."window" = EXCLUDED."window" THEN w.seen + 1 ELSE 1 END,
    "window" = EXCLUDED."window",
    expires_at = EXCLUDED.expires_at
RETURNING seen
"""
_COUNT = COUNT_ONE.format(source="")


def check_limit(scope: str, who: str, *, most: int, seconds: int, now: datetime) -> int:
    """Count one more in the fixed window; gives how many are left in it.

    Raises LimitReached past ``most`` in ``seconds``. Call it outside a transaction, so that a
    refused request counts too.
    """
    row = fetch_row(_COUNT, count_terms(scope, who, seconds=seconds, now=now))
    assert row is not None
    return left_of(row[0], most=most, seconds=seconds, now=now)


def count_terms(scope: str, who: str, *, seconds: int, now: datetime) -> dict[str, Any]:
    """Give the parameters of COUNT_ONE."""
    window = int(now.timestamp()) // seconds
    forgotten = datetime.fromtimestamp((window + 2) * seconds, UTC)
    return {
        "limit_key": hashlib.sha256(f"{scope}\0{who}".encode()).hexdigest(),
        "limit_window": window,
        "limit_expires_at": forgotten,
    }


def left_of(seen: int, *, most: int, seconds: int, now: datetime) -> int:
    """Give how many are left after ``seen``; raises LimitReached if it is past ``most``."""
    if seen > most:
        raise LimitReached(
            "Too many requests. Please try again shortly.",
            retry_after=seconds - int(now.timestamp()) % seconds,
        )
    return most - seen


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
