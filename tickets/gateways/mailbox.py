"""A mailbox that mail is fetched from (IMAP, RFC 9051, by imap-tools)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from imaplib import IMAP4
from typing import Any
from urllib.parse import unquote, urlsplit

from imap_tools import AND, ImapToolsError, MailBox, MailboxLoginError, MailBoxUnencrypted
from imap_tools.mailbox import BaseMailBox

PATIENCE = 30
BATCH = 50
SECONDS_BETWEEN = 30


class MailboxUnavailable(Exception):
    """The mailbox does not answer, breaks off, or does not do what was asked of it."""


@contextmanager
def open_mailbox(url: str) -> Iterator[BaseMailBox]:
    """Sign in to ``imaps://user:password@host:port/FOLDER``, by default to INBOX, and open that.

    Raises MailboxUnavailable, also for what happens within, and MailboxLoginError.
    """
    parts = urlsplit(url)
    kind = MailBox if parts.scheme == "imaps" else MailBoxUnencrypted
    port = parts.port or (993 if parts.scheme == "imaps" else 143)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    try:
        box = kind(parts.hostname or "", port=port, timeout=PATIENCE)
        with box.login(unquote(parts.username or ""), unquote(parts.password or ""), folder):
            yield box
    except MailboxLoginError:
        raise
    except (OSError, IMAP4.error, ImapToolsError) as error:
        raise MailboxUnavailable(str(error)) from error


def take_unseen(box: BaseMailBox, keep: Callable[[bytes], None]) -> int:
    """Hand each unseen mail's bytes on; it counts as seen once that is done. Gives how many."""
    count = 0
    for uid in box.uids(AND(seen=False))[:BATCH]:
        for raw in _bytes_of(box, uid):
            keep(raw)
            count += 1
        # What imap-tools has for it would expunge what other programs marked as deleted.
        _done(box.client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
    return count


def wait_for_mail(box: BaseMailBox, seconds: int) -> None:
    """Wait until the server tells of something new (IDLE, RFC 2177), or so long.

    One that cannot tell is asked again after SECONDS_BETWEEN.
    """
    # Some name it only to who has signed in.
    if b"IDLE" in b" ".join(_done(box.client.capability())).upper().split():
        box.idle.wait(timeout=seconds)
    else:
        time.sleep(SECONDS_BETWEEN)
        _done(box.client.noop())


def _bytes_of(box: BaseMailBox, uid: str) -> Iterator[bytes]:
    """Give a mail exactly as the server holds it: parsed and written again it may differ."""
    for part in _done(box.client.uid("FETCH", uid, "(BODY.PEEK[])")):
        if isinstance(part, tuple):
            yield bytes(part[1])


def _done(answer: tuple[str, Any]) -> list[Any]:
    """Give what a command answered; raises MailboxUnavailable if it was refused."""
    status, data = answer
    if status != "OK":
        raise MailboxUnavailable(f"it answered {status}")
    return list(data or [])
