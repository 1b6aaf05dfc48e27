"""Show where it was found: the words marked, and a piece of the text around them."""

import re
from collections.abc import Collection, Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tickets.rules.search.language import SEPARATORS

AROUND = 90
MOST_SHOWN = 240
# Stems agree with their words at least so far: what begins otherwise need not be looked up.
_SAME_BEGIN = 2

_WORD = re.compile(f"[^{SEPARATORS}\\s]+")


def marked_words(texts: Iterable[str], lexemes: Collection[str]) -> set[str]:
    """Give the words of the texts that may be a form of one of the lexemes, in lower case."""
    begins = tuple({lexeme[:_SAME_BEGIN] for lexeme in lexemes})
    if not begins:
        return set()
    found = (word.lower() for text in texts for word in _WORD.findall(text))
    return {word for word in found if word.startswith(begins)}


def mark(text: str, words: Collection[str]) -> SafeString:
    """Give a line as HTML with the words marked."""
    return _marked(text, words)


def excerpt(text: str, words: Collection[str]) -> SafeString:
    """Give the piece of a text around the first of the words as HTML, or its beginning."""
    first = next((m for m in _WORD.finditer(text) if m[0].lower() in words), None)
    start = max(0, first.start() - AROUND) if first else 0
    if start:
        space = text.find(" ", start, first.start() if first else None)
        start = space + 1 if space >= 0 else start
    piece = text[start : start + MOST_SHOWN]
    end = start + len(piece)
    if end < len(text) and (space := piece.rfind(" ")) > MOST_SHOWN // 2:
        piece = piece[:space]
    shown = _marked(" ".join(piece.split()), words)
    before, after = "… " if start else "", " …" if end < len(text) else ""
    return mark_safe(f"{before}{shown}{after}")  # noqa: S308 - escaped by _marked


def _marked(text: str, words: Collection[str]) -> SafeString:
    parts, last = [], 0
    for found in _WORD.finditer(text):
        if found[0].lower() in words:
            parts += [escape(text[last : found.start()]), f"<mark>{escape(found[0])}</mark>"]
            last = found.end()
    return mark_safe("".join([*parts, escape(text[last:])]))  # noqa: S308 - each part is escaped
