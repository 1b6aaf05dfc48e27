"""Whether what was answered fits the questions. The same for every source."""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from clients.rules.forms.questions import Question, QuestionType, said_in
from core.errors import InvalidInput
from core.text import clean_text, is_blank

_T = QuestionType
_LONGEST_URL = 2000


def check_answers(questions: Iterable[Question], answers: Any) -> dict[str, Any]:
    """Give what is stored of the answers: what was left empty is left out.

    Raises InvalidInput naming the first field at fault, as ``answers.order_id``.
    """
    known = list(questions)
    if not isinstance(answers, Mapping):
        raise InvalidInput("Answers are an object: a value for each name.", field="answers")
    for name in answers:
        if name not in {question.name for question in known}:
            field = f"answers.{clean_text(str(name))[:40]}"
            raise InvalidInput("There is no such question.", field=field)
    for name, why in refusals_of(known, answers).items():
        raise InvalidInput(why, field=f"answers.{name}")
    return {
        question.name: _cleaned(answers[question.name])
        for question in known
        if not _is_empty(answers.get(question.name))
    }


def refusals_of(questions: Iterable[Question], answers: Mapping[str, Any]) -> dict[str, str]:
    """Say of each question what is wrong with its answer."""
    found = {}
    for question in questions:
        answer = answers.get(question.name)
        if _is_empty(answer):
            if question.required:
                found[question.name] = "This is needed."
        elif why := _wrong(question, answer):
            found[question.name] = why
    return found


def told(question: Question, answer: Any, language: str = "") -> str:
    """Give an answer as people read it."""
    if isinstance(answer, bool):
        return "Yes" if answer else "No"
    labels = {option.value: said_in(option.label, language) for option in question.options}
    chosen = answer if isinstance(answer, list) else [answer]
    return ", ".join(labels.get(each, str(each)) for each in chosen)


def _cleaned(answer: Any) -> Any:
    return clean_text(answer).strip() if isinstance(answer, str) else answer


def _is_empty(answer: Any) -> bool:
    if isinstance(answer, str):
        return is_blank(clean_text(answer))
    return answer is None or answer == []


def _wrong(question: Question, answer: Any) -> str:
    kind = question.type
    if kind == _T.YES_NO:
        return "" if isinstance(answer, bool) else "Answer yes or no: true or false."
    if kind == _T.NUMBER:
        return _wrong_number(question, answer)
    if kind == _T.CHOICES:
        return _wrong_choices(question, answer)
    if not isinstance(answer, str):
        return "Give a text."
    if kind == _T.CHOICE:
        return "" if answer in question.values else "Choose one of the options."
    return _wrong_text(question, _cleaned(answer))


def _wrong_text(question: Question, answer: str) -> str:
    if question.type == _T.DATE:
        return "" if _is_date(answer) else "Give a date as 2026-11-23."
    if question.type == _T.EMAIL:
        return "" if _is_email(answer) else "This is not a mail address."
    if question.type == _T.URL:
        return "" if _is_url(answer) else "Give an address that begins with http:// or https://."
    if len(answer) > question.most_characters:
        return f"At most {question.most_characters:,} characters, please."
    return ""


def _wrong_number(question: Question, answer: Any) -> str:
    # A truth is a number to Python, and to nobody else.
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return "Give a number."
    # A whole number may be too long for a float, and is none a person gives.
    if abs(answer) > 1e15 or not math.isfinite(answer):
        return "Give a number."
    if question.least is not None and answer < question.least:
        return f"At least {question.least:,}, please."
    if question.most is not None and answer > question.most:
        return f"At most {question.most:,}, please."
    return ""


def _wrong_choices(question: Question, answer: Any) -> str:
    if not isinstance(answer, list):
        return "Give a list of options."
    if any(not isinstance(each, str) or each not in question.values for each in answer):
        return "Choose of the options."
    if len(set(answer)) < len(answer):
        return "Choose each option once."
    if question.most is not None and len(answer) > question.most:
        return f"At most {question.most:,}, please."
    return ""


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    return usable and len(text) <= _LONGEST_URL
