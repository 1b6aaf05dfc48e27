"""The editor of a calendar, on a phone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients.models import Calendar, User
from tests.browser.portal import check_accessibility, sign_in

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]


def test_a_week_is_edited_on_a_phone_and_seen_before_it_counts(
    page: Page, ops_admin: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    house = Calendar.objects.get(is_house=True)
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, ops_admin)
    page.goto(f"/console/calendars/{house.pk}/")
    page.get_by_role("link", name="Change the hours").click()
    page.get_by_label("Monday, time 1: to").fill("16:30")
    page.get_by_role("button", name="Tuesday to Friday like Monday").click()
    expect(page.get_by_role("heading", name="The coming weeks, as typed")).to_be_attached()
    expect(page.get_by_role("img", name="9:00–16:30")).not_to_have_count(0)
    page.get_by_label("Country", exact=True).select_option("DE")
    page.get_by_label("Part of the country").select_option("BY")
    expect(page.get_by_role("heading", name="Coming public holidays")).to_be_attached()
    page.locator(".week-day").first.evaluate("day => day.classList.add('week-past')")
    check_accessibility(page, "calendar")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert house.versions.count() == 1

    page.get_by_role("button", name="Publish the new hours").click()
    expect(page.get_by_text("v2 is published")).to_be_visible()
    version = house.versions.get(version=2)
    assert version.hours.week == (((540, 990),),) * 5 + ((),) * 2
    assert (version.country, version.subdivision) == ("DE", "BY")
