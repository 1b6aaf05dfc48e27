"""A real browser on the live server; any console error or refused script fails the test."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser import chromium

# Playwright's event loop lives in this thread, where Django would refuse its ORM.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give one Chromium for all browser tests of this process."""
    program = chromium.find()
    if program is None:
        message = "no Chromium here: run make test, which installs one, or install it by hand"
        pytest.fail(message) if chromium.required() else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, headless=True, args=list(chromium.FLAGS)
        )
        yield browser
        browser.close()


@pytest.fixture
def problems() -> list[str]:
    """Give what the browser complained about; a test that provokes a complaint clears it."""
    return []


@pytest.fixture
def page(browser: Browser, live_server: Any, problems: list[str]) -> Iterator[Page]:
    """Give an empty page, signed in as nobody, on the live server (``page.goto("/portal/")``)."""
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 1280, "height": 800},
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    # What was asked for without a browser may never have been read to its end.
    _requests.count = 0
    page = context.new_page()

    def note(message: ConsoleMessage) -> None:
        # Refusals of the Content-Security-Policy arrive here as errors, too.
        if message.type == "error":
            problems.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", note)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    _wait_until_idle()
    assert not problems, "the browser complained:\n" + "\n".join(problems)


class _Requests:
    """How many requests the live server works on."""

    def __init__(self) -> None:
        self.count = 0
        self.lock = Lock()

    def started(self, **_: Any) -> None:
        with self.lock:
            self.count += 1

    def finished(self, **_: Any) -> None:
        with self.lock:
            self.count -= 1


_requests = _Requests()
request_started.connect(_requests.started)
request_finished.connect(_requests.finished)


def _wait_until_idle() -> None:
    """Let the server finish what the browser asked for and no longer waits for.

    Its locks would stand against the emptying of the tables.
    """
    deadline = time.monotonic() + 10
    while _requests.count and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.fixture
def screenshot(page: Page) -> Callable[..., None]:
    """Give a function that keeps a picture of the page for the docs, when those are wanted."""

    def take(name: str, *, full_page: bool = False) -> None:
        if os.environ.get("UPDATE_SCREENSHOTS") != "1":
            return
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full_page)

    return take
