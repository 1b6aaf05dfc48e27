"""The widget in a real browser, on a site of another origin that does all it may against it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients.models import ApiKey, Project
from tests import factories
from tests.browser.shop import Shop, open_shop
from tickets.models import Report

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]


@pytest.fixture
def shop(live_server: Any, settings: Any) -> Iterator[Shop]:
    settings.SITE_URL = live_server.url
    settings.WIDGET_PROOF_BITS = 8
    with open_shop(live_server.url) as opened:
        yield opened


@pytest.fixture
def key(project: Project, shop: Shop, now: datetime) -> ApiKey:
    return factories.make_browser_key(project=project, origins=shop.origin, now=now)


def _open(page: Page, shop: Shop, key: ApiKey, **data: str) -> None:
    shop.embed(str(key.public_token), **data)
    page.goto(f"{shop.origin}/?step=2&token=s3cretvalue")


def test_a_reporter_says_what_broke_where_it_broke(
    page: Page, shop: Shop, key: ApiKey, problems: list[str]
) -> None:
    _open(page, shop, key, release="2026.11.3")
    page.locator("#pay").click()
    page.get_by_role("button", name="Report a problem").click()
    page.get_by_label("What happened?").fill("I paid with 4111 1111 1111 1111 and got nothing.")
    page.get_by_label("Your e-mail address").fill("kim@example.com")
    page.get_by_text("What is sent along").click()
    expect(page.get_by_text("POST /api/pay/17 500")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you. Your report has the number")).to_be_visible()

    report = Report.objects.get()
    assert report.text == "I paid with *** and got nothing."
    assert report.page_url == f"{shop.origin}/?step=2&token=***"
    context = report.details.context
    words = str(context)
    for secret in ("hunter2", "4111", "abc123", "s3cret", "session=abc"):
        assert secret not in words, context
    assert [row["target"] for row in context["clicks"]] == ["button#pay"]
    requests = [(row["method"], row["path"], row["status"]) for row in context["requests"]]
    assert requests == [("POST", "/api/pay/17", "500"), ("GET", "/missing", "404")]
    levels = [row["level"] for row in context["console"]]
    assert levels == ["error", "unhandled"]
    assert ("release", "2026.11.3") in report.signals.values_list("kind", "value")

    with page.expect_popup() as popup:
        page.get_by_role("link", name="Follow it and answer").click()
    expect(popup.value.get_by_role("heading", name="I paid with *** and got")).to_be_visible()
    # What the shop itself did wrong; nothing of ours.
    assert all(("Payment failed" in p or shop.origin in p or "not handled" in p) for p in problems)
    problems.clear()
