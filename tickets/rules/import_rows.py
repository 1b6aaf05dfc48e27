"""Reading one row of a file of old reports, whatever its columns are called."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from core.errors import InvalidInput

MOST_KEY = 200
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

# The first column that is there and not empty counts.
COLUMNS = {
    "key": ("id", "key"),
    "title": ("title", "subject", "summary"),
    "text": ("text", "body", "description", "message"),
    "created": ("created", "created_at", "received_at", "date"),
    "page_url": ("page_url", "page"),
    "user_agent": ("user_agent",),
    "device": ("device",),
    "release": ("release", "version"),
    "claimed_severity": ("claimed_severity",),
    "email": ("email", "reporter_email"),
    "name": ("name", "reporter_name"),
}


@dataclass(frozen=True)
class ImportRow:
    """An old report: its texts, when it was made, and the key that makes it come only once."""

    key: str
    texts: Mapping[str, str]
    created_at: datetime | None


def read_row(row: Any, *, now: datetime) -> ImportRow:
    """Find the columns we know; the others are left out. Without a text, the title is the text.

    Raises InvalidInput, naming the field, for anything but an object of texts, and for a date
    before 1990 or after ``now``.
    """
    if not isinstance(row, Mapping):
        raise InvalidInput("The line is no object with named fields.")
    flat = {**row, **_reporter(row.get("reporter"))}
    texts = {column: _text(flat, column, names) for column, names in COLUMNS.items()}
    texts["text"] = texts["text"] if texts["text"].strip() else texts["title"]
    created = _instant(texts.pop("created"), now)
    return ImportRow(_key(texts.pop("key"), texts, created), texts, created)


def _reporter(value: Any) -> dict[str, Any]:
    """Read the reporter: an object of e-mail and name, or either as a text."""
    if value is None or value == "":
        return {}
    if isinstance(value, Mapping):
        return {name: value[name] for name in ("email", "name") if name in value}
    if isinstance(value, str):
        return {"email" if "@" in value else "name": value}
    raise InvalidInput("The reporter is no text and no object.", field="reporter")


def _text(row: Mapping[str, Any], column: str, names: tuple[str, ...]) -> str:
    for name in names:
        value = row.get(name)
        if value is None or value == "":
            continue
        if column == "key" and isinstance(value, int) and not isinstance(value, bool):
            return str(value) if abs(value) < 10**100 else f"{value:x}"
        if not isinstance(value, str):
            raise InvalidInput("This is no text.", field=name)
        return value
    return ""


def _instant(text: str, now: datetime) -> datetime | None:
    """Read an ISO 8601 date or time; without a zone it is UTC."""
    if not text:
        return None
    try:
        found = parse_datetime(text.strip())
        if found is None:
            day = parse_date(text.strip())
            found = datetime.combine(day, time(), UTC) if day else None
        if found is None:
            raise ValueError
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        if found > now:
            raise InvalidInput("This lies in the future.", field="created")
        if found < EARLIEST:
            raise InvalidInput("This lies before 1990.", field="created")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(
            "Write a date as 2026-05-31 or 2026-05-31T10:32Z.", field="created"
        ) from None


def _key(key: str, texts: Mapping[str, str], created: datetime | None) -> str:
    """Give the row's own key, or one made from its content; what cannot be stored is hashed."""
    if key and len(key) <= MOST_KEY and key.isprintable():
        return key
    content = key or json.dumps([texts, created and created.isoformat()], sort_keys=True)
    return "sha256:" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
