"""A project's own questions: how they are written, what may be answered, and as JSON Schema."""

from clients.rules.forms.answers import check_answers, refusals_of, told
from clients.rules.forms.parsing import read_form
from clients.rules.forms.questions import MOST_QUESTIONS, Option, Question, QuestionType, Words
from clients.rules.forms.schema import answers_schema

__all__ = [
    "MOST_QUESTIONS",
    "Option",
    "Question",
    "QuestionType",
    "Words",
    "answers_schema",
    "check_answers",
    "read_form",
    "refusals_of",
    "told",
]
