"""Secrets that travel in links and headers: made here, stored only as hashes."""

import base64
import hashlib
import hmac
import logging
import re
import secrets

from django.conf import settings

_PLACEHOLDER = re.compile(r"\{token:([a-z_]+):(\d+)\}")
_IN_LOGS = re.compile(r"(/(?:v|invite)/)[A-Za-z0-9_-]{20,}|\b(so_[a-z]+_)[A-Za-z0-9_-]{20,}")


def random_token() -> str:
    """Make 256 random bits, URL-safe (43 characters)."""
    return secrets.token_urlsafe(32)


def derive_token(purpose: str, pk: int) -> str:
    """Make the one token of a row: HMAC-SHA256 of purpose and key under the secret key (RFC 2104).

    It can be made again when the mail is sent, so no stored text ever holds it.
    """
    digest = hmac.new(settings.SECRET_KEY.encode(), f"{purpose}:{pk}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def hash_token(token: str) -> str:
    """Give the SHA-256 hex digest under which a token is stored and found."""
    return hashlib.sha256(token.encode()).hexdigest()


def placeholder(purpose: str, pk: int) -> str:
    """Give the text that stands for a row's token in a stored message."""
    return f"{{token:{purpose}:{pk}}}"


def fill_placeholders(text: str) -> str:
    """Put the tokens in, just before a message leaves."""
    return _PLACEHOLDER.sub(lambda m: derive_token(m.group(1), int(m.group(2))), text)


def mask_tokens(text: str) -> str:
    """Blank every token that stands in a path or as a key."""
    return _IN_LOGS.sub(lambda m: (m.group(1) or m.group(2)) + "…", text)


class TokenFilter(logging.Filter):
    """Keep tokens out of the logs, whoever wrote the line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the finished message; never drop the record."""
        message = record.getMessage()
        masked = mask_tokens(message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True
