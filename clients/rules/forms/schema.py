"""A form as JSON Schema (draft 2020-12), for whoever fills it by program."""

from collections.abc import Iterable
from typing import Any

from clients.rules.forms.questions import Question, QuestionType, said_in

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_T = QuestionType
_FORMATS = {_T.DATE: "date", _T.EMAIL: "email", _T.URL: "uri"}


def answers_schema(questions: Iterable[Question]) -> dict[str, Any]:
    """Describe what ``check_answers`` takes, as far as JSON Schema can say it."""
    known = list(questions)
    return {
        "type": "object",
        "properties": {question.name: _property(question) for question in known},
        "required": [question.name for question in known if question.required],
        "additionalProperties": False,
    }


def _property(question: Question) -> dict[str, Any]:
    facts: dict[str, Any] = {"title": said_in(question.label)}
    if question.help:
        facts["description"] = said_in(question.help)
    return facts | _shape(question)


def _shape(question: Question) -> dict[str, Any]:
    if question.type == _T.YES_NO:
        return {"type": "boolean"}
    if question.type == _T.NUMBER:
        bounds = {"minimum": question.least, "maximum": question.most}
        return {"type": "number"} | {k: v for k, v in bounds.items() if v is not None}
    if question.type == _T.CHOICES:
        shape = {"type": "array", "items": {"enum": question.values}, "uniqueItems": True}
        shape |= {"minItems": 1} if question.required else {}
        return shape | ({"maxItems": question.most} if question.most is not None else {})
    if question.type == _T.CHOICE:
        return {"enum": [*question.values, *([] if question.required else [""])]}
    shape = {"type": "string"}
    shape |= {"minLength": 1} if question.required else {}
    if question.type in _FORMATS:
        return shape | {"format": _FORMATS[question.type]}
    return shape | {"maxLength": question.most_characters}
