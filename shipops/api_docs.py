"""The API's description: for programs at /api/schema/, for people at /api/docs/."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from core.text import render_markdown

Description = dict[str, Any]
_REFERENCE = re.compile(r"#/components/schemas/([A-Za-z0-9_.]+)")


@dataclass(frozen=True)
class Field:
    """One input or output, as people read it."""

    name: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True)
class Endpoint:
    """One method of one address, as people read it."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    scopes: list[str]
    parameters: list[Field]
    body: list[Field]
    answers: list[tuple[str, str]]
    answer: list[Field]
    example: str


@require_safe
@cache_control(public=True, max_age=300)
def schema(request: HttpRequest) -> HttpResponse:
    """Give the schema as JSON (OpenAPI 3.1)."""
    return JsonResponse(_schema(), content_type="application/vnd.oai.openapi+json")


@require_safe
@cache_control(public=True, max_age=300)
def report_schema(request: HttpRequest) -> HttpResponse:
    """Give the JSON Schema (draft 2020-12) of what POST /reports takes."""
    return JsonResponse(_report_schema(), content_type="application/schema+json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the schema to people, rendered here, so that the strict policy holds here too."""
    context = {
        "endpoints": _endpoints(),
        "site_url": settings.SITE_URL,
        "per_minute": settings.API_REQUESTS_PER_MINUTE,
    }
    return render(request, "shipops/api_docs.html", context)


@cache
def _schema() -> Description:
    """Give the OpenAPI description of the API, made once a process."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    found: Description = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    return found


@cache
def _report_schema() -> Description:
    """Give the shape of a report by itself, with what it refers to."""
    shapes = _schema()["components"]["schemas"]
    _, sent = _content(_schema()["paths"]["/api/v1/reports"]["post"]["requestBody"])
    needed: Description = {}
    waiting = [sent]
    while waiting:
        text = json.dumps(waiting.pop())
        for name in set(_REFERENCE.findall(text)) - set(needed):
            needed[name] = shapes[name]
            waiting.append(shapes[name])
    whole: Description = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{settings.SITE_URL}/api/v1/schemas/report.json",
        "title": "A report",
        **sent,
        "$defs": needed,
    }
    local: Description = json.loads(_REFERENCE.sub(r"#/$defs/\1", json.dumps(whole)))
    return local


@cache
def _endpoints() -> list[Endpoint]:
    return [
        _endpoint(path, method, operation)
        for path, operations in _schema()["paths"].items()
        for method, operation in operations.items()
    ]


def _endpoint(path: str, method: str, operation: Description) -> Endpoint:
    media, sent = _content(operation.get("requestBody", {}))
    _, received = _content(operation["responses"][min(operation["responses"])])
    return Endpoint(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        text=render_markdown(operation.get("description", "")),
        scopes=operation.get("x-scopes", []),
        parameters=[
            Field(p["name"], p["in"], p.get("required", False), _prose(p))
            for p in operation.get("parameters", [])
        ],
        body=_fields(sent),
        answers=[(code, _prose(answer)) for code, answer in sorted(operation["responses"].items())],
        answer=_fields(received),
        example=_example(path, method, media),
    )


def _content(part: Description) -> tuple[str, Description]:
    """Give the media type and shape of a body; both empty without one."""
    for media, found in part.get("content", {}).items():
        return media, found["schema"]
    return "", {}


def _resolved(part: Description) -> Description:
    """Follow a reference, also one inside a sole ``allOf`` or a nullable ``oneOf``."""
    for group in ("allOf", "oneOf"):
        if part.get(group):
            return {**_resolved(part[group][0]), **{k: v for k, v in part.items() if k != group}}
    if "$ref" not in part:
        return part
    found: Description = _schema()["components"]["schemas"][part["$ref"].rsplit("/", 1)[-1]]
    return _resolved(found)


def _fields(part: Description, path: str = "") -> list[Field]:
    """List the fields of a body, nested ones with their whole path."""
    whole = _resolved(part)
    fields = []
    for name, raw in whole.get("properties", {}).items():
        own = _resolved(raw)
        inner = _resolved(own["items"]) if "items" in own else own
        full = f"{path}{name}"
        required = name in whole.get("required", [])
        fields.append(Field(full, _kind(own), required, _prose(own)))
        if "properties" in inner:
            fields += _fields(inner, f"{full}{'[]' if 'items' in own else ''}.")
    return fields


def _prose(part: Description) -> str:
    """Give a description, which is written in Markdown."""
    return render_markdown(part.get("description", ""))


def _kind(part: Description) -> str:
    """Say in a few words what a value looks like."""
    if "items" in part:
        return f"list of {_kind(_resolved(part['items']))}"
    if "enum" in part:
        return ", ".join(str(value) for value in part["enum"] if value)
    if part.get("format") == "binary" or "contentMediaType" in part:
        return "file"
    kind = part.get("type", "object")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if part.get("format") in {"date-time", "uri", "email"}:
        words = words.replace("string", part["format"])
    if "maxLength" in part:
        words += f", at most {part['maxLength']:,} characters"
    return words


_SENT = {
    "/reports": {"text": "A customer paid and got no credits.", "severity": "S2"},
    "/comments": {"body": "It happens in Safari only."},
    "/releases": {"version": "2026.11.3", "commit": "9f2c1d7"},
}


def _example(path: str, method: str, media: str) -> str:
    """Give a call of curl that works once the key stands in $SHIPOPS_KEY."""
    address = f"{settings.SITE_URL}{path}".replace("{number}", "214")
    lines = [f"curl {address}", '-H "Authorization: Bearer $SHIPOPS_KEY"']
    if method == "post" and media.startswith("multipart"):
        lines.append("-F file=@screenshot.png")
    elif method == "post":
        if not path.endswith("/releases"):
            lines.append('-H "Idempotency-Key: $(uuidgen)"')
        sent = next(body for ending, body in _SENT.items() if path.endswith(ending))
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(sent)}'"]
    return " \\\n  ".join(lines)
