"""A project's own questions: what may be written, what may be answered."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from clients.rules.forms import (
    Question,
    QuestionType,
    answers_schema,
    check_answers,
    read_form,
    told,
)
from clients.rules.forms.questions import said_in
from core.errors import InvalidInput

ALL = """
- {name: order, type: text, label: {en: Order, de-AT: Bestellung}, required: yes, most: 10}
- {name: story, type: long_text, label: "What came before?"}
- name: plan
  type: choice
  label: Plan
  options: [Free, {value: pro, label: {en: Professional, de: Profi}}]
- {name: parts, type: choices, label: Parts, options: [a, b, c], most: 2}
- {name: paid, type: number, label: Paid, least: 0.5, most: 1000}
- {name: again, type: yes_no, label: "Again?", required: true}
- {name: day, type: date, label: "Since when?", help: The first time}
- {name: mail, type: email, label: Mail}
- {name: page, type: url, label: Page}
"""
FINE: dict[str, Any] = {
    "order": "A-1", "story": "x\ny", "plan": "pro", "parts": ["a", "c"], "paid": 12.5,
    "again": False, "day": "2026-11-23", "mail": "kim@x.test", "page": "https://x.test/a",
}  # fmt: skip


def test_every_type_is_read_and_comes_back_from_what_is_stored() -> None:
    questions = read_form(ALL)
    assert [question.type for question in questions] == list(QuestionType)[:2] + [
        QuestionType(name)
        for name in ("choice", "choices", "number", "yes_no", "date", "email", "url")
    ]
    assert [Question.from_json(question.to_json()) for question in questions] == questions
    assert said_in(questions[0].label, "de-AT") == "Bestellung"
    assert said_in(questions[0].label, "fr") == "Order"
    assert said_in(questions[2].options[1].label, "de-CH") == "Profi"
    assert check_answers(questions, FINE) == FINE
    assert told(questions[2], "pro") == "Professional"
    assert told(questions[3], ["a", "c"]) == "a, c" and told(questions[5], False) == "No"


def test_words_that_look_like_truths_and_numbers_stay_words() -> None:
    (question,) = read_form("- {name: a, type: choice, label: 'On', options: [Yes, No, 1.0]}")
    assert question.values == ["Yes", "No", "1.0"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("name: x", "Line 1: The form is a list"),
        ("- name: x\n  type: text", "Line 1: “label” is missing"),
        ("- name: x\n  type: txt\n  label: X", "Line 2: “txt” is no type"),
        ("- name: X y\n  type: text\n  label: X", "Line 1: a name has lower-case"),
        ("- name: x\n  type: text\n  label: X\n  lable: Y", "Line 4: “lable” is not known"),
        ("- name: x\n  type: text\n  label: X\n  name: y", "Line 4: “name” stands here twice"),
        ("- name: x\n  type: text\n  label: X\n  required: maybe", "Line 4: say yes or no"),
        ("- name: x\n  type: text\n  label: X\n  most: 0", "Line 4: “most” is a whole number"),
        ("- name: x\n  type: text\n  label: X\n  least: 1", "has no “least”"),
        ("- name: x\n  type: date\n  label: X\n  most: 1", "has no “most”"),
        ("- {name: x, type: number, label: X, least: 2, most: 1}", "“least” is more than"),
        ("- {name: x, type: number, label: X, most: .inf}", "is no number"),
        ("- name: x\n  type: choice\n  label: X", "“options” is missing"),
        ("- {name: x, type: choice, label: X, options: [a]}", "give 2 to 50 options"),
        ("- {name: x, type: choice, label: X, options: [a, a]}", "an option “a” already"),
        ("- {name: x, type: text, label: X, options: [a, b]}", "only choice and choices"),
        ("- {name: x, type: text, label: X}\n- {name: x, type: text, label: X}", "Line 2: there"),
        ("- {name: x, type: text, label: {}}", "words are one text"),
        ("- {name: x, type: text, label: {EN: a}}", "“EN” is not known"),
        ("- {name: x, type: text, label: '  '}", "nothing can be seen"),
        ("- {name: x, type: text, label: " + "x" * 201 + "}", "at most 200 characters"),
        ("- &a {name: x, type: text, label: X}\n- *a", "anchors and aliases"),
        ("- !!python/object:os.system {name: x}", "tags"),
        ("[" * 50, "nested too deeply"),
        ("- {name: x", "Line "),
        ("- a\n---\n- b", "Line "),
        ("\n".join(f"- {{name: q{n}, type: text, label: X}}" for n in range(21)), "Line 21"),
        ("x" * 20_001, "At most 20,000"),
        ("- \x00", "cannot be stored"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(source: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_form(source)
    assert why in refused.value.message and refused.value.field == "source"


@given(st.text(max_size=300))
@example("- {name: x, type: choice, label: X, options: [a, b], required: yes}")
@example("? - :")
@example("- <<: *x")
def test_any_text_is_a_form_or_refused(source: str) -> None:
    try:
        questions = read_form(source)
    except InvalidInput as refusal:
        assert refusal.field == "source"
    else:
        assert len({question.name for question in questions}) == len(questions)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("order", ""), ("order", " \u200b"), ("order", None), ("order", "x" * 11), ("order", 3),
        ("plan", "Pro"), ("plan", ["pro"]), ("parts", "a"), ("parts", ["a", "a"]),
        ("parts", ["a", "b", "c"]), ("parts", [["a"]]), ("paid", "12"), ("paid", True),
        ("paid", 0), ("paid", 1001), ("paid", 10**400), ("paid", float("nan")),
        ("again", "yes"), ("again", None), ("day", "23.11.2026"), ("day", "2026-02-30"),
        ("mail", "kim"), ("page", "javascript:alert(1)"), ("page", "https://"),
        ("page", "http://[x"), ("other", "x"),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_answers(read_form(ALL), {**FINE, name: value})
    assert refused.value.field == f"answers.{name}"


def test_what_is_left_empty_is_left_out() -> None:
    given = {"order": " A-1 ", "again": True, "story": " ", "plan": "", "parts": [], "day": None}
    assert check_answers(read_form(ALL), given) == {"order": "A-1", "again": True}


@pytest.mark.parametrize("answers", [[], "x", None, 3])
def test_answers_are_an_object(answers: Any) -> None:
    with pytest.raises(InvalidInput):
        check_answers(read_form(ALL), answers)


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12),
    st.sampled_from([*FINE.values()]), st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=4),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*FINE, "other"]), _VALUES))
def test_what_is_kept_fits_the_schema(part: dict[str, Any]) -> None:
    questions = read_form(ALL)
    schema = Draft202012Validator(answers_schema(questions))
    schema.check_schema(schema.schema)
    sent = {**FINE, **part}
    try:
        kept = check_answers(questions, sent)
    except InvalidInput:
        return
    assert schema.is_valid(kept)
