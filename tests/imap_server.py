"""A mailbox on a socket of this machine, which speaks as much IMAP (RFC 9051) as is asked of one.

A mail leaves the unseen only once it is stored as seen. ``break_off`` names the commands before
whose answer the connection ends, each once; ``hold`` one that is neither done nor answered while it
is named, of which ``held`` tells; ``asked`` has the commands in order.
"""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """What the server holds and how it behaves."""

    mails: dict[int, bytes]
    unseen: set[int] = field(default_factory=set)
    capabilities: str = "IMAP4rev1 IDLE"
    break_off: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)
    held: threading.Event = field(default_factory=threading.Event)
    hold: str = ""
    port: int = 0

    def __post_init__(self) -> None:
        self.unseen = set(self.mails)

    def deliver(self, number: int, raw: bytes) -> None:
        """Let a mail come in while somebody waits."""
        self.mails[number] = raw
        self.unseen.add(number)
        self.came.set()


class _Session(socketserver.StreamRequestHandler):
    box: Mailbox

    def handle(self) -> None:
        self._say("* OK ready")
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            words = rest.split(" ")
            name = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
            self.box.asked.append(name)
            if name in self.box.break_off:
                self.box.break_off.remove(name)
                return
            if name == self.box.hold:
                self.box.held.set()
                self.rfile.read()
                return
            answer = getattr(self, f"_{name.lower().replace(' ', '_')}", None)
            if answer is None:
                self._say(f"{tag} BAD unknown")
            else:
                self._say(f"{tag} {answer(words) or 'OK done'}")
            if name == "LOGOUT":
                return

    def _say(self, text: str, raw: bytes = b"") -> None:
        self.wfile.write(text.encode() + raw + b"\r\n")

    def _capability(self, words: list[str]) -> None:
        self._say(f"* CAPABILITY {self.box.capabilities}")

    def _login(self, words: list[str]) -> str:
        return "OK done" if words[1:] == ['"ops"', '"hush', 'hush"'] else "NO wrong"

    def _select(self, words: list[str]) -> None:
        self._say(f"* {len(self.box.mails)} EXISTS")
        self._say("* OK [UIDVALIDITY 1] valid")

    def _noop(self, words: list[str]) -> None:
        self._say(f"* {len(self.box.mails)} EXISTS")

    def _logout(self, words: list[str]) -> None:
        self._say("* BYE")

    def _uid_search(self, words: list[str]) -> None:
        self._say("* SEARCH " + " ".join(map(str, sorted(self.box.unseen))))

    def _uid_fetch(self, words: list[str]) -> None:
        raw = self.box.mails[int(words[2])]
        head = f"* 1 FETCH (UID {words[2]} BODY[] {{{len(raw)}}}\r\n".encode()
        self.wfile.write(head + raw + b")\r\n")

    def _uid_store(self, words: list[str]) -> None:
        assert re.search(r"\\Seen", " ".join(words))
        self.box.unseen.discard(int(words[2]))

    def _idle(self, words: list[str]) -> None:
        self._say("+ idling")
        self.box.came.wait(20)
        self.box.came.clear()
        self._say(f"* {len(self.box.mails)} EXISTS")
        assert self.rfile.readline().strip() == b"DONE"


@contextmanager
def serving(box: Mailbox) -> Iterator[str]:
    """Serve the mailbox; gives its address as IMAP_URL has it."""
    handler = type("Session", (_Session,), {"box": box})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        box.port = server.server_address[1]
        try:
            yield f"imap://ops:hush%20hush@127.0.0.1:{box.port}/INBOX"
        finally:
            server.shutdown()
