"""A real browser on the live server; any console error or refused script fails the test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
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
    page = context.new_page()

    def note(message: ConsoleMessage) -> None:
        # Refusals of the Content-Security-Policy arrive here as errors, too.
        if message.type == "error":
            problems.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", note)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert not problems, "the browser complained:\n" + "\n".join(problems)


@pytest.fixture
def screenshot(page: Page) -> Callable[..., None]:
    """Give a function that keeps a picture of the page for the docs, when those are wanted."""

    def take(name: str, *, full_page: bool = False) -> None:
        if os.environ.get("UPDATE_SCREENSHOTS") != "1":
            return
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full_page)

    return take
