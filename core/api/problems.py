"""Errors as ``application/problem+json`` (RFC 9457)."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response

from core.errors import LimitReached, Refused

CONTENT_TYPE = "application/problem+json"
Errors = list[dict[str, str]]


class BodyTooLarge(exceptions.APIException):
    """The body is larger than anything we would read."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."
    default_code = "too_large"


def problem(code: int, detail: str = "", errors: Errors | None = None) -> dict[str, Any]:
    """Make the members of a problem; without a type of its own the status says what it is.

    ``errors`` names each input at fault: RFC 9457 section 3.1 shows this extension.
    """
    phrase = HTTPStatus(code).phrase
    body: dict[str, Any] = {"type": "about:blank", "title": phrase, "status": code}
    body["detail"] = detail or f"{phrase}."
    if errors:
        body["errors"] = errors
    return body


def problem_page(code: int, detail: str = "") -> HttpResponse:
    """Answer with a problem where Django rather than an endpoint answers."""
    return JsonResponse(problem(code, detail), status=code, content_type=CONTENT_TYPE)


def handle_exception(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn what an endpoint raised into a problem; what nobody anticipated stays an error."""
    if isinstance(error, Refused):
        errors = [{"field": error.field, "detail": error.message}] if error.field else None
        return _answer(error.status, error.message, errors, _headers_of_refusal(error))
    if isinstance(error, exceptions.ValidationError):
        errors = list(_flat(error.detail))
        detail = errors[0]["detail"] if len(errors) == 1 else "Several fields are at fault."
        return _answer(error.status_code, detail, errors)
    if isinstance(error, exceptions.APIException):
        headers = {}
        if challenge := getattr(error, "auth_header", ""):
            headers["WWW-Authenticate"] = challenge
        return _answer(error.status_code, str(error.detail), None, headers)
    if isinstance(error, (Http404, ObjectDoesNotExist)):
        return _answer(404, "There is nothing here, or it belongs to somebody else.")
    if isinstance(error, PermissionDenied):
        return _answer(403)
    if isinstance(error, RequestDataTooBig):
        return _answer(413, str(BodyTooLarge.default_detail))
    if isinstance(error, SuspiciousOperation):
        return _answer(400, "The request is malformed.")
    return None


def _answer(
    code: int,
    detail: str = "",
    errors: Errors | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return Response(
        problem(code, detail, errors), status=code, headers=headers, content_type=CONTENT_TYPE
    )


def _headers_of_refusal(error: Refused) -> dict[str, str]:
    if isinstance(error, LimitReached):
        return {"Retry-After": str(error.retry_after)}
    return {}


def _flat(detail: Any, path: str = "") -> Iterable[dict[str, str]]:
    """Name each field with its whole path: ``reporter.email``, ``signals.0.kind``."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            own = "" if key == "non_field_errors" else str(key)
            yield from _flat(inner, ".".join(filter(None, [path, own])))
    elif isinstance(detail, (list, tuple)):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list, tuple))
            yield from _flat(inner, f"{path}.{place}" if nested and path else path)
    else:
        yield {"field": path or "body", "detail": str(detail)}


def is_api(request: HttpRequest) -> bool:
    """Tell whether the request is for the API, whose errors are problems."""
    return request.path.startswith("/api/")
