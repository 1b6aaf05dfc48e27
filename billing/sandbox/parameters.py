"""What a call may say, read from the library's own parameter types.

Forms are decoded as Stripe does (``items[0][price]=…``), each value is checked against the type the
installed library has for it, and what no type knows is refused.
"""

import re
import sys
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl, urlsplit

from stripe import RequestOptions
from typing_extensions import is_typeddict

from billing.sandbox.faults import ApiFault, missing_parameter, unknown_parameter

_NOT_PARAMETERS = frozenset(RequestOptions.__annotations__)
_METADATA_KEYS, _METADATA_KEY_LENGTH, _METADATA_VALUE_LENGTH = 50, 40, 500


def read(form: str, kind: Any) -> dict[str, Any]:
    """Give the parameters of a form or a query as values. Raises ApiFault as Stripe refuses."""
    return _table(_decoded(form), kind, "")


def check_addresses(params: dict[str, Any], *names: str) -> None:
    """Refuse what people could not be led to (docs: Error codes, url_invalid)."""
    for name in names:
        way = urlsplit(params.get(name) or "https://shipops.example")
        if way.scheme not in ("http", "https") or not way.hostname:
            raise ApiFault("Not a valid URL", code="url_invalid", param=name)


def _decoded(form: str) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    try:
        pairs = parse_qsl(form, keep_blank_values=True, strict_parsing=bool(form), errors="strict")
    except ValueError:
        raise ApiFault("Invalid request body: it is no form.") from None
    for name, value in pairs:
        *way, last = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name) or [name]
        place = whole
        for key in way:
            place = place.setdefault(_index(place, key), {})
            if not isinstance(place, dict):
                raise ApiFault(f"Invalid object: {name} has a value and parts", param=name)
        place[_index(place, last)] = value
    return whole


def _index(place: dict[str, Any], key: str) -> str:
    """Give the key, or for ``[]`` the next one of the list."""
    return key or str(len(place))


def _table(given: dict[str, Any], kind: Any, path: str) -> dict[str, Any]:
    hints = _hints(kind)
    for name in given:
        if name not in hints:
            raise unknown_parameter(_below(path, name))
    for name in sorted(kind.__required_keys__ & set(hints)):
        if name not in given:
            raise missing_parameter(_below(path, name))
    return {name: _value(raw, hints[name], _below(path, name)) for name, raw in given.items()}


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(
        kind, vars(sys.modules[kind.__module__]), {"StripeContext": str, "Mapping": Mapping}
    )
    own = {name: hint for name, hint in hints.items() if name not in _NOT_PARAMETERS}
    # A reserved word is a parameter all the same.
    return {name.rstrip("_") if name == "from_" else name: hint for name, hint in own.items()}


def _below(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _value(raw: Any, hint: Any, path: str) -> Any:
    choices = _choices(hint)
    literals = [choice for choice in choices if get_origin(choice) is Literal]
    words = [word for literal in literals for word in get_args(literal)]
    if isinstance(raw, dict):
        return _structure(raw, choices, path)
    if raw == "":
        if "" in words:
            return ""
        raise ApiFault(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{path}' cannot be unset. You should remove '{path}' from "
            "your request or supply a non-empty value.",
            code="parameter_invalid_empty",
            param=path,
        )
    if raw in words:
        return raw
    return _scalar(raw, choices, [word for word in words if word], path)


def _choices(hint: Any) -> list[Any]:
    """Give the types that a value may have, those inside unions and NotRequired included."""
    if get_origin(hint) in (Literal, list, dict) or not get_args(hint):
        return [hint]
    if get_origin(hint) is not None and hasattr(get_origin(hint), "_inner_class_types"):
        return [hint]  # UntypedStripeObject[…]: the same as its dict
    return [choice for inner in get_args(hint) for choice in _choices(inner)]


def _scalar(raw: str, choices: list[Any], words: list[str], path: str) -> Any:
    if bool in choices and raw in ("true", "false"):
        return raw == "true"
    if int in choices and re.fullmatch(r"-?\d{1,15}", raw):
        return int(raw)
    if (Decimal in choices or float in choices) and _is_number(raw):
        return raw if Decimal in choices else float(raw)
    # The types let any text stand beside the words they name, for versions to come.
    if str in choices and not words:
        return raw
    if words:
        *most, last = words
        told = f"{', '.join(most)}, or {last}" if most else last
        raise ApiFault(f"Invalid {path}: must be one of {told}", param=path)
    if int in choices:
        raise ApiFault(f"Invalid integer: {raw}", code="parameter_invalid_integer", param=path)
    if bool in choices:
        raise ApiFault(f"Invalid boolean: {raw}", param=path)
    kind = "array" if any(get_origin(choice) is list for choice in choices) else "object"
    raise ApiFault(f"Invalid {kind}", param=path)


def _is_number(raw: str) -> bool:
    try:
        return Decimal(raw).is_finite()
    except InvalidOperation:
        return False


def _structure(raw: dict[str, Any], choices: list[Any], path: str) -> Any:
    for choice in choices:
        if is_typeddict(choice):
            return _table(raw, choice, path)
    for choice in choices:
        if get_origin(choice) is dict and get_args(choice)[1] is str:
            return _metadata(raw, path)
        if get_origin(choice) is dict:
            inner = get_args(choice)[1]
            return {key: _value(each, inner, _below(path, key)) for key, each in raw.items()}
        if get_origin(choice) is list and all(key.isdecimal() for key in raw):
            (inner,) = get_args(choice)
            ordered = sorted(raw.items(), key=lambda pair: int(pair[0]))
            return [_value(each, inner, _below(path, key)) for key, each in ordered]
    raise ApiFault(f"Invalid string: {path} was given an object", param=path)


def _metadata(raw: dict[str, Any], path: str) -> dict[str, str]:
    if len(raw) > _METADATA_KEYS:
        raise ApiFault(f"Metadata can have at most {_METADATA_KEYS} keys.", param=path)
    for key, value in raw.items():
        if not isinstance(value, str):
            raise ApiFault("Metadata values must be strings.", param=_below(path, key))
        if len(key) > _METADATA_KEY_LENGTH:
            raise ApiFault("Metadata keys can have up to 40 characters.", param=_below(path, key))
        if len(value) > _METADATA_VALUE_LENGTH:
            raise ApiFault(
                "Metadata values can have up to 500 characters.", param=_below(path, key)
            )
    return raw
