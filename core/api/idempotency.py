"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header, section 2)."""

import hashlib
import re

from django.http import HttpRequest

from core.errors import InvalidInput

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}
_VISIBLE = re.compile(r"[\x21-\x7e]{1,200}")


def source_key_of(request: HttpRequest, *, owner: int) -> str:
    """Give the key under which the request's outcome is stored, or "" if it asks for none.

    The same key under another address, or of another owner, is another one. Raises InvalidInput
    unless it is 1 to 200 visible ASCII characters.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return ""
    if not _VISIBLE.fullmatch(key):
        raise InvalidInput("Send 1 to 200 visible ASCII characters.", field=HEADER)
    digest = hashlib.sha256(f"{request.path}\0{key}".encode()).hexdigest()
    return f"{owner}:{digest}"
