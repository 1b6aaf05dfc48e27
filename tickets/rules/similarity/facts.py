"""Exact signals of a report, kept beside its words as terms that no text makes."""

from collections.abc import Iterable
from typing import Final

# What two reports of one problem have in common, and how it is said; the strongest first. Values of
# other kinds of signals tell nothing about the problem.
FACT_KINDS: Final = {
    "fingerprint": "same error group",
    "trace": "same trace",
    "advisory": "same advisory",
    "page": "same page",
    "component": "same component",
    "release": "same release",
}
_CERTAIN: Final = ("fingerprint", "trace", "advisory")
_MARK: Final = "~"


def fact(kind: str, value: str) -> str:
    """Give the term of a signal."""
    return f"{_MARK}{kind} {value}"


def facts_of(signals: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Give the terms of the signals (kind, value) that count, the strongest kinds first."""
    order = list(FACT_KINDS)
    known = sorted((order.index(kind), value) for kind, value in signals if kind in FACT_KINDS)
    return tuple(fact(order[place], value) for place, value in known)


def is_fact(term: str) -> bool:
    """Tell whether a term is a signal."""
    return term.startswith(_MARK)


def kind_of(term: str) -> str:
    """Give the kind of signal that a term is."""
    return term[len(_MARK) :].partition(" ")[0]


def is_certain(term: str) -> bool:
    """Tell whether a term is a signal that hardly two problems share."""
    return is_fact(term) and kind_of(term) in _CERTAIN
