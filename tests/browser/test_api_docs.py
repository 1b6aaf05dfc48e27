"""The API's page for people: it fits, axe finds nothing, and the strict policy refuses nothing."""

import pytest
from playwright.sync_api import Page

from tests.browser.portal import check_accessibility, check_page


@pytest.mark.slow
def test_the_page_of_the_api_is_readable(page: Page) -> None:
    check_page(page, "/api/docs/")

    for answers in page.locator("summary").all():
        answers.click()
    check_accessibility(page, "/api/docs/ with all answers open")
