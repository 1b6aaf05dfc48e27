"""Whom we asked, as the portal tells it to each of the team."""

from datetime import datetime

import pytest

from clients.models import Project, User
from tests import factories
from tests.portal import signed_in
from tickets import actions
from tickets.models import Report


def _asked(project: Project, engineer: User, now: datetime, **facts: object) -> Report:
    report = factories.make_triaged_report(project, now=now, **facts)
    actions.ask_reporter(report_id=report.pk, question="Which?", actor=engineer, now=now)
    return report


def _pages(person: User, report: Report) -> list[str]:
    browser = signed_in(person)
    paths = ("/portal/", "/portal/tickets/", f"/portal/reports/{report.number}/")
    return [browser.get(path).content.decode() for path in paths]


def test_who_was_asked_is_asked(project: Project, engineer: User, bob: User, now: datetime) -> None:
    report = _asked(project, engineer, now, by=bob)
    home, tickets, detail = _pages(bob, report)
    assert "We asked you" in home and "We asked you" in tickets and "We asked you" in detail
    assert "Your word is needed" in home and "Answer below" in detail


@pytest.mark.parametrize(("sender", "named"), [
    (actions.Sender(name="Kim <b>", email="kim@x.test"), "We asked Kim &lt;b&gt;"),
    (actions.Sender(email="kim@x.test"), "We asked kim@x.test"),
    (actions.Sender(name="Kim " * 20, email="kim@x.test"), "We asked Kim Kim Kim Kim Kim…"),
])  # fmt: skip
def test_a_question_to_somebody_outside_names_them_to_the_team(
    project: Project, engineer: User, alice: User, now: datetime, sender: actions.Sender, named: str
) -> None:
    report = _asked(project, engineer, now, sender=sender)
    for page in _pages(alice, report):
        assert named in page
        assert "We asked you" not in page and "Your word is needed" not in page
    assert "You may answer, too" in _pages(alice, report)[2]


def test_a_question_to_a_colleague_names_the_colleague_and_asks_no_answer_of_viewers(
    project: Project, engineer: User, bob: User, vera: User, now: datetime
) -> None:
    report = _asked(project, engineer, now, by=bob)
    pages = _pages(vera, report)
    for page in pages:
        assert f"We asked {bob.name}" in page and "We asked you" not in page
    assert "answer, too" not in pages[2] and "Answer below" not in pages[2]


def test_a_question_that_reached_nobody_is_asked_of_whoever_reads_it(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    report = _asked(project, engineer, now, sender=actions.Sender(name="Kim"))
    for page in _pages(alice, report):
        assert "We asked you" in page


def test_a_stranger_learns_of_no_question(
    project: Project, engineer: User, charlie: User, now: datetime
) -> None:
    report = _asked(project, engineer, now, sender=actions.Sender(name="Kim", email="k@x.test"))
    for page in _pages(charlie, report):
        assert "Kim" not in page and "We asked" not in page


def test_naming_whom_we_asked_costs_no_query_more(
    project: Project, engineer: User, alice: User, now: datetime,
    django_assert_max_num_queries: object,
) -> None:  # fmt: skip
    for number in range(12):
        _asked(project, engineer, now, email=f"kim{number}@x.test")
    browser = signed_in(alice)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        page = browser.get("/portal/tickets/").content.decode()
    assert page.count("We asked kim") == 12
