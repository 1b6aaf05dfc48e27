"""What was shipped before on the same page or with the same error."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.html import strip_tags

from clients.models import Client, Project, User
from tests import factories
from tests.portal import signed_in
from tickets.models import Ticket
from tickets.queries.related import PAGE_DAYS, shipped_before

ERROR = [("fingerprint", "abc123")]
CHECKOUT = "https://shop.acme.test/checkout?cart=1"


@pytest.fixture
def ship(project: Project, engineer: User) -> Any:
    def ship(at: datetime, where: Project = project, **facts: Any) -> Ticket:
        facts.setdefault("state", "shipped")
        return factories.make_ticket(project=where, engineer=engineer, now=at, **facts)

    return ship


def test_what_was_shipped_with_the_same_error_comes_before_what_was_on_the_same_page(
    project: Project, ship: Any, now: datetime
) -> None:
    error = ship(now - timedelta(days=300), signals=ERROR)
    older = ship(now - timedelta(days=20), page_url="https://shop.acme.test/checkout")
    newer = ship(now - timedelta(days=10), page_url=CHECKOUT, state="verified", email="a@mail.test")
    both = factories.make_report(project, signals=ERROR, page_url=CHECKOUT, now=now)
    found = shipped_before(both)
    assert [(row.ticket, row.reason, row.is_same_error) for row in found] == [
        (error, "same error group", True),
        (newer, "same page /checkout", False),
        (older, "same page /checkout", False),
    ]
    ticket = factories.make_ticket(both, now=now)
    assert shipped_before(ticket) == found
    assert [row.ticket for row in shipped_before(ticket, most=1)] == [error]


def test_what_is_open_closed_long_ago_elsewhere_or_shipped_later_is_not_related(
    project: Project, acme: Client, foreign_project: Project, ship: Any, now: datetime
) -> None:
    day = timedelta(days=1)
    report = factories.make_report(project, signals=ERROR, page_url=CHECKOUT, now=now - day)
    same: dict[str, Any] = {"signals": ERROR, "page_url": CHECKOUT}
    ship(now - 2 * day, state="in_progress", **same)
    ship(now - 2 * day, state="closed", **same)
    ship(now - 2 * day, foreign_project, **same)
    ship(now, **same)
    ship(now - 2 * day - timedelta(days=PAGE_DAYS), page_url=CHECKOUT)
    ship(now - 2 * day, factories.make_project(acme, now=now), page_url=CHECKOUT)
    ship(now - 2 * day, page_url="https://shop.acme.test/account", signals=[("release", "1.2")])
    assert shipped_before(report) == []
    assert shipped_before(factories.make_report(project, now=now)) == []


def test_it_takes_two_statements_however_much_was_shipped(
    project: Project, ship: Any, now: datetime, django_assert_num_queries: Any
) -> None:
    for days in range(1, 7):
        ship(now - timedelta(days=days), signals=ERROR)
    report = factories.make_report(project, signals=ERROR, now=now)
    with django_assert_num_queries(2):
        assert [str(row.ticket.release) for row in shipped_before(report, most=5)] == ["None"] * 5


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"signals": ERROR}, "Regressed from #{} Credits shipped 12 days ago · same error group"),
        (
            {"page_url": CHECKOUT},
            "Perhaps regressed from #{} Credits shipped 12 days ago · same page /checkout",
        ),
    ],
)
def test_workbench_and_triage_say_what_it_may_have_regressed_from(
    project: Project, ship: Any, engineer: User, now: datetime, settings: Any,
    facts: dict[str, Any], words: str,
) -> None:  # fmt: skip
    settings.STAFF_SECOND_FACTOR = False
    before = ship(now - timedelta(days=12), title="Credits", **facts)
    report = factories.make_triaged_report(project, now=now, **facts)
    browser = signed_in(engineer)

    def read(path: str) -> str:
        return " ".join(strip_tags(browser.get(path).content.decode()).split())

    expected = words.format(before.number)
    assert expected in read(f"/console/triage/{report.number}/")
    ticket = factories.make_ticket(report, engineer=engineer, now=now)
    assert expected in read(f"/console/tickets/{ticket.number}/")
    assert "egressed from" not in read(f"/console/tickets/{before.number}/")
