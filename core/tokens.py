"""Secrets that travel in links and headers: made here, stored only as hashes."""

import base64
import hashlib
import hmac
import logging
import re
import secrets

from django.conf import settings

_PLACEHOLDER = re.compile(r"\{token:([a-z_]{1,40}):(\d{1,18}):([A-Za-z0-9_-]{43})\}")
_IN_LOGS = re.compile(r"(/(?:v|r|invite)/)[A-Za-z0-9_-]{20,}|\b(so_[a-z]+_)[A-Za-z0-9_-]{20,}")


def random_token() -> str:
    """Make 256 random bits, URL-safe (43 characters)."""
    return secrets.token_urlsafe(32)


def derive_token(purpose: str, pk: int) -> str:
    """Make the one token of a row: HMAC-SHA256 of purpose and key under the secret key (RFC 2104).

    It can be made again when the mail is sent, so no stored text ever holds it.
    """
    return _sign(settings.SECRET_KEY, f"{purpose}:{pk}")


def derived_tokens(purpose: str, pk: int) -> list[str]:
    """Give the token of a row as ``derive_token`` makes it now, and as earlier secret keys did."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [_sign(key, f"{purpose}:{pk}") for key in keys]


def hash_token(token: str) -> str:
    """Give the SHA-256 hex digest under which a token is stored and found."""
    return hashlib.sha256(token.encode()).hexdigest()


def placeholder(purpose: str, pk: int) -> str:
    """Give the text that stands for a row's token in a stored message.

    It is signed: what a person wrote into a message is never taken for a placeholder.
    """
    return f"{{token:{purpose}:{pk}:{_sign(settings.SECRET_KEY, f'placeholder:{purpose}:{pk}')}}}"


def fill_placeholders(text: str) -> str:
    """Put the tokens in, just before a message leaves; what was not signed here stays as it is.

    A message written under an earlier secret key gets the token of that key, whose hash is stored.
    """
    return _PLACEHOLDER.sub(_fill, text)


def _fill(match: re.Match[str]) -> str:
    purpose, pk, signature = match.groups()
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(signature, _sign(key, f"placeholder:{purpose}:{pk}")):
            return _sign(key, f"{purpose}:{pk}")
    return match.group(0)


def _sign(key: str, message: str) -> str:
    digest = hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def mask_tokens(text: str) -> str:
    """Blank every token that stands in a path or as a key."""
    return _IN_LOGS.sub(lambda m: (m.group(1) or m.group(2)) + "…", text)


class TokenFilter(logging.Filter):
    """Keep tokens out of the logs, whoever wrote the line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the finished message; never drop the record, nor fail over a badly made one."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            return True
        masked = mask_tokens(message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True
