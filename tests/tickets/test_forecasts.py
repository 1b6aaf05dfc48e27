import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from clients import actions as client_actions
from clients.models import Client, PlanVersion, Project, User
from tests import factories
from tests.api import Api
from tests.portal import signed_in
from tickets.admin.events import describe
from tickets.models import ShareAccount, Ticket, TicketEventKind
from tickets.queries.forecasts import Prospect, forecast, prospects
from tickets.rules.words import Unpromised

# A Wednesday, in office hours.
NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
THIS_WEEK = date(2026, 6, 8)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def _backlog(project: Project, engineer: User, **facts: Any) -> Ticket:
    """A ticket of a client without any token."""
    PlanVersion.objects.filter(retainers__client=project.client).update(
        tokens_per_slot=0, most_tokens_per_slot=0
    )
    facts = {"now": NOON, "severity": "S4", **facts}
    return factories.make_ticket(project=project, engineer=engineer, **facts)


def test_a_week_follows_from_what_nobody_else_needs(project: Project, engineer: User) -> None:
    ticket = _backlog(project, engineer, estimate_minutes=60)
    assert forecast(ticket, NOON) == THIS_WEEK
    # From Wednesday noon: 5 + 8 + 8 hours this week, 40 in each later one.
    long = _backlog(project, engineer, estimate_minutes=21 * 60 - 60)
    assert forecast(long, NOON) == THIS_WEEK
    later = _backlog(project, engineer, estimate_minutes=6)
    assert forecast(later, NOON) == THIS_WEEK + WEEK


def test_promised_work_goes_first(project: Project, engineer: User) -> None:
    other = factories.make_client(now=NOON)
    factories.make_retainer(client=other, now=NOON)
    promised = factories.make_ticket(
        project=factories.make_project(other, now=NOON),
        engineer=engineer,
        severity="S4",
        estimate_minutes=1200,
        now=NOON,
    )
    assert promised.due_at
    assert forecast(_backlog(project, engineer), NOON) == THIS_WEEK + WEEK


def test_clients_with_waiting_work_share_the_time_by_slots(
    acme: Client, project: Project, foreign_project: Project, engineer: User
) -> None:
    ticket = _backlog(project, engineer, estimate_minutes=20 * 60)
    assert forecast(ticket, NOON) == THIS_WEEK
    _backlog(foreign_project, engineer, estimate_minutes=10)
    assert forecast(ticket, NOON) == THIS_WEEK + WEEK
    PlanVersion.objects.filter(retainers__client=acme).update(slots=30)
    assert forecast(ticket, NOON) == THIS_WEEK


def test_where_nobody_works_there_is_no_week(project: Project, engineer: User) -> None:
    ticket = _backlog(project, engineer)
    User.objects.filter(pk=engineer.pk).update(is_active=False)
    assert forecast(ticket, NOON) is None


def test_what_takes_more_than_half_a_year_has_no_week(project: Project, engineer: User) -> None:
    tickets = [_backlog(project, engineer, estimate_minutes=12_000) for _ in range(7)]
    assert forecast(tickets[0], NOON)
    assert forecast(tickets[-1], NOON) is None


def test_who_is_on_no_plan_has_no_week(engineer: User, db: None) -> None:
    project = factories.make_project(now=NOON)
    ticket = _backlog(project, engineer)
    assert prospects([ticket], NOON)[ticket.number].week is None
    assert prospects([ticket], NOON)[ticket.number].why is None


def test_any_number_of_tickets_costs_the_same(
    project: Project, engineer: User, django_assert_max_num_queries: Any
) -> None:
    tickets = [_backlog(project, engineer) for _ in range(6)]
    with django_assert_max_num_queries(5):
        assert len(prospects(tickets, NOON)) == 6


def test_what_is_under_way_is_not_in_the_backlog(project: Project, engineer: User) -> None:
    ticket = _backlog(project, engineer, state="in_progress")
    assert prospects([ticket], NOON) == {}


def test_why_nothing_is_promised_is_asked_of_the_tokens_of_this_instant(
    acme: Client, project: Project, foreign_project: Project, engineer: User, now: datetime,
    alice: User, api_token: str,
) -> None:  # fmt: skip
    """Refused for want of a token first, and of time once there is one again."""
    ticket = _backlog(project, engineer, now=now)
    Ticket.objects.filter(pk=ticket.pk).update(estimate_minutes=3000)
    PlanVersion.objects.filter(retainers__client=acme).update(
        tokens_per_slot=1, most_tokens_per_slot=2
    )
    assert prospects([ticket], now)[ticket.number].why == Unpromised.SLOTS

    account = ShareAccount.objects.filter(client=acme)
    account.update(tokens=0, tokens_at=now - WEEK)
    assert prospects([ticket], now)[ticket.number].why == Unpromised.CAPACITY
    words = "our engineers are full until then"
    for path in ("/portal/", "/portal/tickets/", f"/portal/tickets/{ticket.number}/"):
        assert words in signed_in(alice).get(path).content.decode()
    answer = Api(api_token).get(f"tickets/{ticket.number}")
    assert json.loads(answer.content)["backlog_reason"] == "engineers_full"

    # This week there is time for a short one: it is about to be promised.
    account.update(tokens=1)
    Ticket.objects.filter(pk=ticket.pk).update(estimate_minutes=15)
    assert prospects([ticket], NOON)[ticket.number] == Prospect(week=THIS_WEEK)


