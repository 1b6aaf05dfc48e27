"""The console's pages of outbreaks; and that no client ever sees any of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Project, User
from tests import factories
from tests.api import Api
from tests.console import post, said
from tests.portal import signed_in
from tickets import actions, tasks
from tickets.models import Outbreak, Ticket
from tickets.queries import timeline_of
from tickets.rules.states import TicketState

FINGERPRINT = "stripe-webhook-7f3a"
LIST = "/console/outbreaks/"


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def pair(
    project: Project, foreign_project: Project, alice: User, charlie: User, engineer: User,
    now: datetime,
) -> tuple[Ticket, Ticket]:  # fmt: skip
    """A ticket of Acme and one of Globex with the same fingerprint."""
    signals = [("fingerprint", FINGERPRINT)]
    made = [
        factories.make_ticket(
            project=where, by=who, engineer=engineer, signals=signals, title=title, now=now
        )
        for where, who, title in (
            (project, alice, "Acme's credits are missing"),
            (foreign_project, charlie, "Globex's invoices are stuck"),
        )
    ]
    tasks.detect_outbreaks()
    first, second = (Ticket.objects.get(pk=ticket.pk) for ticket in made)
    return first, second


@pytest.fixture
def outbreak(pair: tuple[Ticket, Ticket]) -> Outbreak:
    """The outbreak of the two."""
    return Outbreak.objects.get()


def _page(outbreak: Outbreak) -> str:
    return f"{LIST}{outbreak.pk}/"


# --- The list ------------------------------------------------------------------------------------


def test_an_empty_list_says_what_an_outbreak_is(engineer: User) -> None:
    page = signed_in(engineer).get(LIST)
    assert "No two clients have the same problem" in page.content.decode()


def test_open_outbreaks_stand_first(engineer: User, now: datetime) -> None:
    made = []
    for hours in (3, 2, 1):
        at = now - timedelta(hours=hours)
        numbers = [factories.make_ticket(engineer=engineer, now=at).number for _ in range(2)]
        made.append(actions.open_outbreak(numbers=numbers, actor=engineer, now=at))
    actions.close_outbreak(outbreak_id=made[2].pk, actor=engineer, now=now)
    page = signed_in(engineer).get(LIST)
    assert list(page.context["pages"]) == [made[1], made[0], made[2]]


def test_the_list_takes_as_many_statements_for_many_as_for_one(
    outbreak: Outbreak, engineer: User, now: datetime
) -> None:
    browser = signed_in(engineer)
    browser.get(LIST)

    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(address).status_code == 200
        return len(asked)

    before = cost(LIST), cost(_page(outbreak))
    for _ in range(4):
        numbers = [factories.make_ticket(engineer=engineer, now=now).number for _ in range(2)]
        actions.open_outbreak(numbers=numbers, actor=engineer, now=now)
        more = factories.make_ticket(engineer=engineer, now=now)
        actions.link_ticket(outbreak_id=outbreak.pk, number=more.number, actor=engineer, now=now)
    assert (cost(LIST), cost(_page(outbreak))) == before
    assert max(before) <= 15


def test_one_is_opened_by_hand(
    project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    mine = factories.make_ticket(project=project, engineer=engineer, now=now)
    other = factories.make_ticket(project=foreign_project, engineer=engineer, now=now)
    refused = post(engineer, LIST, numbers=f"#{mine.number}", title="Stripe <b>is</b> down")
    assert refused.status_code == 400
    assert "Name 2 to 50 tickets." in said(refused)
    assert "Stripe &lt;b&gt;is&lt;/b&gt; down" in refused.content.decode()
    for typed in ("x, y", "1;²", "9" * 30, "-1 2"):
        assert post(engineer, LIST, numbers=typed).status_code == 400
    assert not Outbreak.objects.exists()

    opened = post(
        engineer, LIST, numbers=f" #{mine.number}; {other.number},", title="Stripe <b>is</b> down"
    )
    assert "Opened." in said(opened)
    assert "Stripe &lt;b&gt;is&lt;/b&gt; down" in opened.content.decode()
    assert set(Outbreak.objects.get().tickets.all()) == {mine, other}


# --- One outbreak --------------------------------------------------------------------------------


def test_the_page_says_what_they_share_and_where_each_stands(
    outbreak: Outbreak, pair: tuple[Ticket, Ticket], engineer: User
) -> None:
    page = signed_in(engineer).get(_page(outbreak)).content.decode()
    for words in ("Acme", "Globex", FINGERPRINT, "Error fingerprint".lower(), "2 clients"):
        assert words in page
    for ticket in pair:
        assert f"/console/tickets/{ticket.number}/" in page


def test_tickets_are_added_and_taken_out(
    outbreak: Outbreak, pair: tuple[Ticket, Ticket], engineer: User, now: datetime
) -> None:
    other = factories.make_ticket(engineer=engineer, now=now)
    added = post(engineer, _page(outbreak), "add", number=f"#{other.number}")
    assert f"#{other.number} is part of it." in said(added)
    out = post(engineer, _page(outbreak), "out", number=str(pair[0].number))
    assert f"#{pair[0].number} is no longer part of it." in said(out)
    assert set(outbreak.tickets.all()) == {other, pair[1]}
    for do, number, words in [
        ("add", "", "Give a whole number."),
        ("add", "9" * 40, "Give a whole number."),
        ("add", "99999", "There is no ticket #99999."),
        ("out", str(pair[0].number), "is not part of this outbreak."),
    ]:
        refused = post(engineer, _page(outbreak), do, number=number)
        assert refused.status_code == 400
        assert words in said(refused)


def test_what_is_ticked_is_shipped_with_the_release_of_its_app(
    outbreak: Outbreak, pair: tuple[Ticket, Ticket], engineer: User, now: datetime
) -> None:
    for ticket in pair:
        factories.walk_ticket(ticket, "in_review", engineer=engineer, now=now)
    page = signed_in(engineer).get(_page(outbreak)).content.decode()
    assert page.count('type="checkbox" name="ticket"') == 2
    sent = post(
        engineer,
        _page(outbreak),
        "ship",
        ticket=[str(pair[0].pk), "x", "9" * 40],
        **{f"release-{pair[0].project_id}": "2.0", f"release-{pair[1].project_id}": "3.0"},
    )
    assert f"#{pair[0].number} shipped" in said(sent)
    first, second = (Ticket.objects.get(pk=ticket.pk) for ticket in pair)
    assert first.release and first.release.version == "2.0"
    assert second.state == TicketState.IN_REVIEW

    actions.return_from_review(ticket_id=second.pk, actor=engineer, now=now)
    late = post(engineer, _page(outbreak), "ship", ticket=[str(second.pk)])
    assert f"#{second.number} was not shipped: #{second.number} is in progress" in said(late)
    assert "1 of its tickets is open." in " ".join(late.content.decode().split())


def test_closing_asks_for_no_reason_and_keeps_one(outbreak: Outbreak, engineer: User) -> None:
    closed = post(engineer, _page(outbreak), "close", reason="Stripe mended it.")
    assert "Closed." in said(closed)
    outbreak.refresh_from_db()
    assert outbreak.state == "closed"
    again = post(engineer, _page(outbreak), "close")
    assert again.status_code == 409
    assert "This outbreak is closed." in again.content.decode()
    assert post(engineer, _page(outbreak), "fly").status_code == 200


# --- Where else it shows -------------------------------------------------------------------------


def test_the_workbench_of_a_child_names_the_others(
    outbreak: Outbreak, pair: tuple[Ticket, Ticket], engineer: User, now: datetime
) -> None:
    address = f"/console/tickets/{pair[0].number}/"
    page = signed_in(engineer).get(address).content.decode()
    assert "2 clients have this." in page
    assert _page(outbreak) in page
    plain = factories.make_ticket(engineer=engineer, now=now)
    other = signed_in(engineer).get(f"/console/tickets/{plain.number}/").content.decode()
    assert _page(outbreak) not in other
    start = f"{LIST}?ticket=%23{plain.number}"
    assert start in other and "?ticket=" not in page
    form = signed_in(engineer).get(start).content.decode()
    assert f'value="#{plain.number}"' in form

    post(engineer, _page(outbreak), "close")
    page = signed_in(engineer).get(address).content.decode()
    assert "2 clients had this." in page


def test_the_dashboard_has_a_line_while_one_is_open(outbreak: Outbreak, engineer: User) -> None:
    assert _page(outbreak) in signed_in(engineer).get("/console/").content.decode()
    post(engineer, _page(outbreak), "close")
    assert _page(outbreak) not in signed_in(engineer).get("/console/").content.decode()


def test_the_menu_leads_there(engineer: User) -> None:
    assert f'href="{LIST}"' in signed_in(engineer).get("/console/").content.decode()


# --- Nobody else ---------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["alice", "bob", "vera", "charlie"])
def test_no_client_opens_the_pages(
    outbreak: Outbreak, person: str, request: pytest.FixtureRequest
) -> None:
    browser = signed_in(request.getfixturevalue(person))
    for address in (LIST, _page(outbreak)):
        assert browser.get(address).status_code in {302, 403}
        assert browser.post(address, {"do": "close"}).status_code in {302, 403}
    outbreak.refresh_from_db()
    assert outbreak.is_open


def test_a_page_that_is_not_there_is_missing(engineer: User) -> None:
    assert signed_in(engineer).get(f"{LIST}999999/").status_code == 404


@pytest.fixture
def seen_by_clients(
    pair: tuple[Ticket, Ticket], alice: User, charlie: User, now: datetime
) -> Callable[[], dict[str, str]]:
    """Give all that Acme (Alice and its key) and Globex (Charlie and its key) can read."""

    def read() -> dict[str, str]:
        pages = {}
        for name, user, ticket in (("acme", alice, pair[0]), ("globex", charlie, pair[1])):
            browser = signed_in(user)
            addresses = ["/portal/", "/portal/tickets/", f"/portal/tickets/{ticket.number}/"]
            paths = ["tickets", f"tickets/{ticket.number}", f"reports/{ticket.number}"]
            _, token = factories.make_api_key(project=ticket.project, now=now)
            api = Api(token)
            answers: list[Any] = [browser.get(address) for address in addresses]
            answers += [api.get(path) for path in paths]
            assert {answer.status_code for answer in answers} == {200}
            texts = [answer.content.decode() for answer in answers]
            texts += [str(entry) for entry in timeline_of(ticket=ticket, public_only=True)]
            pages[name] = "\n".join(texts)
        return pages

    return read


def test_no_client_sees_that_another_has_it_too(
    outbreak: Outbreak, pair: tuple[Ticket, Ticket], engineer: User, now: datetime,
    seen_by_clients: Callable[[], dict[str, str]],
) -> None:  # fmt: skip
    for ticket in pair:
        factories.walk_ticket(ticket, "in_review", engineer=engineer, now=now)
    actions.ship_outbreak(
        outbreak_id=outbreak.pk,
        ticket_ids=[ticket.pk for ticket in pair],
        releases={},
        actor=engineer,
        now=now,
    )
    actions.reopen_ticket(
        ticket_id=pair[0].pk, reason="Globex has it again.", actor=engineer, now=now
    )
    other = factories.make_ticket(engineer=engineer, now=now)
    again = actions.open_outbreak(
        numbers=[pair[0].number, other.number], actor=engineer, now=now, title="Outbreak of Globex"
    )
    actions.close_outbreak(
        outbreak_id=again.pk, reason="Globex and Acme are well.", actor=engineer, now=now
    )
    pages = seen_by_clients()
    assert "Acme&#x27;s credits" in pages["acme"] and "invoices" in pages["globex"]
    assert "Globex" not in pages["acme"] and "invoices" not in pages["acme"]
    assert "Acme" not in pages["globex"] and "credits" not in pages["globex"]
    for text in pages.values():
        assert "outbreak" not in text.lower()
        assert "other client" not in text.lower()
