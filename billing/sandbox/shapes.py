"""The shape of every answer, read from the types of the installed library.

A field that may be null is there and null; one that Stripe leaves out unless it has something to
say is left out; one that is neither must be given. What a class does not know is refused, so that
no answer has a field of another version.
"""

import types
from typing import Any, ClassVar, Union, get_args, get_origin

from stripe import StripeObject

from billing.sandbox.optional_fields import OPTIONAL

Kind = type[StripeObject]
Json = dict[str, Any]
Fields = tuple[frozenset[str], frozenset[str], frozenset[str]]


def shaped(kind: Kind, values: Json) -> Json:
    """Give the answer for an object of the kind, with the fields that may be null filled in."""
    nullable, needed, optional = _fields(kind)
    if strange := set(values) - nullable - needed - optional:
        raise AssertionError(f"{kind.__qualname__} has no {sorted(strange)}")
    if lacking := needed - set(values):
        raise AssertionError(f"{kind.__qualname__} lacks {sorted(lacking)}")
    whole = {**dict.fromkeys(nullable), **values}
    inner = kind._inner_class_types
    return {
        name: _inside(inner[name], value) if name in inner else value
        for name, value in sorted(whole.items())
    }


def _inside(kind: Kind, value: Any) -> Any:
    if isinstance(value, dict) and not _is_map(kind):
        return shaped(kind, value)
    if isinstance(value, list):
        return [_inside(kind, each) for each in value]
    return value


def _is_map(kind: Kind) -> bool:
    """Tell whether the class stands for names that the caller chose."""
    return not any(_fields(kind))


def _fields(kind: Kind) -> Fields:
    """Give the names of the fields that may be null, that must be there, that may be left out."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name not in _known:
        _known[name] = _read(kind, frozenset(OPTIONAL.get(name, "").split()))
    return _known[name]


_known: dict[str, Fields] = {}


def _read(kind: Kind, optional: frozenset[str]) -> Fields:
    annotations = {
        name: hint
        for name, hint in kind.__annotations__.items()
        if not _is_class_variable(hint) and not name.startswith("_")
    }
    if unknown := optional - set(annotations):
        raise AssertionError(f"{kind.__qualname__} has no {sorted(unknown)}")
    nullable = frozenset(
        name for name, hint in annotations.items() if name not in optional and _may_be_null(hint)
    )
    return nullable, frozenset(annotations) - nullable - optional, optional


def _is_class_variable(hint: Any) -> bool:
    origin: Any = get_origin(hint)
    return origin is ClassVar


def _may_be_null(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)
