"""Say what was asked to PostgreSQL: a tsquery made of lexemes, each quoted, never of typed text."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tickets.rules.search.language import Term

# Notes of staff have the weight D; whoever asks for these three never meets a note.
PUBLIC_WEIGHTS = ":ABC"


@dataclass(frozen=True)
class Meaning:
    """What the dictionary makes of a term: its lexemes in order, None for a word too common.

    ``others`` are lexemes that will do as well: what begins with the word, or what it may have
    been meant to be.
    """

    term: Term
    lexemes: tuple[str | None, ...]
    others: tuple[str, ...] = field(default=())

    @property
    def is_too_common(self) -> bool:
        """Tell whether nothing of it is kept in documents."""
        return not self.others and all(lexeme is None for lexeme in self.lexemes)


def match_text(meanings: Sequence[Meaning], *, with_notes: bool) -> str:
    """Write the tsquery that has all of it; "" if nothing is asked of the words."""
    weights = "" if with_notes else PUBLIC_WEIGHTS
    parts = []
    for meaning in meanings:
        if said := _of(meaning, weights):
            parts.append(f"!({said})" if meaning.term.is_excluded else f"({said})")
    return " & ".join(parts)


def any_of(facets: Sequence[str]) -> str:
    """Write the tsquery that any of the facets matches."""
    return "(" + " | ".join(_quoted(facet) for facet in facets) + ")"


def _of(meaning: Meaning, weights: str) -> str:
    said, gap = "", 0
    for lexeme in meaning.lexemes:
        gap += 1
        if lexeme is None:
            continue
        said += f" <{min(gap, 16_384)}> " if said else ""
        said += _quoted(lexeme) + weights
        gap = 0
    others = [_quoted(lexeme) + weights for lexeme in meaning.others]
    return " | ".join([*([f"({said})"] if said else []), *others])


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
