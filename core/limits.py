"""Rate limits that hold across all web processes: one atomic statement per request."""

import hashlib
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from core.errors import LimitReached

_COUNT = """
INSERT INTO core_ratewindow AS w (key, "window", seen, expires_at) VALUES (%s, %s, 1, %s)
ON CONFLICT (key) DO UPDATE SET
    seen = CASE WHEN w."window" = EXCLUDED."window" THEN w.seen + 1 ELSE 1 END,
    "window" = EXCLUDED."window",
    expires_at = EXCLUDED.expires_at
RETURNING seen
"""


def check_limit(scope: str, who: str, *, most: int, seconds: int, now: datetime) -> int:
    """Count one more in the fixed window; gives how many are left in it.

    Raises LimitReached past ``most`` in ``seconds``. Call it outside a transaction, so that a
    refused request counts too.
    """
    window = int(now.timestamp()) // seconds
    ends = (window + 1) * seconds
    key = hashlib.sha256(f"{scope}\0{who}".encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT, [key, window, datetime.fromtimestamp(ends, UTC) + timedelta(seconds=seconds)]
        )
        (seen,) = cursor.fetchone()
    if seen > most:
        raise LimitReached(
            "Too many requests. Please try again shortly.",
            retry_after=max(1, ends - int(now.timestamp())),
        )
    return most - int(seen)


def client_address(request: HttpRequest) -> str:
    """Give the sender's address, counting back over the trusted proxies (TRUSTED_PROXIES).

    Each trusted proxy appends the address it saw to X-Forwarded-For; what stands left of those
    was written by the sender and is not believed.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies: int = settings.TRUSTED_PROXIES
    if proxies and len(hops) >= proxies and hops[-proxies]:
        return hops[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))
