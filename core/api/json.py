"""JSON in and out: strict about what comes in (RFC 8259), the same form for every answer."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from core.api.problems import BodyTooLarge


class JsonBody(BaseParser):
    """A JSON object in UTF-8, read no further than DATA_UPLOAD_MAX_MEMORY_SIZE."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        """Raises ParseError for anything but one JSON object, BodyTooLarge for a too large one."""
        most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        check_length(stream, most)
        raw = stream.read(most + 1)
        if len(raw) > most:
            raise BodyTooLarge
        try:
            data = json.loads(raw.decode(), parse_constant=_refuse_constant)
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {str(error)[:100]}.") from None
        if not isinstance(data, dict):
            raise ParseError("The body must be a JSON object.")
        return data


def to_json(data: Any) -> bytes:
    """Write compact JSON in UTF-8."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


class JsonAnswer(BaseRenderer):
    """Compact JSON in UTF-8; endpoints hand over plain values."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Give the bytes; an answer without content has none."""
        if data is None:
            return b""
        return to_json(data)


def json_answer(
    data: Mapping[str, Any], *, status: int, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Answer with an object, past the renderer and what leads to it."""
    return HttpResponse(
        to_json(data), status=status, content_type=JsonAnswer.media_type, headers=headers
    )


class JsonOnly(DefaultContentNegotiation):
    """Answer in JSON whatever is asked for, as RFC 9110 section 12.4.1 permits."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Give the first renderer, without reading Accept."""
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Give the parser of the content type; raises UnsupportedMediaType without one."""
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        for parser in parsers:
            if parser.media_type == sent:
                return parser
        raise UnsupportedMediaType(sent[:80] or "nothing")


def check_length(request: HttpRequest | Request, most: int) -> None:
    """Raises BodyTooLarge if the request announces more than ``most`` bytes."""
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > most:
        raise BodyTooLarge


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
