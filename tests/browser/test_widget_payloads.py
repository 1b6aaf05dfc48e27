"""Nothing that comes by the widget ever runs, on whatever page of ours it is read."""

import json
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page

from clients.actions import publish_form
from clients.models import Client, Project, User
from tests import factories
from tests.browser.portal import sign_in
from tickets.actions import (
    Submission,
    propose_triage,
    publish_title,
    status_address,
    submit_from_page,
)
from tickets.models import Attachment, Report

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]

# Each would leave an element marked data-hacked, or call alert.
PAYLOADS = [
    "<script data-hacked>alert(1)</script>",
    "<img data-hacked src=x onerror=alert(1)>",
    "\"><svg data-hacked onload=alert(1)>",
    "'><iframe data-hacked srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "</textarea></title></script><b data-hacked>",
    "<a data-hacked href=\"javascript:alert(1)\">x</a> [x](javascript:alert(1))",
    "<math><mi//xlink:href=\"data:x,<script data-hacked>alert(1)</script>\">",
    "{{ 7|add:7 }}{% debug %}${alert(1)}",
    "<details data-hacked open ontoggle=alert(1)>",
    "<style data-hacked>@import'//evil.test'</style><link data-hacked rel=stylesheet href=//e>",
    "\u202e<sc\u200bript>alert(1)</script>\x1b[31m",
    "<form data-hacked action=//evil.test><button autofocus onfocus=alert(1)>",
]  # fmt: skip
FILES = {
    "<img src=x onerror=alert(1)>.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
    "page.html": b"<!doctype html><script>alert(1)</script>",
    '"><b data-hacked>.txt': b"<script>alert(1)</script>",
}  # fmt: skip


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
    found = []
    for number, payload in enumerate(PAYLOADS):
        sent = _hostile(payload, number)
        report = submit_from_page(key=key, sent=sent, source_key=f"k{number}", now=now).report
        propose_triage(report_id=report.pk, now=now)
        found.append(report)
    return found


def test_nothing_sent_by_a_page_runs_anywhere(
    page: Page, reports: list[Report], acme: Client, alice: User, ops_admin: User, now: datetime,
    live_server: Any,
) -> None:  # fmt: skip
    alerts: list[str] = []

    def note(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    tickets = [
        factories.make_ticket(report, engineer=ops_admin, title=report.text[:150], now=now)
        for report in reports[: len(reports) // 2]
    ]
    for ticket in tickets:
        publish_title(ticket_id=ticket.pk, title=ticket.title, actor=ops_admin, now=now)
    waiting = reports[len(reports) // 2 :]
    addresses = [status_address(report_id=report.pk, now=now) for report in reports]

    def walk(paths: list[str]) -> None:
        for path in paths:
            answer = page.goto(path)
            assert answer and answer.status == 200, (path, answer and answer.status)
            page.wait_for_load_state("networkidle")
            assert page.locator("[data-hacked]").count() == 0, path
            assert not alerts, path

    walk(addresses)
    sign_in(page, alice)
    walk(["/portal/", "/portal/tickets/", "/portal/tickets/?q=alert"])
    walk([f"/portal/tickets/{ticket.number}/" for ticket in tickets])
    walk([f"/portal/reports/{report.number}/" for report in waiting])
    sign_in(page, ops_admin)
    walk(["/console/", "/console/triage/", "/console/queue/", "/console/search/?q=alert"])
    walk([f"/console/tickets/{ticket.number}/" for ticket in tickets])
    walk([f"/console/triage/{report.number}/" for report in waiting])
    walk([f"/console/clients/{acme.pk}/reporters/"])

    files = Attachment.objects.all()
    assert len(files) == len(FILES)
    for file in files:
        answer = page.request.get(f"{live_server.url}/portal/files/{file.pk}/")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (
            "attachment" in answer.headers["content-disposition"]
            or "sandbox" in (answer.headers["content-security-policy"])
        )
        assert "<" not in file.name
    assert json.dumps(reports[0].details.context), "it is kept as it came"
