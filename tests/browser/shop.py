"""A client's site of another origin, as hostile to what it embeds as a site may be."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOSTILE = """
*, shopops-widget, shipops-widget { all: unset !important; display: none !important;
  color: red !important; font: 3px cursive !important; opacity: .01 !important;
  transform: rotate(45deg) !important; pointer-events: none !important; z-index: 1 !important;
  position: static !important; visibility: hidden !important; }
html, body, main, h1, #pay, #fail { all: revert !important; visibility: visible !important;
  pointer-events: auto !important; }
button, dialog, input, textarea { border: 9px dashed lime !important; float: right !important; }
"""
PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Shop</title>
<link rel="stylesheet" href="/hostile.css">
<script src="/page.js" defer></script>
<script src="{site}/widget.js" {attributes} defer></script></head>
<body><main><h1>The shop</h1><button id="pay" class="big red">Pay</button>
<input id="secret" value="hunter2" aria-label="Secret"></main></body></html>"""
SCRIPT = """
document.getElementById("pay").addEventListener("click", async () => {
  console.error("Payment failed for card 4111 1111 1111 1111 token=abc123");
  await fetch("/api/pay/17?token=s3cret", { method: "POST", body: "password=hunter2" });
  const request = new XMLHttpRequest();
  request.open("GET", "/missing?session=abc");
  request.send();
  Promise.reject(new Error("not handled"));
});
document.addEventListener("shipops:ready", () => ShipOps.identify(window.shopUser || {}));
"""
# What docs/widget.md asks for, and nothing more.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self' {site}; connect-src 'self' {site}; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@dataclass
class Shop:
    """Where the site is, and what its page says of the widget."""

    origin: str
    site: str
    attributes: str = ""
    lang: str = "en"
    script: str = SCRIPT
    style: str = HOSTILE
    policy: str = POLICY
    headers: dict[str, str] = field(default_factory=dict)

    def embed(self, key: str, **data: str) -> None:
        """Put the widget on the page."""
        named = {"key": key, **data}
        self.attributes = " ".join(
            f'data-{name.replace("_", "-")}="{value}"' for name, value in named.items()
        )


@contextmanager
def open_shop(site: str) -> Iterator[Shop]:
    """Serve the site from an origin of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/":
                page = PAGE.format(lang=shop.lang, site=shop.site, attributes=shop.attributes)
                self._answer(200, "text/html", page)
            elif path == "/hostile.css":
                self._answer(200, "text/css", shop.style)
            elif path == "/page.js":
                self._answer(200, "text/javascript", shop.script)
            else:
                self._answer(404, "text/plain", "Nothing here.")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer(500, "text/plain", "It broke.")

        def _answer(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", shop.policy.format(site=shop.site))
            for name, value in shop.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop = Shop(f"http://127.0.0.1:{server.server_port}", site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
