from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.test import Client as Browser
from django.utils import timezone

from clients.models import Project, User
from tests.console import post, said
from tests.factories import make_project, make_report, make_ticket, make_triaged_report
from tests.portal import signed_in
from tests.shipops.test_middleware import code_of
from tickets.actions import assign_ticket, join_report, refresh_plan
from tickets.actions.locks import forget_spare
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def with_second_factor(user: User, settings: Any) -> Browser:
    """Give a browser as staff have it in production: the second factor is needed, and given."""
    settings.STAFF_SECOND_FACTOR = True
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    browser = signed_in(user)
    asked = browser.get("/console/queue/").headers["Location"]
    browser.post(asked, {"code": code_of(secret)})
    return browser


def shown(user: User, query: str = "") -> list[int]:
    """Give the numbers on the queue page, in order."""
    response = signed_in(user).get(f"/console/queue/{query}")
    assert response.status_code == 200
    return [getattr(row, "ticket", row).number for row in response.context["rows"]]


def test_the_most_urgent_and_then_the_oldest_stand_first(
    project: Project, engineer: User, now: datetime
) -> None:
    hour = timedelta(hours=1)
    young = make_ticket(project=project, severity="S2", engineer=engineer, now=now - hour)
    old = make_ticket(project=project, severity="S2", engineer=engineer, now=now - 2 * hour)
    urgent = make_ticket(project=project, severity="S1", engineer=engineer, now=now)

    assert shown(engineer, "?state=open") == [urgent.number, old.number, young.number]


