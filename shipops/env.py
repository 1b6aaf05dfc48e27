"""Typed reading of the environment.

Every name read here is remembered in ``KNOWN``, so that a test can hold the documentation to it.
"""

import os
from urllib.parse import unquote

from django.core.exceptions import ImproperlyConfigured

KNOWN: set[str] = set()

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Read a string; an unset name gives the default."""
    KNOWN.add(name)
    return os.environ.get(name, default)


def boolean(name: str, *, default: bool) -> bool:
    """Read 1/0, true/false, yes/no or on/off; refuse anything else."""
    KNOWN.add(name)
    raw = os.environ.get(name)
    if raw is None:
        return default
    word = raw.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0 (or true/false, yes/no, on/off)")


def integer(name: str, default: int, *, least: int = 0) -> int:
    """Read a whole number that is at least ``least``; refuse anything else."""
    KNOWN.add(name)
    raw = os.environ.get(name)
    if raw is None or not raw.strip():
        return default
    try:
        number = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}")
    return number


def names(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list; blanks around and between the names are dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def required(name: str, why: str) -> str:
    """Read a string that must be there; refuse to start without it, never showing its value."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why}")
    return value


def unquoted(part: str | None) -> str:
    """Undo the percent-encoding of a user name or password taken from an address."""
    return unquote(part or "")
