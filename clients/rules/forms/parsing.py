"""Reading the questions as somebody wrote them, in YAML, and saying in which line it is wrong.

Every scalar is read as text: ``[Yes, No]`` are two words here, not two truths. Nothing is built
from tags, and aliases are refused, so that a few lines cannot unfold into millions.
"""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import yaml

from clients.rules.forms.questions import (
    CHOOSING,
    DEFAULT,
    LONGEST,
    MOST_QUESTIONS,
    USUAL_LENGTH,
    Option,
    Question,
    QuestionType,
    Words,
)
from core.errors import InvalidInput
from core.text import clean_text, is_blank

MOST_SOURCE = 20_000
MOST_OPTIONS = 50
_DEEPEST = 6
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_LONGEST_LABEL, _LONGEST_HELP, _LONGEST_VALUE = 200, 500, 100
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
_FACTS = ("name", "type", "label", "required", "help", "options", "least", "most")


def read_form(source: str) -> list[Question]:
    """Read a form's questions. Raises InvalidInput, naming the line, for what is wrong in it."""
    if len(source) > MOST_SOURCE:
        raise InvalidInput(f"At most {MOST_SOURCE:,} characters, please.", field="source")
    if clean_text(source) != source.replace("\r\n", "\n"):
        raise InvalidInput("This has characters that cannot be stored.", field="source")
    try:
        _bound(source)
        root = yaml.compose(source, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _refuse(mark, f"{error.problem or error.context or 'this is no YAML'}.")
    except yaml.YAMLError:
        raise InvalidInput("This is no YAML.", field="source") from None
    if root is None:
        return []
    nodes = _items(root, "The form is a list of questions, each beginning with “- name: …”.")
    if len(nodes) > MOST_QUESTIONS:
        _refuse(nodes[MOST_QUESTIONS], f"at most {MOST_QUESTIONS} questions, please.")
    questions: list[Question] = []
    for node in nodes:
        question = _question(node)
        if question.name in {each.name for each in questions}:
            _refuse(node, f"there is a question “{question.name}” already.")
        questions.append(question)
    return questions


def _bound(source: str) -> None:
    """Refuse aliases, tags and deep nesting before anything is built."""
    depth = 0
    for event in yaml.parse(source, Loader=yaml.BaseLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse(event.start_mark, "anchors and aliases (& and *) are not taken.")
        if getattr(event, "tag", None):
            _refuse(event.start_mark, "tags (!) are not taken.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                _refuse(event.start_mark, "this is nested too deeply.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _question(node: yaml.Node) -> Question:
    facts = _facts(node)
    name = _text(_wanted(facts, "name", node), most=40)
    if not _NAME.fullmatch(name):
        _refuse(facts["name"], "a name has lower-case letters, digits and _, as in “order_id”.")
    kind = _type(_wanted(facts, "type", node))
    bounds = _bounds(facts, kind)
    return Question(
        name=name,
        type=kind,
        label=_words(_wanted(facts, "label", node), _LONGEST_LABEL),
        required=_truth(facts["required"]) if "required" in facts else False,
        help=_words(facts["help"], _LONGEST_HELP) if "help" in facts else None,
        options=_options(facts, kind, node),
        least=bounds.get("least"),
        most=bounds.get("most"),
    )


def _type(node: yaml.Node) -> QuestionType:
    text = _text(node, most=40)
    if text not in list(QuestionType):
        _refuse(node, f"“{text}” is no type; there are {', '.join(QuestionType)}.")
    return QuestionType(text)


def _options(
    facts: dict[str, yaml.Node], kind: QuestionType, whole: yaml.Node
) -> tuple[Option, ...]:
    if kind not in CHOOSING:
        if "options" in facts:
            _refuse(facts["options"], f"only {' and '.join(CHOOSING)} have options.")
        return ()
    nodes = _items(_wanted(facts, "options", whole), "options are a list, as in [Free, Pro].")
    if not 2 <= len(nodes) <= MOST_OPTIONS:
        _refuse(facts["options"], f"give 2 to {MOST_OPTIONS} options.")
    options: list[Option] = []
    for node in nodes:
        option = _option(node)
        if option.value in {each.value for each in options}:
            _refuse(node, f"there is an option “{option.value}” already.")
        options.append(option)
    return tuple(options)


def _option(node: yaml.Node) -> Option:
    if isinstance(node, yaml.ScalarNode):
        text = _text(node, most=_LONGEST_VALUE)
        return Option(text, {DEFAULT: text})
    facts = dict(_pairs(node, ("value", "label")))
    value = _text(_wanted(facts, "value", node), most=_LONGEST_VALUE)
    label = _words(facts["label"], _LONGEST_LABEL) if "label" in facts else {DEFAULT: value}
    return Option(value, label)


def _bounds(facts: dict[str, yaml.Node], kind: QuestionType) -> dict[str, float]:
    """Read least and most, which mean a number, a length or a count."""
    found: dict[str, float] = {}
    for name in ("least", "most"):
        if name not in facts:
            continue
        if kind != QuestionType.NUMBER and (name == "least" or kind not in _COUNTS):
            _refuse(facts[name], f"a question of the type {kind} has no “{name}”.")
        found[name] = _number(facts[name])
        if kind in _COUNTS:
            highest = LONGEST.get(kind, MOST_OPTIONS)
            if found[name] != int(found[name]) or not 1 <= found[name] <= highest:
                _refuse(facts[name], f"“{name}” is a whole number from 1 to {highest:,}.")
            found[name] = int(found[name])
    if found.get("least", -math.inf) > found.get("most", math.inf):
        _refuse(facts["least"], "“least” is more than “most”.")
    return found


_COUNTS = (*USUAL_LENGTH, QuestionType.CHOICES)


def _facts(node: yaml.Node) -> dict[str, yaml.Node]:
    return dict(_pairs(node, _FACTS))


def _pairs(node: yaml.Node, known: tuple[str, ...]) -> Iterator[tuple[str, yaml.Node]]:
    """Give the entries of a mapping, each known and there once."""
    yield from _each_pair(node, lambda name: name in known, f"there are {', '.join(known)}")


def _each_pair(
    node: yaml.Node, is_known: Callable[[str], bool], hint: str
) -> Iterator[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        _refuse(node, f"here belong “name: value” lines; {hint}.")
    seen = set()
    for key, value in node.value:
        name = _text(key, most=40)
        if not is_known(name):
            _refuse(key, f"“{name}” is not known here; {hint}.")
        if name in seen:
            _refuse(key, f"“{name}” stands here twice.")
        seen.add(name)
        yield name, value


def _wanted(facts: dict[str, yaml.Node], name: str, whole: yaml.Node) -> yaml.Node:
    if name not in facts:
        _refuse(whole, f"“{name}” is missing.")
    return facts[name]


def _items(node: yaml.Node, hint: str) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        _refuse(node, hint)
    return list(node.value)


def _words(node: yaml.Node, most: int) -> Words:
    """Read words, or the same words by language, of which the first stand in for the others."""
    if isinstance(node, yaml.ScalarNode):
        return {DEFAULT: _text(node, most=most)}
    hint = "words are one text, or texts by language: {en: Order, de: Bestellung}"
    pairs = _each_pair(node, lambda tag: bool(_LANGUAGE.fullmatch(tag)), hint)
    words = {tag: _text(value, most=most) for tag, value in pairs}
    if not words:
        _refuse(node, f"{hint}.")
    return {DEFAULT: next(iter(words.values())), **words}


def _text(node: yaml.Node, *, most: int) -> str:
    if not isinstance(node, yaml.ScalarNode):
        _refuse(node, "here belongs one text.")
    text = " ".join(str(node.value).split())
    if is_blank(text):
        _refuse(node, "here nothing can be seen.")
    if len(text) > most:
        _refuse(node, f"at most {most} characters, please.")
    return text


def _truth(node: yaml.Node) -> bool:
    text = _text(node, most=40).lower()
    if text not in _TRUTHS:
        _refuse(node, "say yes or no.")
    return _TRUTHS[text]


def _number(node: yaml.Node) -> float:
    text = _text(node, most=40)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e15:
        _refuse(node, f"“{text}” is no number.")
    return int(number) if number == int(number) else number


def _refuse(at: Any, why: str) -> NoReturn:
    mark = getattr(at, "start_mark", at)
    line = f"Line {mark.line + 1}: " if mark else ""
    raise InvalidInput(f"{line}{why}", field="source") from None
