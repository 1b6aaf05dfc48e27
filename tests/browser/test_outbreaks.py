"""An outbreak from the notice on a ticket to the fix that is shipped for all."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients.models import Project, User
from tests.browser.portal import check_page, sign_in
from tests.factories import make_ticket, walk_ticket
from tickets import tasks
from tickets.models import Outbreak, Ticket
from tickets.rules.states import TicketState

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def test_one_fix_is_shipped_for_two_clients(
    page: Page, project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    signals = [("fingerprint", "mailer.DeliveryTimeout:" + "x" * 120)]
    mine, other = (
        make_ticket(project=where, engineer=engineer, signals=signals, now=now)
        for where in (project, foreign_project)
    )
    third = make_ticket(engineer=engineer, now=now)
    tasks.detect_outbreaks()
    outbreak = Outbreak.objects.get()
    walk_ticket(mine, "in_review", engineer=engineer, now=now)
    sign_in(page, engineer)
    for path in ("/console/outbreaks/", f"/console/outbreaks/{outbreak.pk}/"):
        check_page(page, path)

    page.goto(f"/console/tickets/{mine.number}/")
    page.get_by_role("link", name="Open the outbreak").click()
    page.get_by_label("Number of the ticket").fill(f"#{third.number}")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(f"#{third.number} is part of it.")).to_be_visible()
    page.get_by_role("button", name=f"Take #{third.number} out").click()
    expect(page.get_by_text(f"#{third.number} is no longer part of it.")).to_be_visible()

    page.get_by_label("Release of Acme Shop").fill("2.0")
    page.get_by_role("button", name="It is live").click()
    expect(page.get_by_text(f"#{mine.number} shipped")).to_be_visible()
    expect(page.get_by_text("1 of its tickets is open.")).to_be_visible()
    assert Ticket.objects.get(pk=mine.pk).state == TicketState.SHIPPED
    assert Ticket.objects.get(pk=other.pk).state == TicketState.QUEUED
