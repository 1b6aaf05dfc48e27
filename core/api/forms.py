from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles

from core.api.problems import BodyTooLarge
from core.multipart import NotWhole, read_form


class FormParser(BaseParser):
    """Forms with files; how long all of it may be is the endpoint's to say (``check_length``)."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> "DataAndFiles[Any, Any]":
        """Read it; raises ParseError, and BodyTooLarge for what is no file."""
        try:
            form = read_form(stream, media_type or "")
        except NotWhole:
            raise ParseError("This form is not whole.") from None
        typed = sum(len(text) for _, texts in form.fields.lists() for text in texts)
        if typed > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge
        return DataAndFiles(form.fields, form.files)
