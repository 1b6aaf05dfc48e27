"""Facts of a report that can be compared with those of another."""

import re
from urllib.parse import urlsplit

_IDENTIFIER = re.compile(
    r"^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|(?=[A-Za-z]*\d)[A-Za-z0-9_-]{16,})$", re.I
)
_LABEL = re.compile(r"^[^\W_](?:[\w-]{0,61}[^\W_])?$")
MOST_PATH = 300
MOST_HOST = 253


def page_path(address: str) -> str:
    """Give the path of a page with its identifiers replaced by ``*``, or "" without one.

    Query, fragment and host do not count: the same page looks the same for every visitor.
    """
    given = address.strip()
    try:
        parts = urlsplit(f"https://{given}" if _lacks_scheme(given) else given)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https", ""} or (not parts.netloc and not parts.path):
        return ""
    if not parts.netloc and not parts.path.startswith("/"):
        return ""
    steps = ["*" if _IDENTIFIER.match(step) else step for step in parts.path.split("/") if step]
    return ("/" + "/".join(steps))[:MOST_PATH]


def _lacks_scheme(given: str) -> bool:
    """Tell whether this is an address as people type it: a host with a dot, then its path.

    Only ``www.`` stands without a path: "shop.example" alone may as well be a file or a name.
    """
    if any(character.isspace() for character in given):
        return False
    host, slash, _ = given.partition("/")
    name, colon, port = host.partition(":")
    if colon and not (port.isascii() and port.isdigit() and len(port) <= 5):
        return False
    labels = name.split(".")
    return (
        (bool(slash) or labels[0].lower() == "www")
        and len(labels) > 1
        and len(name) <= MOST_HOST
        and all(_LABEL.match(label) for label in labels)
        and not labels[-1].isdigit()
        and len(labels[-1]) > 1
    )
