"""The search of the console and of the portal's list, and their saved views, over HTTP."""

import re
from datetime import datetime
from typing import Any

import pytest

from clients.models import Client, Project, User
from tests import factories
from tests.console import post, said
from tests.portal import signed_in
from tickets import actions, tasks
from tickets.models import SavedView, Ticket

HTMX = {"HX-Request": "true", "HX-Target": "results"}
# A search and all that is said about it; measured, with a little air.
CEILING = 30


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def ticket(project: Project, engineer: User, now: datetime) -> Ticket:
    return factories.make_ticket(
        project=project, engineer=engineer, title="Refunds are <late>", text="Since the checkout",
        now=now,
    )  # fmt: skip


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_console_shows_what_was_found_and_where(engineer: User, ticket: Ticket) -> None:
    answer = signed_in(engineer).get("/console/search/", {"q": "refund checkout"})

    page = text_of(answer)
    assert "<mark>Refunds</mark> are &lt;late&gt;" in page
    assert "Since the <mark>checkout</mark>" in page
    assert f"/console/tickets/{ticket.number}/" in page
    typed = signed_in(engineer).get("/console/search/", {"q": "refund", "stay": "1"}, headers=HTMX)
    assert "1 result" in text_of(typed)


def test_htmx_gets_only_the_results_of_the_console(engineer: User, ticket: Ticket) -> None:
    browser = signed_in(engineer)
    part = browser.get("/console/search/", {"q": "refund", "stay": "1"}, headers=HTMX)

    assert "<html" not in text_of(part)
    assert "<mark>Refunds</mark>" in text_of(part)
    # What is typed into the page's own box stays a search.
    number = browser.get("/console/search/", {"q": f"#{ticket.number}", "stay": "1"}, headers=HTMX)
    assert number.status_code == 200
    assert "Refunds are" in text_of(number)


def test_what_was_made_of_a_query_is_said(engineer: User, alice: User, ticket: Ticket) -> None:
    tasks.learn_words()
    for person, path in ((engineer, "/console/search/?stay=1&q="), (alice, "/portal/tickets/?q=")):
        browser = signed_in(person)
        slip = text_of(browser.get(f"{path}chekcout"))
        assert "No “chekcout” was found. Looked for <strong>checkout</strong> as well." in slip
        assert "No state is called “foo”" in text_of(browser.get(f"{path}state:foo"))
        assert "“the” is too common" in text_of(browser.get(f"{path}the"))
        assert "Nothing found" in text_of(browser.get(f"{path}zebra"))
        merged = "Merged tickets have their words in the ticket they became part of"
        assert merged in text_of(browser.get(f"{path}checkout state:merged"))
        assert merged not in text_of(browser.get(f"{path}state:merged"))


