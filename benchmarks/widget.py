"""The widget: how large it is, and what its start costs a page in a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from benchmarks import service
from benchmarks.results import Figure
from tests.browser import chromium

ROUNDS = 15
MOST_KB = 12.0
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<script>new PerformanceObserver((list) => {{ for (const entry of list.getEntries())
  window.shifted = (window.shifted || 0) + entry.value; }})
  .observe({{ type: "layout-shift", buffered: true }});</script>{widget}</head>
<body><h1>Shop</h1>{rows}</body></html>"""
_ROWS = "".join(f"<p>Row {number} of a page with some text on it.</p>" for number in range(200))


def measure() -> dict[str, Figure]:
    """Measure what is sent, and main-thread time with and without it, in turns."""
    with service.database_server() as server:
        url, _ = service.database(server, "bench_widget", fresh=True)
        service.install(url)
        size = service.prepare(url, "widget_size")["packed"] / 1000
    kb = Figure(
        round(size, 2), "kB gzipped, against the most", 0, MOST_KB, round(size / MOST_KB, 3)
    )
    with _site() as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(chromium.FLAGS)
        )
        pairs = [(_busy(browser, f"{origin}/with"), _busy(browser, origin)) for _ in range(ROUNDS)]
        browser.close()
    costs = [with_it - bare for with_it, bare in pairs[1:]]
    start = Figure(
        value=round(median(costs), 2),
        unit="ms of main thread; the page alone is the floor",
        spread=round(max(costs) - min(costs), 2),
        floor=round(median(bare for _, bare in pairs[1:]), 2),
        ratio=round(median(with_it / bare for with_it, bare in pairs[1:]), 3),
    )
    return {"widget_kb": kb, "widget_start_ms": start}


def _busy(browser: Browser, address: str) -> float:
    """Give how many milliseconds the main thread of a page was busy; refuses one that shifted."""
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(address, wait_until="load")
    page.wait_for_timeout(400)
    metrics = {
        each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]
    }
    if page.evaluate("window.shifted || 0"):
        raise RuntimeError("the layout shifted")
    if address.endswith("/with") and not page.evaluate("!!window.ShipOps"):
        raise RuntimeError("the widget did not start")
    context.close()
    return float(metrics["TaskDuration"]) * 1000


@contextmanager
def _site() -> Iterator[str]:
    """Serve the page, bare and with the widget."""
    with service.database_server() as server:
        url, _ = service.database(server, "bench_widget", fresh=False)
        with service.web(service.environment(url)) as (port, _):
            tag = f'<script src="http://localhost:{port}/widget.js" data-key="k" defer></script>'

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    body = _PAGE.format(widget=tag * (self.path == "/with"), rows=_ROWS).encode()
                    self.send_response(200)
                    self.send_header("Content-Type", "text/html; charset=utf-8")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

                def log_message(self, *_: object) -> None:
                    pass

            site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            threading.Thread(target=site.serve_forever, daemon=True).start()
            try:
                yield f"http://127.0.0.1:{site.server_port}"
            finally:
                site.shutdown()
