"""The socket: API calls, hosted pages and the sandbox's own controls over HTTP on this machine."""

import socket
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from billing.sandbox import api
from billing.sandbox.api import DROPPED, Answer, Request
from billing.sandbox.control import controlled
from billing.sandbox.pages.hosted import hosted
from billing.sandbox.world import World

_LONGEST_BODY = 1_000_000


class Server(ThreadingHTTPServer):
    """One world behind one port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, world: World, *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), Handler)
        self.world = world
        world.base = self.address

    @property
    def address(self) -> str:
        """Give the address to set as STRIPE_API_BASE."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        Thread(target=self.serve_forever, args=(0.05,), name="sandbox", daemon=True).start()

    def stop(self) -> None:
        """End serving, and what runs beside."""
        self.shutdown()
        self.server_close()
        self.world.close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    # Headers and body are two writes: without this the second waits for the first's receipt.
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer a read."""
        self._serve()

    do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what was asked stands in the world's calls."""

    def _serve(self) -> None:
        way = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LONGEST_BODY:
            self._close()
            return
        body = self.rfile.read(length).decode(errors="replace")
        form = body if self.command == "POST" else way.query
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, way.path, form, headers)
        given = _side(way.path)(self.server.world, request)
        if given is DROPPED or not given.status:
            self._close()
            return
        self._send(given)

    def _send(self, given: Answer) -> None:
        self.send_response(given.status)
        headers = {"Content-Type": "application/json", **given.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        self.wfile.write(given.body)

    def _close(self) -> None:
        """Hang up without a word."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _side(path: str) -> Callable[[World, Request], Answer]:
    if path.startswith("/v1/"):
        return api.answer
    return controlled if path.startswith("/_sandbox/") else hosted
