"""A mailbox that mail is fetched from (IMAP, RFC 9051, by imap-tools)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from imap_tools import AND, MailBox, MailBoxUnencrypted
from imap_tools.mailbox import BaseMailBox

PATIENCE = 30
BATCH = 50


@contextmanager
def open_mailbox(url: str) -> Iterator[BaseMailBox]:
    """Sign in to ``imaps://user:password@host:port/FOLDER``, by default to INBOX, and open that."""
    parts = urlsplit(url)
    kind = MailBox if parts.scheme == "imaps" else MailBoxUnencrypted
    port = parts.port or (993 if parts.scheme == "imaps" else 143)
    box = kind(parts.hostname or "", port=port, timeout=PATIENCE)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    with box.login(unquote(parts.username or ""), unquote(parts.password or ""), folder):
        yield box


def take_unseen(box: BaseMailBox, keep: Callable[[bytes], None]) -> int:
    """Hand each unseen mail's bytes on; it counts as seen once that is done. Gives how many."""
    count = 0
    for uid in box.uids(AND(seen=False))[:BATCH]:
        for raw in _bytes_of(box, uid):
            keep(raw)
            count += 1
        box.flag(uid, "\\Seen", value=True)
    return count


def wait_for_mail(box: BaseMailBox, seconds: int) -> None:
    """Wait until the server tells of something new (IDLE, RFC 2177), or so long."""
    box.idle.wait(timeout=seconds)


def _bytes_of(box: BaseMailBox, uid: str) -> Iterator[bytes]:
    """Give a mail exactly as the server holds it: parsed and written again it may differ."""
    _, data = box.client.uid("fetch", uid, "(BODY.PEEK[])")
    for part in data or []:
        if isinstance(part, tuple):
            yield bytes(part[1])
