"""By what the same problem is known at two clients."""

# The page, the release or the component of one client says nothing of another's.
SHARED_KINDS = ("fingerprint", "advisory")
_PLACEHOLDERS = frozenset({
    "default", "error", "exception", "false", "n/a", "nan", "nil", "none", "null", "true",
    "undefined", "unknown",
})  # fmt: skip


def shared_value(kind: str, value: str) -> str:
    """Give the value by which a signal is compared across clients, or "" if it is not.

    Only error fingerprints and advisories are; what stands for no value at all (``unknown``,
    ``0000``) is not. The names of advisories are the same in either case.
    """
    if kind not in SHARED_KINDS or value.strip().casefold() in _PLACEHOLDERS:
        return ""
    if len({sign for sign in value if sign.isalnum()}) < 2:
        return ""
    return value.upper() if kind == "advisory" and value.isascii() else value
