"""Answers to a project's own questions, whichever way the report came."""

import json
from datetime import datetime
from typing import Any

import pytest

from clients.actions import publish_form
from clients.models import Project, User
from core.errors import InvalidInput
from tests import factories
from tests.api import Api, check_problem
from tests.portal import signed_in
from tickets import actions
from tickets.models import Report, ReportDetails
from tickets.queries.answers import answers_of

FORM = """
- {name: order, type: text, label: Order number, required: yes, help: "<b>On</b> the receipt"}
- {name: plan, type: choice, label: Plan, options: [{value: pro, label: Professional}, free]}
- {name: parts, type: choices, label: Parts, options: [cart, pay]}
- {name: paid, type: number, label: Paid}
- {name: again, type: yes_no, label: "Again?"}
"""


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def asking(project: Project, now: datetime) -> Project:
    """Acme's app, which asks for an order."""
    _publish(project, FORM, now)
    return project


def _publish(project: Project, source: str, now: datetime) -> None:
    publish_form(project_id=project.pk, source=source, actor=None, now=now)


def _told(report: Report) -> dict[str, str]:
    return {each.label: each.text for each in answers_of([report]).get(report.pk, [])}


def _send(user: User, project: Project, **fields: Any) -> Any:
    sent = {"text": "It broke.", "project": project.pk, **fields}
    return signed_in(user).post("/portal/report/", sent)


def test_the_portal_asks_judges_and_keeps_them(asking: Project, alice: User) -> None:
    page = signed_in(alice).get("/portal/report/").content.decode()
    assert "Order number" in page and "&lt;b&gt;On&lt;/b&gt;" in page
    refused = _send(alice, asking, **{"answers-paid": "much", "answers-plan": "gold"})
    assert refused.status_code == 422 and not Report.objects.exists()
    shown = refused.content.decode()
    for why in ("This is needed.", "Give a number.", "Choose one of the options.", 'value="much"'):
        assert why in shown, why
    given = {
        "answers-order": "A-17", "answers-plan": "pro", "answers-parts": ["cart", "pay"],
        "answers-paid": "12.50", "answers-again": "false",
    }  # fmt: skip
    assert _send(alice, asking, **given).status_code == 302
    report = Report.objects.get()
    assert report.details.answers == {"form": 1, "given": {
        "order": "A-17", "plan": "pro", "parts": ["cart", "pay"], "paid": 12.5, "again": False,
    }}  # fmt: skip
    assert _told(report)["Plan"] == "Professional"
    assert "A-17" in signed_in(alice).get(f"/portal/reports/{report.number}/").content.decode()


def test_the_form_follows_the_app_that_is_chosen(
    asking: Project, alice: User, charlie: User, now: datetime
) -> None:
    other = factories.make_project(asking.client, now=now)
    browser = signed_in(alice)
    assert "Order number" not in browser.get("/portal/report/").content.decode()
    path = "/portal/report/questions/"
    assert "Order number" in browser.get(path, {"project": asking.pk}).content.decode()
    assert "Order number" not in browser.get(path, {"project": other.pk}).content.decode()
    foreign = signed_in(charlie).get(path, {"project": asking.pk})
    assert "Order number" not in foreign.content.decode()
    assert _send(alice, other).status_code == 302


def test_the_api_judges_by_the_same_rules(asking: Project, api_token: str) -> None:
    api = Api(api_token)
    form = json.loads(api.get("form").content)
    assert form["version"] == 1 and form["schema"]["required"] == ["order"]
    refused = api.post("reports", {"text": "x", "answers": {"order": "A", "paid": "much"}})
    check_problem(refused, 400, "answers.paid")
    check_problem(api.post("reports", {"text": "x", "answers": {}}), 400, "answers.order")
    check_problem(
        api.post("reports", {"text": "x", "answers": {"order": "A", "no": 1}}), 400, "answers.no"
    )
    # A program that knows of no questions is asked none.
    assert api.post("reports", {"text": "x"}).status_code == 201
    sent = api.post("reports", {"text": "x", "answers": {"order": "A", "paid": 3}})
    number = json.loads(sent.content)["number"]
    read = json.loads(api.get(f"reports/{number}").content)
    assert read["answers"] == {"order": "A", "paid": 3}


def test_a_stranger_s_key_reads_its_own_questions_only(
    asking: Project, foreign_project: Project, now: datetime
) -> None:
    token = factories.make_api_key(project=foreign_project, now=now)[1]
    assert json.loads(Api(token).get("form").content)["questions"] == []
    assert Api().get("form").status_code == 401


def test_answers_are_judged_by_the_version_that_was_open_and_read_in_its_words(
    asking: Project, now: datetime
) -> None:
    _publish(asking, "- {name: shoe, type: text, label: Shoe size, required: yes}", now)
    report = factories.make_report(asking, answers={"order": "A-1"}, form_version=1, now=now)
    assert _told(report) == {"Order number": "A-1"}
    with pytest.raises(InvalidInput, match="no such question"):
        factories.make_report(asking, answers={"order": "A-1"}, now=now)
    # What no version is, is judged by the newest.
    factories.make_report(asking, answers={"shoe": "43"}, form_version=99, now=now)


def test_nothing_answered_stores_nothing(project: Project, now: datetime) -> None:
    factories.make_report(project, answers={}, now=now)
    assert not ReportDetails.objects.exists()
    with pytest.raises(InvalidInput):
        factories.make_report(project, answers={"order": "A"}, now=now)


def test_staff_read_answers_in_triage_and_on_the_workbench(
    asking: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(asking, answers={"order": "<i>A-1"}, now=now)
    browser = signed_in(engineer)
    page = browser.get(f"/console/triage/{report.number}/").content.decode()
    assert "Order number" in page and "&lt;i&gt;A-1" in page
    ticket = actions.accept_report(report_id=report.pk, actor=engineer, now=now)
    assert "&lt;i&gt;A-1" in browser.get(f"/console/tickets/{ticket.number}/").content.decode()
