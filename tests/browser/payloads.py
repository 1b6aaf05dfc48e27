"""What others have tried to make a page run, and a walk through all pages on which it is read."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from playwright.sync_api import Dialog, Page

from clients.models import Client, User
from tests import factories
from tests.browser.portal import sign_in
from tickets.actions import propose_triage, publish_title, status_address
from tickets.models import Attachment, Report

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
}


def read_everywhere(
    page: Page, reports: list[Report], client: Client, owner: User, staff: User, now: datetime
) -> Callable[..., None]:
    """Open what was reported in every place, half of it as tickets; gives what opens more.

    Nothing in it may have become an element or called ``alert``.
    """
    alerts: list[str] = []

    def note(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    def walk(*paths: str) -> None:
        for path in paths:
            answer = page.goto(path)
            assert answer and answer.status == 200, (path, answer and answer.status)
            page.wait_for_load_state("networkidle")
            assert page.locator("[data-hacked]").count() == 0, path
            assert not alerts, path

    page.on("dialog", note)
    for report in reports:
        propose_triage(report_id=report.pk, now=now)
    half = len(reports) // 2
    tickets = [
        factories.make_ticket(report, engineer=staff, title=report.text[:150], now=now)
        for report in reports[:half]
    ]
    for ticket in tickets:
        publish_title(ticket_id=ticket.pk, title=ticket.title, actor=staff, now=now)

    walk(*(status_address(report_id=report.pk, now=now) for report in reports))
    sign_in(page, owner)
    walk("/portal/", "/portal/tickets/", "/portal/tickets/?q=alert")
    walk(*(f"/portal/tickets/{ticket.number}/" for ticket in tickets))
    walk(*(f"/portal/reports/{report.number}/" for report in reports[half:]))
    sign_in(page, staff)
    walk("/console/", "/console/triage/", "/console/queue/", "/console/search/?q=alert")
    walk(*(f"/console/tickets/{ticket.number}/" for ticket in tickets))
    walk(*(f"/console/triage/{report.number}/" for report in reports[half:]))
    walk(f"/console/clients/{client.pk}/reporters/")
    return walk


def check_files(page: Page, server: Any) -> None:
    """See that every file is given out as text or not shown at all, under a name that is none."""
    assert Attachment.objects.count() == len(FILES)
    for file in Attachment.objects.all():
        answer = page.request.get(f"{server.url}/portal/files/{file.pk}/")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (
            "attachment" in answer.headers["content-disposition"]
            or "sandbox" in (answer.headers["content-security-policy"])
        )
        assert "<" not in file.name
