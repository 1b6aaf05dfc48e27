"""What an answer has that the library's types do not know, or lacks, or says in other words.

The types name each field, whether it may be null, and the words it may say. Which fields may be
left out they do not tell: that stands in ``billing.sandbox.optional_fields``.
"""

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from stripe import ListObject, StripeObject
from stripe._object_classes import OBJECT_CLASSES, get_object_class
from stripe._stripe_object import UntypedStripeObject

from billing.sandbox.optional_fields import OPTIONAL

# Stripe's library for Node has both marks at these (`field?: … | null`).
_NULL_OR_LEFT_OUT = {
    f"Customer.{name}"
    for name in ("address", "currency", "discount", "name", "phone", "test_clock")
} | {"Invoice.confirmation_secret", "Product.default_price", "Product.tax_code"}


def strange_in(answer: Any, path: str = "") -> Iterator[str]:
    """Tell what is wrong with an object, or with a list of them."""
    noun = answer.get("object")
    path = path or str(noun)
    if answer.get("deleted"):
        if set(answer) != {"id", "object", "deleted"}:
            yield f"{path}: more than the id of what was deleted"
    elif noun == "list":
        yield from _list(answer, StripeObject, path)
    else:
        yield from _object(answer, get_object_class("V1", noun), path)


def _list(value: Any, kind: Any, path: str) -> Iterator[str]:
    if set(value) != {"object", "data", "has_more", "url"}:
        yield f"{path}: no list, but {sorted(value)}"
        return
    for index, each in enumerate(value["data"]):
        yield from _value(each, kind, f"{path}[{index}]")


def _object(value: Any, kind: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: no object, but {value!r}"
        return
    hints = _hints(kind)
    if kind is StripeObject or not hints:
        if "object" in value:
            yield from strange_in(value, path)
        return
    optional = OPTIONAL.get(f"{kind.__module__}.{kind.__qualname__}", "").split()
    for name in sorted(set(value) - set(hints)):
        yield f"{path}.{name}: unknown"
    for name in sorted(set(hints) - set(value) - set(optional)):
        yield f"{path}.{name}: missing"
    for name, hint in hints.items():
        if name not in value:
            continue
        if value[name] is None and name in optional:
            if f"{kind.__qualname__}.{name}" not in _NULL_OR_LEFT_OUT:
                yield f"{path}.{name}: null, but to be left out"
        else:
            yield from _value(value[name], hint, f"{path}.{name}")


def _value(value: Any, hint: Any, path: str) -> Iterator[str]:
    choices = _choices(hint)
    words = [word for each in choices if get_origin(each) is Literal for word in get_args(each)]
    if value is None:
        if type(None) not in choices:
            yield f"{path}: null"
    elif isinstance(value, dict):
        yield from _structure(value, choices, path)
    elif isinstance(value, list):
        kinds = [each for each in choices if get_origin(each) is list]
        if not kinds:
            yield f"{path}: a list"
        for index, each in enumerate(value if kinds else []):
            yield from _value(each, get_args(kinds[0])[0], f"{path}[{index}]")
    elif words and not isinstance(value, int):
        if value not in words:
            yield f"{path}: {value!r} is none of {words}"
    elif value not in words and type(value) not in _plain(choices):
        yield f"{path}: {value!r} is no {choices}"


def _plain(choices: list[Any]) -> set[type]:
    """Give the types of JSON that the choices are sent as."""
    found = {each for each in choices if each in (str, int, bool, float)}
    if Any in choices:
        found |= {str, int, bool, float}
    if Decimal in choices:
        found.add(str)
    if float in found:
        found.add(int)
    return found


def _structure(value: dict[str, Any], choices: list[Any], path: str) -> Iterator[str]:
    for each in choices:
        origin = get_origin(each)
        if origin is ListObject:
            yield from _list(value, get_args(each)[0], path)
            return
        if origin in (dict, UntypedStripeObject) or each in (Any, UntypedStripeObject):
            # What an event is about is an object like any other; metadata are not.
            if get_args(each) == (Any,) and value.get("object") in OBJECT_CLASSES:
                yield from strange_in(value, path)
            return
    kinds = [each for each in choices if inspect.isclass(each) and issubclass(each, StripeObject)]
    named = [each for each in kinds if getattr(each, "OBJECT_NAME", None) == value.get("object")]
    if not kinds:
        yield f"{path}: an object"
        return
    yield from _object(value, (named or kinds)[0], path)


def _choices(hint: Any) -> list[Any]:
    if get_origin(hint) in (Union, UnionType):
        return [choice for inner in get_args(hint) for choice in _choices(inner)]
    return [hint]


@cache
def _hints(kind: Any) -> dict[str, Any]:
    if kind is StripeObject:
        return {}
    module = sys.modules[kind.__module__]
    hints = get_type_hints(kind, vars(module), _Names(module.__name__, kind))
    own = kind.__annotations__
    return {
        name: hint
        for name, hint in hints.items()
        if name in own and name.islower() and not name.startswith("_")
    }


class _Names(dict[str, Any]):
    """The names that a module of the library imports for the type checker only."""

    def __init__(self, module: str, kind: type) -> None:
        super().__init__(vars(kind))
        self._imported = _imports(module)

    def __missing__(self, name: str) -> Any:
        if name not in self._imported:
            raise KeyError(name)
        module, original = self._imported[name]
        return getattr(importlib.import_module(module), original)


@cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
