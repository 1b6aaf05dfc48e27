"""An endpoint on this machine that takes events, or refuses to."""

import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from billing.gateways.stripe.objects import Event
from billing.gateways.stripe.webhooks import verified_event


class PostBox(ThreadingHTTPServer):
    """The events that came, in their order; each was signed."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: list[Event] = []
        self.status = 200
        self.lock = Lock()
        # How long each is being taken, and how many were at once, at most.
        self.seconds = 0.0
        self.at_once = self.most_at_once = 0
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """Give the address to deliver to."""
        return f"http://127.0.0.1:{self.server_address[1]}/stripe/webhook"

    @property
    def ids(self) -> list[str]:
        """Give the ids of what came."""
        return [event.id for event in self.events]


class _Handler(BaseHTTPRequestHandler):
    server: PostBox

    def do_POST(self) -> None:
        box = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with box.lock:
            box.at_once += 1
            box.most_at_once = max(box.most_at_once, box.at_once)
        time.sleep(box.seconds)
        event = verified_event(body, self.headers["Stripe-Signature"], now=datetime.now(UTC))
        with box.lock:
            box.events.append(event)
            box.at_once -= 1
        self.send_response(box.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
