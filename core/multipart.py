"""Forms with files (RFC 7578), held in memory: whoever reads one bounds how long it may be."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from multipart import MultipartError, MultipartParser, parse_options_header

_AT_ONCE = 1024 * 1024
_NO_LIMIT = 1 << 40


class NotWhole(ValueError):
    """The form breaks off, or is none."""


@dataclass(frozen=True)
class Form:
    """What a form holds; ``raw`` has each field's bytes as they came, which may be no UTF-8."""

    fields: QueryDict = field(default_factory=lambda: QueryDict(mutable=True))
    files: MultiValueDict[str, Any] = field(default_factory=MultiValueDict)
    raw: dict[str, bytes] = field(default_factory=dict)


def read_form(stream: HttpRequest | BytesIO, content_type: str) -> Form:
    """Read a form to its end; raises NotWhole."""
    boundary, form = parse_options_header(content_type)[1].get("boundary", ""), Form()
    parser = MultipartParser(
        stream, boundary, buffer_size=_AT_ONCE, spool_limit=_NO_LIMIT, memory_limit=_NO_LIMIT
    )
    try:
        for part in parser:
            if part.filename:
                file = SimpleUploadedFile(part.filename, part.raw, part.content_type)
                form.files.appendlist(part.name, file)
            elif part.filename is None:
                form.fields.appendlist(part.name, part.raw.decode("utf-8", "replace"))
                form.raw[part.name] = part.raw
    except MultipartError as error:
        raise NotWhole from error
    return form
