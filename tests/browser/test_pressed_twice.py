"""Hasty hands: a double click, a held key and the back button do everything once."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from clients.models import Project, User
from tests.browser.portal import sign_in
from tests.factories import make_ticket, make_triaged_report
from tickets.models import Report, Ticket, TicketEvent, TimeEntry

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def press_slowly_twice(page: Page, button: Locator) -> None:
    """Double-click so slowly that the next page stands under the second press."""
    box = button.bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    with page.expect_navigation():
        page.mouse.click(*middle)
    page.mouse.move(*middle)
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)


def test_a_report_sent_by_a_double_click_is_one_report(
    page: Page, alice: User, project: Project
) -> None:
    sign_in(page, alice)
    page.goto("/portal/report/")
    page.get_by_label("What happened?").fill("My customer paid and got no credits.")
    page.get_by_role("button", name="Send the report").dblclick()

    expect(page.get_by_role("heading", name="is with us")).to_be_visible()
    assert Report.objects.count() == 1


def test_going_back_after_sending_does_not_offer_to_send_it_again(
    page: Page, alice: User, project: Project
) -> None:
    sign_in(page, alice)
    page.goto("/portal/report/")
    page.get_by_label("What happened?").fill("My customer paid and got no credits.")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("heading", name="is with us")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("What happened?")).to_have_value("")

    page.goto(f"/portal/reports/{Report.objects.get().number}/")
    page.get_by_label("Your reply", exact=True).fill("It happened again.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("article").get_by_text("It happened again.")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Your reply", exact=True)).to_have_value("")


def test_a_double_click_takes_one_ticket(
    page: Page, project: Project, engineer: User, now: datetime
) -> None:
    for _ in range(3):
        make_ticket(project=project, now=now)
    sign_in(page, engineer)
    page.goto("/console/queue/")
    page.get_by_role("button", name="Take next").dblclick()

    expect(page.get_by_role("button", name="Start the clock")).to_be_visible()
    assert Ticket.objects.filter(assignee=engineer).count() == 1


def test_a_double_click_ships_once_and_asks_once(
    page: Page, project: Project, alice: User, engineer: User, now: datetime
) -> None:
    ticket = make_ticket(project=project, by=alice, state="in_review", engineer=engineer, now=now)
    sign_in(page, engineer)
    page.goto(f"/console/tickets/{ticket.number}/")
    page.get_by_text("Ship …").click()
    page.get_by_role("button", name="It is live").dblclick()

    expect(page.get_by_text("Shipped", exact=True).first).to_be_visible()
    assert TicketEvent.objects.filter(ticket=ticket, kind="ticket.shipped").count() == 1


def test_a_double_click_on_the_clock_starts_it_and_logs_once(
    page: Page, project: Project, engineer: User, now: datetime
) -> None:
    ticket = make_ticket(project=project, engineer=engineer, state="in_progress", now=now)
    sign_in(page, engineer)
    page.goto(f"/console/tickets/{ticket.number}/")
    press_slowly_twice(page, page.get_by_role("button", name="Start the clock"))
    stop = page.get_by_role("button", name="Stop and log")
    expect(stop).to_be_visible()
    assert not TimeEntry.objects.exists()

    press_slowly_twice(page, stop)
    expect(page.get_by_role("button", name="Start the clock")).to_be_visible()
    assert TimeEntry.objects.count() == 1


def test_a_slow_double_click_accepts_only_the_report_that_was_read(
    page: Page, project: Project, alice: User, engineer: User, now: datetime
) -> None:
    reports = [
        make_triaged_report(project, by=alice, text=f"Export {n} is empty", now=now)
        for n in range(3)
    ]
    sign_in(page, engineer)
    page.goto(f"/console/triage/{reports[0].pk}/")
    press_slowly_twice(page, page.get_by_role("button", name="Accept into the queue"))

    expect(page.get_by_text(f"#{reports[0].pk} is in the queue")).to_be_visible()
    page.goto("/console/triage/")
    assert Ticket.objects.count() == 1


def test_a_held_key_accepts_only_the_report_that_was_read(
    page: Page, project: Project, alice: User, engineer: User, now: datetime
) -> None:
    reports = [
        make_triaged_report(project, by=alice, text=f"Export {n} is empty", now=now)
        for n in range(3)
    ]
    sign_in(page, engineer)
    page.goto(f"/console/triage/{reports[0].pk}/")
    with page.expect_navigation():
        page.keyboard.down("a")
    page.keyboard.down("a")
    page.keyboard.up("a")

    expect(page.get_by_text(f"#{reports[0].pk} is in the queue")).to_be_visible()
    page.goto("/console/triage/")
    assert Ticket.objects.count() == 1
