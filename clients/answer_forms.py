"""The fields of the portal's form for a project's own questions; the rules judge the answers."""

from typing import Any

from django import forms
from django.utils.html import escape

from clients.rules.forms import Question, QuestionType, refusals_of
from clients.rules.forms.questions import said_in

_T = QuestionType
_LANGUAGE = "en"
# More to choose than this is a list that opens.
_MOST_SHOWN = 6
# Portal and console show it by the same class.
_LOOK = {"class": "input"}
_YES_NO = {"true": True, "false": False}


class AnswersForm(forms.Form):
    """Answer what a project asks."""

    prefix = "answers"

    def __init__(self, *args: Any, questions: list[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        self.given: dict[str, Any] = {}
        for question in self.questions:
            self.fields[question.name] = forms.Field(
                label=said_in(question.label, _LANGUAGE),
                # The template shows it as it is.
                help_text=escape(said_in(question.help, _LANGUAGE)) if question.help else "",
                required=question.required,
                error_messages={"required": "This is needed."},
                widget=_widget(question),
            )

    def clean(self) -> dict[str, Any]:
        """Judge all answers by the rules that hold for every source."""
        cleaned = super().clean() or {}
        self.given = {
            question.name: _typed(question, cleaned.get(question.name))
            for question in self.questions
        }
        for name, why in refusals_of(self.questions, self.given).items():
            if name not in self.errors:
                self.add_error(name, why)
        return cleaned


def _widget(question: Question) -> forms.Widget:
    options = [(each.value, said_in(each.label, _LANGUAGE)) for each in question.options]
    if question.type == _T.YES_NO:
        return forms.RadioSelect(choices=[("true", "Yes"), ("false", "No")])
    if question.type == _T.CHOICES:
        return forms.CheckboxSelectMultiple(choices=options)
    if question.type == _T.CHOICE and len(options) <= _MOST_SHOWN:
        return forms.RadioSelect(choices=options)
    if question.type == _T.CHOICE:
        return forms.Select(choices=[("", ""), *options], attrs=_LOOK)
    if question.type == _T.LONG_TEXT:
        return forms.Textarea(attrs={"rows": 4, **_LOOK})
    kind, attrs = _INPUTS[question.type]
    return forms.TextInput(attrs={"type": kind, **_LOOK, **attrs})


# A number is typed as text, so that one that is none comes back as it was typed.
_INPUTS: dict[QuestionType, tuple[str, dict[str, str]]] = {
    _T.TEXT: ("text", {}),
    _T.NUMBER: ("text", {"inputmode": "decimal"}),
    _T.DATE: ("date", {}),
    _T.EMAIL: ("email", {"autocomplete": "off"}),
    _T.URL: ("url", {"autocomplete": "off"}),
}


def _typed(question: Question, raw: Any) -> Any:
    """Give what was typed as the value it means; what means none stays, to be refused."""
    if question.type == _T.YES_NO:
        return _YES_NO.get(raw, raw)
    if question.type == _T.NUMBER and isinstance(raw, str) and raw.strip():
        try:
            number = float(raw)
        except ValueError:
            return raw
        return int(number) if number.is_integer() else number
    return raw
