from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_QUESTIONS = 20
# Words of a label or help by language; DEFAULT stands where a language is missing.
Words = Mapping[str, str]
DEFAULT = "default"


class QuestionType(StrEnum):
    """What may be answered."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    YES_NO = "yes_no"
    DATE = "date"
    EMAIL = "email"
    URL = "url"


CHOOSING = (QuestionType.CHOICE, QuestionType.CHOICES)
# How many characters an answer has at most: unless said, and as may be said.
USUAL_LENGTH = {QuestionType.TEXT: 200, QuestionType.LONG_TEXT: 5000}
LONGEST = {QuestionType.TEXT: 1000, QuestionType.LONG_TEXT: 20_000}


@dataclass(frozen=True)
class Option:
    """One thing to choose."""

    value: str
    label: Words


@dataclass(frozen=True)
class Question:
    """One question. ``most`` is a length, a number or a count of choices, by its type."""

    name: str
    type: QuestionType
    label: Words
    required: bool = False
    help: Words | None = None
    options: tuple[Option, ...] = ()
    least: float | None = None
    most: float | None = None

    @property
    def values(self) -> list[str]:
        """What may be chosen."""
        return [option.value for option in self.options]

    @property
    def most_characters(self) -> int:
        """How long a text may be."""
        return int(self.most or USUAL_LENGTH.get(self.type, 2000))

    def to_json(self) -> dict[str, Any]:
        """Give what is stored, and told to whoever shows the form."""
        facts = {
            "name": self.name,
            "type": self.type.value,
            "label": dict(self.label),
            "required": self.required,
            "help": dict(self.help) if self.help else None,
            "options": [{"value": each.value, "label": dict(each.label)} for each in self.options],
            "least": self.least,
            "most": self.most,
        }
        return {name: value for name, value in facts.items() if value not in (None, [])}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> "Question":
        """Read what ``to_json`` gave."""
        options = [Option(each["value"], each["label"]) for each in facts.get("options", [])]
        return cls(**{**facts, "type": QuestionType(facts["type"]), "options": tuple(options)})


def said_in(words: Words, language: str = "") -> str:
    """Give words in a language ("de-AT"), a near one ("de"), or as they were written first."""
    for tag in (language, language.split("-")[0], DEFAULT):
        if tag in words:
            return words[tag]
    return next(iter(words.values()), "")