def test_the_api_tells_what_stands_still(
    acme: Client, promised: Ticket, api_token: str, now: datetime
) -> None:
    def told() -> Any:
        return json.loads(Api(api_token).get(f"tickets/{promised.number}").content)["stands_still"]

    assert told() is None
    client_actions.set_retainer_state(
        retainer_id=acme.retainers.get().pk, state="paused", actor=None, now=now
    )
    assert told() == "paused"


@pytest.fixture
def promised(project: Project, engineer: User, now: datetime) -> Ticket:
    return factories.make_ticket(project=project, engineer=engineer, severity="S4", now=now)


@pytest.fixture
def waiting(project: Project, engineer: User, now: datetime) -> Ticket:
    return _backlog(project, engineer, now=now)


@pytest.mark.parametrize("path", ["/portal/", "/portal/tickets/", "/portal/tickets/{0}/"])
def test_the_client_sees_what_is_promised_and_what_is_not(
    alice: User, charlie: User, promised: Ticket, waiting: Ticket, path: str
) -> None:
    browser = signed_in(alice)
    page = browser.get(path.format(promised.number)).content.decode()
    assert "due by" in page.lower()
    page = browser.get(path.format(waiting.number)).content.decode()
    assert "likely the week of" in page
    assert "beyond your plan's slots" in unescape(page)
    answer = signed_in(charlie).get(path.format(waiting.number))
    assert answer.status_code == 404 or "likely the week of" not in answer.content.decode()


@pytest.mark.parametrize(
    ("state", "words"),
    [("paused", "while your plan is paused"), ("ended", "while your plan is not active")],
)
def test_nothing_is_late_while_the_plan_is_not_served(
    acme: Client, alice: User, engineer: User, project: Project, now: datetime,
    state: str, words: str,
) -> None:  # fmt: skip
    facts: Any = {"project": project, "engineer": engineer, "severity": "S4", "now": now}
    promised = factories.make_ticket(**facts)
    hand = factories.make_ticket(**facts, state="in_progress")
    backlog = factories.make_ticket(**facts)
    Ticket.objects.filter(pk=backlog.pk).update(due_at=None, committed_at=None)
    Ticket.objects.exclude(pk=backlog.pk).update(due_at=now - timedelta(days=1))
    retainer = acme.retainers.get()
    client_actions.set_retainer_state(
        retainer_id=retainer.pk, state=state, actor=None, now=now + timedelta(hours=1)
    )

    browser = signed_in(alice)
    for ticket in (promised, hand, backlog):
        page = _words(browser.get(f"/portal/tickets/{ticket.number}/"))
        assert f"stands still {words}" in page
        assert "is late" not in page and "likely the week" not in page
    page = _words(browser.get("/portal/tickets/"))
    assert page.count(f"stands still {words}") == 3
    assert "due by" not in page.lower()

    console = signed_in(engineer)
    assert "data-late" not in console.get("/console/queue/").content.decode()
    page = _words(console.get(f"/console/tickets/{promised.number}/"))
    assert "due time stands still while the client's plan is not served" in page
    assert "was due" not in page


def test_no_due_time_is_told_while_we_wait_for_the_client(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, severity="S4", state="waiting", now=now
    )
    Ticket.objects.update(due_at=now - timedelta(days=1))
    page = _words(signed_in(alice).get(f"/portal/tickets/{ticket.number}/"))
    assert "Its due time stands still while we wait for you" in page and "is late" not in page
    page = _words(signed_in(engineer).get(f"/console/tickets/{ticket.number}/"))
    assert "due time stands still while we wait for the client" in page and "was due" not in page


def _words(answer: Any) -> str:
    """The words of a page, without tags, in one line."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(unescape(text).split())


def test_a_refusal_names_no_other_client(
    project: Project, foreign_project: Project, engineer: User, alice: User, now: datetime
) -> None:
    tight = factories.make_ticket(
        project=foreign_project, engineer=engineer, severity="S3", estimate_minutes=2390, now=now
    )
    refused = factories.make_ticket(
        project=project, engineer=engineer, severity="S2", estimate_minutes=60, now=now
    )
    assert refused.due_at is None
    page = signed_in(alice).get(f"/portal/tickets/{refused.number}/").content.decode()
    assert "backlog" in page and "our engineers are full until then" in page
    assert "beyond your plan" not in page
    assert f"#{tight.number}" not in page and "Globex" not in page
    told = describe(refused.events.get(kind=TicketEventKind.NOT_PROMISED), {})
    assert told == f"put it into the backlog: #{tight.number} would be late"


def test_the_api_tells_both(api_token: str, promised: Ticket, waiting: Ticket) -> None:
    api = Api(api_token)

    def read(path: str) -> Any:
        return json.loads(api.get(path).content)

    first, second = (read(f"tickets/{each.number}") for each in (promised, waiting))
    assert first["due_at"] and first["likely_week"] is first["backlog_reason"] is None
    assert second["backlog_reason"] == "beyond_slots"
    assert second["due_at"] is None
    assert date.fromisoformat(second["likely_week"]).weekday() == 0
    assert read("tickets")["results"] == [second, first]
