"""The origins (RFC 6454) whose pages may use a browser key."""

import re
from collections.abc import Iterable

from core.errors import InvalidInput

MOST_ORIGINS = 50
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(
    rf"(?P<scheme>https?)://(?P<host>(?P<wild>\*\.)?{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:]+\])"
    r"(?::(?P<port>\d{1,5}))?"
)
_OWN_MACHINE = {"localhost", "127.0.0.1", "[::1]"}
_USUAL_PORTS = {"http": "80", "https": "443"}


def read_origins(text: str) -> list[str]:
    """Give the origins of a text, one a line or parted by blanks or commas, each once.

    ``https://*.example.com`` means any one label before the rest. Raises InvalidInput, naming the
    one at fault: plain http is for one's own machine only.
    """
    found = dict.fromkeys(_read(each) for each in re.split(r"[\s,]+", text.strip()) if each)
    if not found:
        raise InvalidInput("Give at least one origin.", field="origins")
    if len(found) > MOST_ORIGINS:
        raise InvalidInput(f"At most {MOST_ORIGINS} origins, please.", field="origins")
    return list(found)


def is_allowed(origin: str, allowed: Iterable[str]) -> bool:
    """Tell whether pages of an origin, as a browser names it, may use the key."""
    scheme, _, rest = origin.lower().partition("://")
    label, _, parent = rest.partition(".")
    wild = f"{scheme}://*.{parent}" if label and parent else ""
    return any(each in (origin.lower(), wild) for each in allowed)


def _read(text: str) -> str:
    match = _ORIGIN.fullmatch(text.strip().rstrip("/").lower())
    if match is None:
        raise InvalidInput(
            f"“{text[:80]}” is no origin. Write it as https://app.example.com.", field="origins"
        )
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if scheme == "http" and host not in _OWN_MACHINE:
        raise InvalidInput(f"“{text[:80]}” must begin with https.", field="origins")
    if match["wild"] and host.count(".") < 2:
        raise InvalidInput(f"“{text[:80]}” would stand for too many sites.", field="origins")
    if port and int(port) > 65_535:
        raise InvalidInput(f"“{text[:80]}” has no such port.", field="origins")
    return f"{scheme}://{host}" + (f":{port}" if port and port != _USUAL_PORTS[scheme] else "")
