"""Turn a report into words: what was said, without templates, markup and machine output."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

LIMIT: Final = 12_000
TITLE_LIMIT: Final = 300
MOST_WORDS: Final = 2_500

# Every pattern here is one class or alternation repeated without nesting, so time grows linearly.
_CONTROL = re.compile(
    r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_TAG = re.compile(r"<[^<>\n]{1,200}>")
_MARKUP = re.compile(r"\{[a-zA-Z][^{}\n]{0,80}\}|\bh[1-6]\. |[*_~#`]{2,40}")
_ADDRESS = re.compile(
    r"\b(?:https?|ftp)://[^\s<>\"']{1,2000}"
    r"|\b[a-z0-9-]{1,63}\.(?:[a-z0-9-]{1,63}\.){0,3}(?:com|org|net|io|app|dev|co)\b(?:/[^\s<>\"']{0,500})?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’´`][^\W_]+)*|[.!?;:,()\n。！？；：，、…]")
_MACHINE = re.compile(
    r"\s*(?:user[- ]agent|vs ?code version|os version|modes|remote os|connection|build ?id|"
    r"application name|version|platform|browser|operating system|locale)\s*:.{20}"
    r"|\s*\||\s*at [\w.$<]+ ?\(|\s*file \"|\s*\d{4}-\d\d-\d\d[t ]\d\d:\d\d",
    re.IGNORECASE,
)
_FIELD = re.compile(r"\s*(?:issue )?(?:type|kind|category|tipo)\s*:", re.IGNORECASE)
_EXPECTED = re.compile(
    r"\W{0,6}(?:h\d\. )?(?:expected|erwartet|esperado|resultado esperado|comportamiento esperado|"
    r"attendu|résultat attendu|comportement attendu|atteso|risultato atteso|verwacht|ожидаем|"
    r"oczekiwan|beklenen|预期|期望|期待|예상|기대)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"\W{0,6}(?:h\d\. )?[^\n:]{1,40}:\s*$|\s*h\d\. |\s*#{1,6} ")
_KEPT_SUFFIXES = frozenset({"t", "s", "m", "re", "ve", "ll", "d"})
_SENTENCE_ENDS = frozenset(".!?;\n。！？；…")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its searchable form, where it stands in the zone's text, and what precedes it.

    pause is 0 inside a clause, 1 after a comma or the like, 2 after the end of a sentence.
    """

    form: str
    start: int
    end: int
    pause: int


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of the report and how much its words weigh."""

    name: str
    text: str
    words: tuple[Word, ...]


def printable(text: str, limit: int = LIMIT) -> str:
    """Cut to the limit and replace what cannot be stored or shown by spaces; lines stay."""
    cut = text[:limit].replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(" ", _SURROGATE.sub(" ", cut))


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """Lower case without accents, so that one spelling in the lexicon finds all of them."""
    if word.isascii():
        return word.lower()
    lowered = (
        word.casefold().replace("ı", "i").replace("ł", "l").replace("ø", "o").replace("đ", "d")
    )
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c)
    )
    return unicodedata.normalize("NFC", bare)


def _is_unspaced(char: str) -> bool:
    """Whether the script writes words without dependable spaces (Han, kana, Hangul)."""
    code = ord(char)
    return 0x2E80 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7AF or 0xF900 <= code <= 0xFAFF


def _pieces(run: str, start: int) -> list[tuple[str, int, int]]:
    """Split a run of letters: at apostrophes, and into single signs where words have no spaces."""
    parts = re.split(r"['’´`]", run)
    if len(parts) > 1:
        if all(fold(part) in _KEPT_SUFFIXES for part in parts[1:]):
            tail = "" if fold(parts[-1]) == "s" else "".join(parts[1:])
            return [(fold(parts[0] + tail), start, start + len(run))]
        found = []
        for part in parts:
            found.extend(_pieces(part, start))
            start += len(part) + 1
        return found
    if run.isascii() or not any(_is_unspaced(char) for char in run):
        return [(fold(run), start, start + len(run))]
    found = []
    begin = 0
    for place, char in enumerate(run):
        if _is_unspaced(char):
            if begin < place:
                found.append((fold(run[begin:place]), start + begin, start + place))
            found.append((fold(char), start + place, start + place + 1))
            begin = place + 1
    if begin < len(run):
        found.append((fold(run[begin:]), start + begin, start + len(run)))
    return found


def split_words(text: str) -> tuple[Word, ...]:
    """Cut a text into words with their places."""
    words: list[Word] = []
    pause = 2
    for match in _WORD.finditer(text):
        run = match.group()
        if not run[0].isalnum():
            # A dot inside a name or a single line break does not end a sentence.
            if run == "." and match.end() < len(text) and text[match.end()].isalnum():
                continue
            if run == "\n":
                blank = text[match.end() : match.end() + 1] in ("\n", "")
                pause = max(pause, 2 if blank else 1)
            else:
                pause = max(pause, 2 if run in _SENTENCE_ENDS else 1)
            continue
        for form, start, end in _pieces(run, match.start()):
            if len(words) == MOST_WORDS:
                return tuple(words)
            if form:
                words.append(Word(form, start, end, pause))
                pause = 0
    return tuple(words)


def _zone(name: str, text: str) -> Zone:
    return Zone(name, text, split_words(text))


def split_zones(title: str, text: str, page_url: str) -> tuple[Zone, ...]:
    """Sort a report into title, body, what was expected, code and page address."""
    body: list[str] = []
    expected: list[str] = []
    code: list[str] = []
    fields: list[str] = []
    place = body
    in_code = in_details = False
    for line in printable(text).split("\n"):
        lowered = line.lower()
        if "<details" in lowered:
            in_details = True
        if in_details:
            in_details = "</details>" not in lowered
            continue
        fences = lowered.count("{code") + lowered.count("{noformat") + lowered.count("```")
        if fences % 2:
            in_code = not in_code
        if in_code or fences:
            code.append(_clean(line))
            continue
        if _MACHINE.match(line):
            continue
        if _FIELD.match(line):
            fields.append(_clean(line))
            continue
        if _EXPECTED.match(line):
            place = expected
        elif _HEADING.match(line):
            place = body
        place.append(_clean(line))
    return (
        _zone("title", _clean(printable(title, TITLE_LIMIT).replace("\n", " "))),
        _zone("body", "\n".join(body)),
        _zone("expected", "\n".join(expected)),
        _zone("field", "\n".join(fields)),
        _zone("code", "\n".join(code)),
        _zone("page", re.sub(r"[^\w]+", " ", printable(page_url, TITLE_LIMIT))),
    )


def _clean(line: str) -> str:
    return _MARKUP.sub(" ", _TAG.sub(" ", _ADDRESS.sub(" ", line)))
