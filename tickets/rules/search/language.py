"""The query language: words, "phrases", -exclusion and field:value (docs/search.md)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from core.text import clean_text
from tickets.rules.signals import page_path
from tickets.rules.states import DONE, IN_TRIAGE, OPEN, ReportState, TicketState
from tickets.rules.words import Kind, Priority, Severity

MOST_CHARACTERS = 200
MOST_TERMS = 12
MOST_VALUES = 10
# Whatever separates words, by code points: what a server takes for a letter depends on its locale,
# and documents and queries must be cut alike (tickets.actions.documents cuts by the same signs).
SEPARATORS = (
    "\\x01-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\xa9\\xab-\\xb4\\xb6-\\xb9\\xbb-\\xbf"
    "\\u2000-\\u206f\\u2190-\\u2bff\\u3000-\\u3003\\u3008-\\u3020\\ufe30-\\ufe4f\\uff00-\\uff0f"
    "\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65\\ufeff"
)
MOST_WORD = 60

_BETWEEN = re.compile(f"[{SEPARATORS}]+")
_QUOTES = dict.fromkeys(map(ord, "“”„‟«»"), '"')  # noqa: RUF001
_PART = re.compile(
    r'(?P<minus>-*)(?:(?P<field>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))'
)
_NUMBER = re.compile(r"#?[0-9]{1,18}")


@dataclass(frozen=True)
class Term:
    """Words that must follow each other (one or more), or must not.

    The last word of a query is still being typed: what begins with it counts, too.
    """

    words: tuple[str, ...]
    is_excluded: bool = False
    is_prefix: bool = False
    is_quoted: bool = False

    @property
    def text(self) -> str:
        """The words as one reads them."""
        said = " ".join(self.words)
        return f"“{said}”" if self.is_quoted or len(self.words) > 1 else said


@dataclass(frozen=True)
class Filter:
    """A field and the values of which any will do; or, excluded, none.

    One whose value nobody knows has none, and nothing matches it.
    """

    field: str
    values: tuple[str, ...]
    is_excluded: bool = False

    @property
    def text(self) -> str:
        """The filter as one reads it."""
        said = " or ".join(value.replace("_", " ") for value in self.values)
        return f"{'not ' if self.is_excluded else ''}{self.field} {said}"


@dataclass(frozen=True)
class Asked:
    """What was understood of a query; what was not stands in ``problems``, in a sentence each."""

    terms: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()
    number: int | None = None
    # "#12" asks for the one; "12" may as well stand in a text.
    only_number: bool = False
    problems: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether it asks for nothing at all."""
        return not (self.terms or self.filters or self.number or self.problems)

    @property
    def understood(self) -> list[str]:
        """What it asks for, piece by piece, as one reads it."""
        said = [f"#{self.number}"] if self.only_number else []
        said += [term.text for term in self.terms if not term.is_excluded]
        said += [f"without {term.text}" for term in self.terms if term.is_excluded]
        return said + [filter.text for filter in self.filters if filter.values]


