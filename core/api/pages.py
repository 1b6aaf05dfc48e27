"""Pages of a list by keyset: as fast on the thousandth page as on the first."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from core.errors import InvalidInput

DEFAULT_SIZE = 50
MOST_SIZE = 100
PARAMETERS = [
    OpenApiParameter(
        "limit", int, description=f"Rows a page, 1 to {MOST_SIZE}; {DEFAULT_SIZE} if not given."
    ),
    OpenApiParameter(
        "cursor", OpenApiTypes.STR, description="Where to go on: taken from `next`, never made up."
    ),
]
Row = TypeVar("Row", bound=Model)


def page_of(
    request: Request,
    rows: QuerySet[Row],
    shape: type[serializers.Serializer[Any]],
    *,
    key: str,
    context_of: Callable[[list[Row]], dict[str, Any]] = lambda rows: {},
) -> dict[str, Any]:
    """Give one page and the address of the next.

    ``context_of`` gives the shape what it needs to know of the page's rows. ``key`` orders the rows
    by a unique whole number, ``-`` before it for the largest first. Raises InvalidInput for a limit
    or cursor that makes no sense.
    """
    name, falling = key.lstrip("-"), key.startswith("-")
    size = _number(request, "limit", most=MOST_SIZE) or DEFAULT_SIZE
    if cursor := _number(request, "cursor", most=2**63 - 1):
        rows = rows.filter(**{f"{name}__{'lt' if falling else 'gt'}": cursor})
    found = list(rows.order_by(key)[: size + 1])
    more = None
    if len(found) > size:
        wanted = {"limit": size, "cursor": getattr(found[size - 1], name)}
        more = f"{settings.SITE_URL}{request.path}?{urlencode(wanted)}"
    shown = found[:size]
    results = shape(shown, many=True, context=context_of(shown)).data
    return {"results": results, "next": more}


def page_schema(of: type[serializers.Serializer[Any]], name: str) -> Any:
    """Describe a page of such rows for the schema."""
    return type(
        name,
        (serializers.Serializer,),
        {
            "results": of(many=True),
            "next": serializers.URLField(
                allow_null=True, help_text="The next page, or null after the last."
            ),
        },
    )


def _number(request: Request, name: str, *, most: int) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= most:
        return int(text)
    allowed = f"a whole number from 1 to {most}" if name == "limit" else "what `next` gave"
    raise InvalidInput(f"Send {allowed}.", field=name)
