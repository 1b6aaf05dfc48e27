"""What a page captures beside a report, put into its shape: nothing else of it is kept."""

from collections.abc import Mapping
from typing import Any

from core.text import clean_text

MOST_OF_EACH = 20
_LONGEST = 500
_FACTS = {
    "browser": 300, "viewport": 40, "screen": 40, "language": 35, "time_zone": 60,
    "referrer": 500, "title": 200, "captured_at": 40,
}  # fmt: skip
_LISTS: dict[str, tuple[str, ...]] = {
    "console": ("level", "text", "at"),
    "requests": ("method", "path", "status", "at"),
    "clicks": ("target", "at"),
}
# Beside id, mail address and name: what the page says of the person, as a plan or a role.
MOST_TRAITS = 20


def read_context(captured: Mapping[str, Any]) -> dict[str, Any]:
    """Give the facts and lists that are known, each bounded, of lists the newest."""
    found: dict[str, Any] = {}
    for name, longest in _FACTS.items():
        if text := _text(captured.get(name), longest):
            found[name] = text
    for name, parts in _LISTS.items():
        rows = captured.get(name)
        if isinstance(rows, list) and (kept := [_row(row, parts) for row in rows[-MOST_OF_EACH:]]):
            found[name] = [row for row in kept if row]
    return {name: value for name, value in found.items() if value}


def read_user(said: Mapping[str, Any]) -> dict[str, str]:
    """Give what a page says of who uses it, as texts: ``id``, ``email``, ``name`` and traits."""
    texts = {_text(name, 40): _text(value, 200) for name, value in said.items()}
    first = {name: texts.pop(name) for name in ("id", "email", "name") if texts.get(name)}
    traits = [(name, text) for name, text in texts.items() if name and text and name != "signed"]
    return {**first, **dict(traits[:MOST_TRAITS])}


def _row(row: Any, parts: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(row, Mapping):
        return {}
    texts = {part: _text(row.get(part), _LONGEST) for part in parts}
    return {part: text for part, text in texts.items() if text}


def _text(value: Any, longest: int) -> str:
    """Give a text or a number as a text; nothing else is one."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return clean_text(str(value)).strip()[:longest]
    return ""
