"""Nothing that comes by the widget ever runs, on whatever page of ours it is read."""

import json
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from clients.actions import publish_form
from clients.models import Client, Project, User
from tests import factories
from tests.browser.payloads import FILES, PAYLOADS, check_files, read_everywhere
from tickets.actions import Submission, submit_from_page
from tickets.models import Report

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]


def _hostile(payload: str, number: int) -> Submission:
    row = {"level": payload, "text": payload, "method": payload, "path": payload,
           "status": payload, "target": payload, "at": payload}  # fmt: skip
    return Submission(
        text=f"{payload}\n{number}",
        page=f"https://shop.example/{payload}",
        browser=payload,
        release=payload[:60],
        trace=payload[:60],
        context={
            **dict.fromkeys(("browser", "viewport", "screen", "language", "time_zone"), payload),
            **{name: [row] for name in ("console", "requests", "clicks")},
        },
        user={"id": payload, "name": payload, payload: payload},
        answers={"order": payload},
        files=list(FILES.items()) if number == 0 else (),
    )


@pytest.fixture
def reports(project: Project, live_server: Any, settings: Any, now: datetime) -> list[Report]:
    settings.SITE_URL = live_server.url
    settings.STAFF_SECOND_FACTOR = False
    source = "- {name: order, type: long_text, label: Order}"
    publish_form(project_id=project.pk, source=source, actor=None, now=now)
    key = factories.make_browser_key(project=project, now=now)
    return [
        submit_from_page(
            key=key, sent=_hostile(payload, number), source_key=f"k{number}", now=now
        ).report
        for number, payload in enumerate(PAYLOADS)
    ]


def test_nothing_sent_by_a_page_runs_anywhere(
    page: Page, reports: list[Report], acme: Client, alice: User, ops_admin: User, now: datetime,
    live_server: Any,
) -> None:  # fmt: skip
    read_everywhere(page, reports, acme, alice, ops_admin, now)
    check_files(page, live_server)
    assert json.dumps(reports[0].details.context), "it is kept as it came"
