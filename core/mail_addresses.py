"""The addresses at which mail comes in: one per project, and one per thread for answers to it.

Both stand behind the plus of ``INBOUND_MAIL_ADDRESS``. A thread's carries a signature
(HMAC-SHA256 under the secret key, 80 bits of it in base32, RFC 2104 and 4648): who writes to it has
had a mail of that thread. Mail systems may change an address to lower case.
"""

import base64
import hashlib
import hmac
import re

from django.conf import settings

_THREAD = re.compile(r"^r(\d{1,18})-([a-z2-7]{16})$")


def project_address(token: str) -> str:
    """Give a project's address; empty where no mail comes in."""
    return _address(token)


def reply_address(thread: int) -> str:
    """Give the address for answers to a thread; empty where no mail comes in."""
    return _address(f"r{thread}-{_sign(settings.SECRET_KEY, thread)}")


def detail_of(address: str) -> str:
    """Give what stands behind the plus of an address of ours; empty for any other."""
    local, _, domain = settings.INBOUND_MAIL_ADDRESS.lower().partition("@")
    begin, end = f"{local}+", f"@{domain}"
    address = address.strip().lower()
    if not domain or not (address.startswith(begin) and address.endswith(end)):
        return ""
    return address[len(begin) : -len(end)]


def thread_of(address: str) -> int | None:
    """Give the thread of a reply address whose signature is ours, also under an earlier key."""
    found = _THREAD.match(detail_of(address))
    if found is None:
        return None
    thread = int(found[1])
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(found[2], _sign(key, thread)):
            return thread
    return None


def _address(detail: str) -> str:
    local, _, domain = settings.INBOUND_MAIL_ADDRESS.partition("@")
    return f"{local}+{detail}@{domain}" if domain else ""


def _sign(key: str, thread: int) -> str:
    digest = hmac.new(key.encode(), f"mail_reply:{thread}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode().lower()