def _by_value(values: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {value.lower(): (value,) for value in values}


# A name of the language, and the states of tickets and reports that it stands for.
STATES: Mapping[str, tuple[str, ...]] = {
    **_by_value(state for state in ReportState if state not in ("accepted", "duplicate")),
    **_by_value(TicketState),
    "open": (*OPEN, *IN_TRIAGE),
    "done": (*DONE, ReportState.DECLINED),
    "triage": tuple(IN_TRIAGE),
    "progress": (TicketState.IN_PROGRESS,),
    "review": (TicketState.IN_REVIEW,),
    "waiting": (TicketState.WAITING, ReportState.ASKED),
    "fixed": (TicketState.SHIPPED, TicketState.VERIFIED),
}
_KNOWN: dict[str, Mapping[str, tuple[str, ...]]] = {
    "state": STATES,
    "severity": _by_value(Severity),
    "priority": _by_value(Priority),
    "kind": _by_value(Kind),
}
_IS = ("open", "done", "triage", "mine", "unassigned", "late", "urgent")
CLIENT_FIELDS: Mapping[str, frozenset[str]] = {
    **{name: frozenset(values) for name, values in _KNOWN.items()},
    "is": frozenset(_IS) - {"unassigned", "triage"},
    "page": frozenset(),
    "project": frozenset(),
}
STAFF_FIELDS: Mapping[str, frozenset[str]] = {
    **CLIENT_FIELDS,
    "is": frozenset(_IS),
    "client": frozenset(),
    "assignee": frozenset(),
}
_ALSO_CALLED = {"app": "project", "sev": "severity", "prio": "priority", "type": "kind"}


def words_of(text: str) -> list[str]:
    """Cut a text into its words, in lower case, each at most so long."""
    return [word[:MOST_WORD] for word in _BETWEEN.sub(" ", text).lower().split()]


def parse(text: str, fields: Mapping[str, frozenset[str]] = STAFF_FIELDS) -> Asked:
    """Read a query; any text is one, and nothing in it is an error.

    Its first 200 characters count, and of those so many terms. A field that is not in ``fields``
    is no field: it stands for its words.
    """
    typed = "".join(
        sign
        for sign in clean_text(text[: MOST_CHARACTERS * 5]).translate(_QUOTES)
        if unicodedata.category(sign) != "Cf"
    )[:MOST_CHARACTERS]
    if _NUMBER.fullmatch(typed.strip()):
        return _number(typed)
    read = _Reading(fields)
    for part in _PART.finditer(typed):
        at_end = part.end() == len(typed)
        read.add(part["minus"], part["field"] or "", part["quoted"], part["bare"] or "", at_end)
    return Asked(tuple(read.terms), tuple(read.merged()), problems=tuple(read.problems))


def _number(typed: str) -> Asked:
    bare = typed.strip()
    number = int(bare.lstrip("#"))
    if bare.startswith("#"):
        return Asked(number=number, only_number=True)
    return Asked(terms=(Term((bare,), is_prefix=not typed.endswith(" ")),), number=number)


@dataclass
class _Reading:
    """What was read so far."""

    fields: Mapping[str, frozenset[str]]
    terms: list[Term] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, minus: str, name: str, quoted: str | None, bare: str, at_end: bool) -> None:
        """Take in one part: a filter if its field is known, else words."""
        known = _ALSO_CALLED.get(name.lower(), name.lower())
        if known in self.fields:
            self._filter(known, quoted if quoted is not None else bare, bool(minus), at_end)
            return
        said = quoted if quoted is not None else bare
        words = words_of(f"{name} {said}" if name else said)
        if not words:
            return
        if len(self.terms) == MOST_TERMS:
            self._problem(f"Only the first {MOST_TERMS} words were looked for.")
            return
        typing = at_end and quoted is None and not minus and len(words) == 1
        # A word cut short by nothing but its length is not being typed.
        self.terms.append(
            Term(tuple(words[:MOST_TERMS]), bool(minus), typing, is_quoted=quoted is not None)
        )

    def _filter(self, name: str, said: str, is_excluded: bool, at_end: bool) -> None:
        given = [value.strip() for value in said.split(",") if value.strip()][:MOST_VALUES]
        if given:
            known = [found for value in given for found in self._values(name, value, at_end)]
            self.filters.append(Filter(name, tuple(known), is_excluded))

    def _values(self, name: str, value: str, at_end: bool) -> list[str]:
        """Give the values of the language that are meant; says so if there are none."""
        choices = self.fields[name]
        if name == "page":
            path = page_path(value) or page_path(f"/{value}")
            return [path] if path else []
        if not choices:
            return [" ".join(value.lower().split())]
        wanted = value.lower().replace("-", "_").replace(" ", "_")
        if wanted in choices:
            return [wanted]
        begun = sorted(choice for choice in choices if choice.startswith(wanted))
        if len(begun) == 1 or (begun and at_end):
            # Still being typed: it may become any of them.
            return begun
        self._problem(
            f"No {name} is called “{value[:40]}”. There are {', '.join(sorted(choices))}."
        )
        return []

    def _problem(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)

    def merged(self) -> Iterator[Filter]:
        """Give the filters, those of one field together: any of its values will do."""
        together: dict[tuple[str, bool], list[str]] = {}
        for each in self.filters:
            together.setdefault((each.field, each.is_excluded), []).extend(each.values)
        for (name, is_excluded), values in together.items():
            yield Filter(name, tuple(dict.fromkeys(values)), is_excluded)