def test_a_search_that_takes_too_long_says_so(
    engineer: User, alice: User, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.queries.search._PLAN", {"jit": "off"})
    monkeypatch.setattr("tickets.queries.search.SEARCH_MILLISECONDS", 1)
    monkeypatch.setattr(
        "tickets.queries.search.match_text", lambda *_, **__: "'a' & (" + "'b' | " * 99_000 + "'c')"
    )
    for person, path in (
        (engineer, "/console/search/?stay=1&q=a1"),
        (alice, "/portal/tickets/?q=a1"),
    ):
        answer = signed_in(person).get(path)
        assert answer.status_code == 200
        assert "This search takes too long" in text_of(answer)


@pytest.mark.slow
def test_older_results_follow_by_number(
    engineer: User, alice: User, project: Project, now: datetime
) -> None:
    made = [factories.make_triaged_report(project, text="row", now=now).pk for _ in range(27)]
    for person, path in (
        (engineer, "/console/search/?stay=1&q=row"),
        (alice, "/portal/tickets/?q=row"),
    ):
        browser = signed_in(person)
        page = browser.get(path).content.decode()
        older = re.search(r'hx-get="([^"]*before=\d+)"', page)
        assert older
        shown = re.findall(r'"number">#(\d+)<', page + browser.get(
            older[1].replace("&amp;", "&")).content.decode())  # fmt: skip
        assert [int(number) for number in shown] == made[::-1]


@pytest.mark.slow
def test_no_result_is_passed_over_behind_the_number_that_was_asked_for(
    alice: User, engineer: User, project: Project, now: datetime
) -> None:
    own = factories.make_triaged_report(project, text="The first", now=now).pk
    text = f"As in {own}"
    made = [factories.make_triaged_report(project, text=text, now=now).pk for _ in range(27)]
    for person, path in (
        (engineer, f"/console/search/?stay=1&q={own} as"),
        (alice, f"/portal/tickets/?q={own}"),
    ):
        browser = signed_in(person)
        page = browser.get(path).content.decode()
        older = re.search(r'hx-get="([^"]*before=\d+)"', page)
        rest = browser.get(older[1].replace("&amp;", "&")).content.decode() if older else ""
        shown = {int(n) for n in re.findall(r'"number">#(\d+)<', page + rest)}
        assert shown >= set(made), path


def test_a_number_nobody_has_is_searched_for(engineer: User, ticket: Ticket) -> None:
    answer = signed_in(engineer).get("/console/search/", {"q": "40404"})
    assert answer.status_code == 200
    assert "Nothing found" in text_of(answer)


def test_the_search_of_the_console_is_closed_to_others(
    alice: User, charlie: User, ticket: Ticket
) -> None:
    for person in (alice, charlie):
        for query in ("?q=refund", "?counts=1", f"?q={ticket.number}"):
            answer = signed_in(person).get(f"/console/search/{query}")
            assert answer.status_code in (302, 403)
            assert b"Refunds" not in answer.content
        signed_in(person).post("/console/search/", {"do": "save", "name": "x", "query": "y"})
    assert not SavedView.objects.exists()


def test_a_stranger_finds_counts_and_guesses_nothing_in_the_portal(
    charlie: User, alice: User, acme: Client, globex: Client, ticket: Ticket, now: datetime
) -> None:
    tasks.learn_words()
    view = actions.save_view(
        name="Refunds", query="refund", client_id=acme.pk, is_shared=True, actor=alice, now=now
    )
    browser = signed_in(charlie)
    for query in ("refund", "refunt", "client:acme", f"%23{ticket.number}", "checkot"):
        page = text_of(browser.get(f"/portal/tickets/?view=all&q={query}"))
        for word in ("Refunds", "Since the", "Looked for", f">#{ticket.number}<"):
            assert word not in page, (query, word)
    assert f"count-{view.pk}" not in text_of(browser.get("/portal/tickets/?counts=1"))
    for do in ("change", "delete"):
        browser.post("/portal/tickets/", {"do": do, "view": view.pk, "name": "Mine"})
    view.refresh_from_db()
    assert view.name == "Refunds"


def test_a_note_never_shows_in_the_portals_search(
    alice: User, engineer: User, ticket: Ticket, now: datetime
) -> None:
    actions.note_on_ticket(ticket_id=ticket.pk, body="Blame the wombat", actor=engineer, now=now)
    for query in ("wombat", "refund wombat", "wonbat", "refund"):
        assert "wombat</mark>" not in text_of(signed_in(alice).get(f"/portal/tickets/?q={query}"))


def test_views_of_the_console_are_saved_changed_counted_and_deleted(
    engineer: User, engineer2: User, ops_admin: User, ticket: Ticket
) -> None:
    path = "/console/search/"
    told = post(engineer, path, "save", name="Refunds", query="refund", is_shared="on")
    assert said(told) == "Saved the view “Refunds”."
    view = SavedView.objects.get()
    counts = text_of(signed_in(engineer2).get(path, {"counts": 1}))
    assert re.search(rf'id="count-{view.pk}"[^>]*>1<', counts)

    page = text_of(signed_in(engineer2).get(path))
    assert "Refunds" in page and "Save</button>" in page
    post(engineer2, path, "change", view=view.pk, name="Mine now")
    post(engineer, path, "change", view=view.pk, name="Late refunds", is_shared="on")
    assert SavedView.objects.get().name == "Late refunds"

    assert "You may not" in said(post(engineer2, path, "delete", view=view.pk))
    post(ops_admin, path, "delete", view=view.pk)
    assert not SavedView.objects.exists()
    assert said(post(engineer, path, "save", name="", query="refund")) == "Give it a name."
    post(engineer, path, "delete", view="x")
    post(engineer, path, "nonsense")


def test_views_of_the_portal_are_saved_shared_and_counted(
    alice: User, bob: User, vera: User, ticket: Ticket
) -> None:
    path = "/portal/tickets/"
    answer = signed_in(alice).post(
        path, {"do": "save", "name": "Refunds", "query": "refund", "is_shared": "on"}, follow=True
    )
    assert "Saved the view “Refunds”" in text_of(answer)
    view = SavedView.objects.get()
    for person in (bob, vera):
        browser = signed_in(person)
        assert "?view=all&amp;q=refund" in text_of(browser.get(path))
        assert re.search(
            rf'id="count-{view.pk}"[^>]*>1<', text_of(browser.get(path, {"counts": 1}))
        )
    assert "Shared with my team" not in text_of(signed_in(vera).get(path))
    vera_says = signed_in(vera).post(
        path, {"do": "save", "name": "x", "query": "y", "is_shared": "on"}
    )
    assert vera_says.status_code == 403
    signed_in(bob).post(path, {"do": "delete", "view": view.pk})
    assert SavedView.objects.exists()
    signed_in(alice).post(path, {"do": "delete", "view": view.pk})
    assert not SavedView.objects.exists()


def test_a_page_of_results_asks_so_many_questions(
    engineer: User, alice: User, project: Project, now: datetime,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    for _ in range(4):
        factories.make_ticket(project=project, engineer=engineer, title="Checkout", now=now)
        factories.make_triaged_report(project, text="checkout", now=now)
    tasks.learn_words()
    for person, path in ((engineer, "/console/search/"), (alice, "/portal/tickets/")):
        browser = signed_in(person)
        browser.get(path)
        for query in ("checkout", "chekcout state:open kind:bug", "page:/x", "checkout -csv"):
            with django_assert_max_num_queries(CEILING):
                assert browser.get(path, {"q": query, "stay": "1"}).status_code == 200