def test_filters_narrow_the_list_and_senseless_ones_do_not_count(
    project: Project, foreign_project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    mine = make_ticket(project=project, state="in_progress", engineer=engineer, now=now)
    other = make_ticket(
        project=foreign_project, severity="S2", state="in_review", engineer=engineer2, now=now
    )
    free = make_ticket(project=make_project(project.client, now=now), engineer=engineer, now=now)

    assert shown(engineer, "?assignee=me") == [mine.number]
    assert shown(engineer, "?assignee=nobody") == [free.number]
    assert shown(engineer, f"?assignee={engineer2.pk}") == [other.number]
    assert shown(engineer, f"?state=open&client={foreign_project.client_id}") == [other.number]
    assert shown(engineer, f"?state=open&project={project.pk}") == [mine.number]
    assert shown(engineer, "?priority=P3") == [free.number]
    assert shown(engineer, f"?client={foreign_project.client_id}") == []
    assert shown(engineer, "?state=in_review") == [other.number]
    assert shown(engineer, "?priority=P3&assignee=me") == [mine.number]
    long = "9" * 40
    for senseless in (
        "?client=x", "?priority=P9", "?page=0", "?page=²",
        f"?assignee={long}", f"?client={long}", f"?page={long}",
    ):  # fmt: skip
        assert len(shown(engineer, f"{senseless}&state=open")) == 3
    assert shown(engineer, "?state=verified") == [free.number]


def test_the_menus_offer_clients_with_work_and_the_apps_of_the_chosen_one(
    project: Project, foreign_project: Project, engineer: User, now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    sibling = make_project(project.client, now=now)
    idle = make_project(now=now)
    make_ticket(project=project, engineer=engineer, now=now)
    make_ticket(project=foreign_project, engineer=engineer, now=now)

    def menus(query: str) -> tuple[set[int], set[int]]:
        context = signed_in(engineer).get(f"/console/queue/{query}").context
        clients, projects = context["clients"], context["projects"]
        return {row.pk for row in clients}, {row.pk for row in projects}

    busy = {project.client_id, foreign_project.client_id}
    assert menus("") == (busy, set())
    assert menus(f"?client={project.client_id}") == (busy, {project.pk, sibling.pk})
    assert menus(f"?project={project.pk}") == (busy, {project.pk, sibling.pk})
    assert menus(f"?client={idle.client_id}") == (busy | {idle.client_id}, {idle.pk})
    foreign_app = f"?client={idle.client_id}&project={project.pk}"
    assert menus(foreign_app) == (busy | {idle.client_id}, {idle.pk})
    # The client was changed while an app of the former one was still chosen.
    assert len(shown(engineer, f"?client={project.client_id}&project={foreign_project.pk}")) == 1
    assert len(shown(engineer, "?project=999999")) == 2

    monkeypatch.setattr("tickets.admin.queue.MOST_CLIENTS", 1)
    monkeypatch.setattr("tickets.admin.queue.MOST_PROJECTS", 1)
    both = menus(f"?client={idle.client_id}")
    assert [len(menu) for menu in both] == [2, 1]


def test_the_order_shows_lane_and_receipt_and_offers_only_the_first_at_once(
    project: Project, foreign_project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    urgent = make_ticket(project=project, engineer=engineer, severity="S1", now=now)
    other = make_ticket(project=foreign_project, engineer=engineer, now=now)
    foreign = make_ticket(project=project, engineer=engineer, now=now)
    assign_ticket(ticket_id=foreign.pk, assignee_id=engineer2.pk, actor=engineer, now=now)

    page = signed_in(engineer).get("/console/queue/")

    assert shown(engineer) == [urgent.number, other.number]
    rows = page.context["rows"]
    assert [row.receipt.lane for row in rows] == ["L0", "L2"]
    assert rows[0].receipt.line.startswith("L0: P1, due ")
    assert rows[1].receipt.line.startswith("L2: Globex's turn; 15")
    text = page.content.decode()
    assert text.count('value="take_next"') == 2
    assert f"/console/tickets/{other.number}/take/" in text
    assert f"/console/tickets/{urgent.number}/take/" not in text


def test_tabs_count_what_is_in_hand_and_keep_the_filters(
    project: Project, engineer: User, now: datetime
) -> None:
    for state in ("in_progress", "in_progress", "waiting", "in_review"):
        make_ticket(project=project, state=state, now=now)

    page = signed_in(engineer).get(f"/console/queue/?client={project.client_id}")

    counts = {tab["label"]: tab["count"] for tab in page.context["tabs"]}
    assert counts == {
        "Next up": None, "In progress": 2, "Waiting for the client": 1, "In review": 1,
        "All open": None,
    }  # fmt: skip
    assert f"?client={project.client_id}&amp;state=waiting" in page.content.decode()
    assert "Nothing matches these filters" in page.content.decode()
    assert len(shown(engineer, "?state=waiting")) == 1


def test_the_next_ticket_is_taken_and_opened(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = make_ticket(project=project, engineer=engineer, now=now)

    answer = post(engineer, "/console/queue/", "take_next")

    ticket.refresh_from_db()
    assert (ticket.state, ticket.assignee) == ("in_progress", engineer)
    assert answer.redirect_chain[-1][0] == f"/console/tickets/{ticket.number}/"


def test_an_empty_queue_says_so(engineer: User) -> None:
    assert "Nothing waits in the queue" in said(post(engineer, "/console/queue/", "take_next"))


def test_a_proposed_severity_is_marked_and_triage_is_announced(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = make_ticket(project=project, engineer=engineer, now=now)
    Ticket.objects.filter(pk=ticket.pk).update(severity_confirmed_at=None)
    make_triaged_report(project, now=now)
    text = "URGENT: the whole site is down, every page shows 502 Bad Gateway."
    make_triaged_report(project, text=text, now=now)

    page = signed_in(engineer).get("/console/queue/").content.decode()

    assert "S3 proposed" in page
    assert "2 reports wait for triage" in page
    assert "1 of them proposed as S1" in page


def test_a_late_answer_is_marked(
    project: Project, alice: User, engineer: User, now: datetime
) -> None:
    week_ago = now - timedelta(days=9)
    make_ticket(make_report(project, by=alice, now=week_ago), engineer=engineer, now=week_ago)

    page = signed_in(engineer).get("/console/queue/?state=open").content.decode()
    assert "data-late" in page


def test_reach_alone_makes_p1_only_with_a_click(
    project: Project, engineer: User, alice: User, bob: User, vera: User, now: datetime
) -> None:
    ticket = make_ticket(
        make_report(project, by=alice, now=now), severity="S2", engineer=engineer, now=now
    )
    Ticket.objects.filter(pk=ticket.pk).update(reach=5)
    assert "Raise to P1" in signed_in(engineer).get("/console/queue/").content.decode()

    post(engineer, "/console/queue/", "approve_p1", number=ticket.number)

    ticket.refresh_from_db()
    assert ticket.priority == "P1"


def test_more_than_a_page_is_turned_to(
    project: Project, engineer: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.admin.queue.PAGE_SIZE", 2)
    tickets = [
        make_ticket(project=project, engineer=engineer, now=now - timedelta(hours=hours))
        for hours in (3, 2, 1)
    ]

    assert shown(engineer, "?page=2") == [tickets[2].number]
    assert "?page=2" in signed_in(engineer).get("/console/queue/").content.decode()


@pytest.mark.parametrize(
    ("narrowed", "most_clients"),
    [("", 300), ("?client={0.client_id}", 300), ("?project={0.pk}", 0), ("", 0)],
)
def test_the_queue_takes_fewer_than_twelve_queries_however_long_it_is(
    project: Project, engineer: User, alice: User, now: datetime, narrowed: str, most_clients: int,
    django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch, settings: Any,
) -> None:  # fmt: skip
    monkeypatch.setattr("tickets.admin.queue.MOST_CLIENTS", most_clients)
    address = "/console/queue/" + narrowed.format(project)
    browser = with_second_factor(engineer, settings)
    first = make_ticket(make_report(project, by=alice, now=now), engineer=engineer, now=now)
    # What was to spare just after people changed is not believed.
    refresh_plan(now=now + timedelta(minutes=2))
    assert browser.get(address).status_code == 200
    with django_assert_max_num_queries(11) as few:
        assert browser.get(address).status_code == 200
    for number in range(4):
        state = "in_progress" if number % 2 else "queued"
        make_ticket(project=make_project(now=now), state=state, now=now)
    again = make_triaged_report(project, by=alice, now=now)
    join_report(report_id=again.pk, number=first.number, actor=engineer, now=now)
    refresh_plan(now=timezone.now() + timedelta(minutes=2))
    with django_assert_max_num_queries(11) as many:
        browser.get(address)
    assert len(many) == len(few)

    forget_spare()
    with django_assert_max_num_queries(11):
        browser.get(address)


@pytest.mark.parametrize("path", ["/console/tickets/ticket/", "/console/tickets/report/"])
def test_lists_find_by_number_and_words_and_lead_to_the_pages_that_act(
    path: str, project: Project, engineer: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    ticket = make_ticket(
        make_report(project, title="Export fails", now=now), title="Export fails",
        engineer=engineer, now=now,
    )  # fmt: skip
    make_ticket(project=project, title="Something else", engineer=engineer, now=now)
    browser = signed_in(engineer)
    for wanted in (f"#{ticket.number}", "export", "é" * 300, "9" * 40):
        with django_assert_max_num_queries(14):
            page = browser.get(path, {"q": wanted})
        assert page.status_code == 200
    found = browser.get(path, {"q": "export"}).content.decode()
    assert f"#{ticket.number}" in found
    assert "Something else" not in found

    pk = ticket.pk if "ticket/" in path.split("/console/tickets")[1] else ticket.number
    answer = browser.get(f"{path}{pk}/change/")
    assert str(ticket.number) in answer.headers["Location"]


@pytest.mark.parametrize("path", ["/console/tickets/ticket/", "/console/tickets/report/"])
def test_words_too_short_for_the_index_are_looked_for_among_the_newest(
    path: str, project: Project, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.admin.lists.NEWEST", 2)
    titles = ["UI of old", "UI of late", "Another", "One more"]
    numbers = [
        make_ticket(make_report(project, title=title), title=title, engineer=engineer).number
        for title in titles
    ]
    browser = signed_in(engineer)

    def found(words: str) -> list[int]:
        rows = browser.get(path, {"q": words}).context["cl"].result_list
        return [row.number for row in rows]

    assert found("ui") == numbers[1:2]
    assert found('"ui" of') == numbers[1:2]
    assert found("ui old") == numbers[:1]


def test_the_header_finds_a_number_or_a_client_by_its_first_letters(
    project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    ticket = make_ticket(project=project, title="Export fails", engineer=engineer, now=now)
    browser = signed_in(engineer)
    for words, there in (
        (f"#{ticket.number}", f"/console/tickets/{ticket.number}/"),
        (project.client.name[:3].lower(), f"/console/clients/{project.client_id}/"),
    ):
        assert browser.get("/console/search/", {"q": words}).headers["Location"] == there
