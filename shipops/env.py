"""Typed reading of the environment.

Every name read here is remembered in ``KNOWN``, so that a test can hold the documentation to it.
"""

import os
import secrets
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

KNOWN: set[str] = set()
MAIL_PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}

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


def integer(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Read a whole number from ``least`` to ``most``; refuse anything else."""
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
    if most is not None and number > most:
        raise ImproperlyConfigured(f"{name} must be at most {most}")
    return number


def names(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list; blanks around and between the names are dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def required(name: str, why: str, default: str = "") -> str:
    """Read a string that must be there; refuse to start without it."""
    value = text(name, default)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why}")
    return value


def address(
    name: str, default: str = "", *, schemes: Collection[str], example: str, why: str = ""
) -> str:
    """Read an address of one of the schemes, which must be there if ``why`` says so.

    A refusal never shows the value: it may have a password in it.
    """
    value = required(name, why, default) if why else text(name, default)
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        whole = parts.scheme in schemes and (parts.hostname or parts.scheme == "unix")
        _ = parts.port  # a ValueError unless it is one
    except ValueError:
        whole = False
    if not whole:
        raise ImproperlyConfigured(f"{name} must read {example}")
    return value


def time_zone(name: str, default: str) -> str:
    """Read the name of an IANA time zone."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # no such zone, or no name of one
        raise ImproperlyConfigured(f"{name} must name a time zone, like {default}") from None
    return value


def kept_secret(path: Path) -> str:
    """Give the random key of this checkout, so that sessions outlive a restart."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        draft.rename(path)
    return path.read_text()


def unquoted(part: str | None) -> str:
    """Undo the percent-encoding of a user name or password taken from an address."""
    return unquote(part or "")
