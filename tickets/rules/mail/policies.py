"""How the standard library reads a mail's headers here: no further than any mail needs."""

from email.policy import Compat32, EmailPolicy
from functools import lru_cache
from typing import Any

# Its parsers take the square of a header's length, and read it anew whenever they are asked.
MOST_PARSED = 2000


class Strict(EmailPolicy):
    """Headers as RFC 5322 and 2045 have them; what is nested too deeply raises RecursionError."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """Read as much of a header as bears a meaning."""
        return _parsed(name, value[:MOST_PARSED])


class Lenient(Compat32):
    """Headers as plain texts, for the mails that the strict parsers break on."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """Read as much of a header as bears a meaning."""
        return super().header_fetch_parse(name, value[:MOST_PARSED])


# What is written again stays as it came: to fold it anew, all of it would be read.
STRICT = Strict(refold_source="none")
LENIENT = Lenient()
_PLAIN = EmailPolicy()


@lru_cache(maxsize=256)
def _parsed(name: str, value: str) -> Any:
    return _PLAIN.header_fetch_parse(name, value)
