"""Facts of a report that can be compared with those of another."""

import re
from urllib.parse import urlsplit

_IDENTIFIER = re.compile(
    r"^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|(?=[A-Za-z]*\d)[A-Za-z0-9_-]{16,})$", re.I
)
MOST_PATH = 300


def page_path(address: str) -> str:
    """Give the path of a page with its identifiers replaced by ``*``, or "" without one.

    Query, fragment and host do not count: the same page looks the same for every visitor.
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https", ""} or (not parts.netloc and not parts.path):
        return ""
    if not parts.netloc and not parts.path.startswith("/"):
        return ""
    steps = ["*" if _IDENTIFIER.match(step) else step for step in parts.path.split("/") if step]
    return ("/" + "/".join(steps))[:MOST_PATH]
