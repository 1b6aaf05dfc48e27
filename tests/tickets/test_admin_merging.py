"""Merging by the console's pages, and where a merged ticket's links lead."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from clients.models import Project, User
from tests.api import Api
from tests.console import post, said
from tests.factories import (
    make_api_key,
    make_project,
    make_ticket,
    make_triaged_report,
    walk_ticket,
)
from tests.portal import signed_in
from tickets.actions import (
    join_report,
    link_pull_request,
    merge_tickets,
    reply_to_ticket,
    unmerge_ticket,
)
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def one(project: Project, alice: User, engineer: User, now: datetime) -> Ticket:
    hour = timedelta(hours=1)
    return make_ticket(
        project=project, by=alice, engineer=engineer, title="The older", now=now - hour
    )


@pytest.fixture
def other(project: Project, bob: User, engineer: User, now: datetime) -> Ticket:
    return make_ticket(project=project, by=bob, engineer=engineer, title="The newer", now=now)


def page_of(ticket: Ticket) -> str:
    return f"/console/tickets/{ticket.number}/merge/"


def test_two_are_compared_merged_and_taken_apart(
    one: Ticket, other: Ticket, engineer: User
) -> None:
    browser = signed_in(engineer)
    assert page_of(other) in browser.get(f"/console/tickets/{other.number}/").content.decode()
    asked = browser.get(page_of(other))
    assert "Which ticket is the same problem?" in asked.content.decode()

    shown = browser.get(page_of(other), {"into": f"#{one.number}"})
    text = " ".join(shown.content.decode().split())
    assert f"Merge #{other.number} into #{one.number}" in text, "the older survives"
    assert f"#{one.number} then affects 2 people" in text
    turned = browser.get(page_of(other), {"into": one.number, "keep": other.number})
    assert f"Merge #{one.number} into #{other.number}" in " ".join(turned.content.decode().split())

    done = post(engineer, page_of(other), "merge", into=one.number)
    assert done.redirect_chain[-1][0].startswith(f"/console/tickets/{one.number}/")
    page = done.content.decode()
    assert f"#{other.number} is part of #{one.number} now." in page
    assert f'action="{page_of(other)}"' in page and "Undo" in page
    assert "Merged into this" in page and f"merged #{other.number} into this" in page
    assert (
        f"Merged into #{one.number}"
        in browser.get("/console/search/", {"q": "state:merged"}).content.decode()
    )

    led = browser.get(f"/console/tickets/{other.number}/", follow=True)
    assert led.redirect_chain[-1][0].startswith(f"/console/tickets/{one.number}/")
    assert f"#{other.number} is part of #{one.number}." in said(led)
    apart = post(engineer, page_of(other), "unmerge")
    assert "a ticket of its own again" in said(apart)
    other.refresh_from_db()
    assert other.state == "queued"


def test_a_graver_ticket_s_severity_may_go_along(
    project: Project, one: Ticket, engineer: User, now: datetime
) -> None:
    grave = make_ticket(project=project, engineer=engineer, severity="S1", now=now)
    page = signed_in(engineer).get(page_of(grave), {"into": one.number, "keep": one.number})
    assert f"Raise #{one.number} to S1" in " ".join(page.content.decode().split())
    post(engineer, page_of(grave), "merge", into=one.number, raises="on")
    one.refresh_from_db()
    assert one.severity == "S1"


def test_what_was_refused_is_shown_beside_the_refusal(
    one: Ticket, other: Ticket, project: Project, engineer: User, now: datetime
) -> None:
    third = make_ticket(project=project, engineer=engineer, now=now)
    merge_tickets(source_id=one.pk, number=third.number, actor=engineer, now=now)
    page = post(engineer, page_of(other), "merge", into=f"#{one.number}").content.decode()
    assert f"#{one.number} is part of #{third.number} already." in page
    assert "Lives on" in page and "##" not in page


def test_a_page_that_both_linked_is_shown_once(
    one: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    for ticket in (one, other):
        link_pull_request(
            ticket_id=ticket.pk, url="https://git.example/pr/1", actor=engineer, now=now
        )
    merge_tickets(source_id=other.pk, number=one.number, actor=engineer, now=now)
    page = signed_in(engineer).get(f"/console/tickets/{one.number}/").content.decode()
    assert page.count('href="https://git.example/pr/1"') == 1


@pytest.mark.parametrize("into", ["999999", "0", "many", "1" * 30, "\x00"])
def test_a_number_that_is_none_is_refused(one: Ticket, engineer: User, into: str) -> None:
    shown = signed_in(engineer).get(page_of(one), {"into": into})
    assert shown.status_code in (200, 400)
    assert 'role="alert"' in shown.content.decode()
    refused = signed_in(engineer).post(page_of(one), {"do": "merge", "into": into})
    assert refused.status_code == 400
    one.refresh_from_db()
    assert one.state == "queued"


def test_another_clients_ticket_is_not_there(
    one: Ticket, foreign_project: Project, engineer: User, now: datetime
) -> None:
    foreign = make_ticket(
        project=foreign_project, engineer=engineer, title="Of another client", now=now
    )
    text = signed_in(engineer).get(page_of(one), {"into": foreign.number}).content.decode()
    assert "has no other ticket" in text and foreign.title not in text


def test_pages_say_what_cannot_be_merged(
    one: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    walk_ticket(other, "closed", engineer=engineer, now=now)
    text = signed_in(engineer).get(page_of(one), {"into": other.number}).content.decode()
    assert "only open tickets become part" in text or "Reopen it first" in text
    assert 'value="merge"' not in text
    assert "only open tickets" in signed_in(engineer).get(page_of(other)).content.decode()


def test_clients_and_strangers_get_no_page(one: Ticket, alice: User, charlie: User) -> None:
    for person in (alice, charlie):
        assert signed_in(person).get(page_of(one), follow=True).status_code == 403
        asked = signed_in(person).post(page_of(one), {"do": "unmerge"}, follow=True)
        assert asked.status_code == 403


def test_the_portal_leads_to_the_survivor_and_a_stranger_nowhere(
    one: Ticket, other: Ticket, engineer: User, bob: User, charlie: User, now: datetime
) -> None:
    merge_tickets(source_id=other.pk, number=one.number, actor=engineer, now=now)
    path = f"/portal/tickets/{other.number}/"
    led = signed_in(bob).get(path, follow=True)
    assert led.redirect_chain == [(f"/portal/tickets/{one.number}/", 302)]
    text = led.content.decode()
    assert f"#{other.number} is the same problem as #{one.number}." in text
    assert "found another ticket of the same problem" in text
    assert signed_in(bob).get(f"/portal/reports/{other.number}/").headers["Location"] == (
        f"/portal/tickets/{one.number}/"
    )
    sent = signed_in(bob).post(path, {"body": "Any news?"}, follow=True)
    assert "Any news?" in sent.content.decode()
    assert one.comments.get().body == "Any news?"
    for number in (one.number, other.number):
        assert signed_in(charlie).get(f"/portal/tickets/{number}/").status_code == 404

    rows = signed_in(bob).get("/portal/tickets/").content.decode()
    assert f"/portal/tickets/{other.number}/" not in rows
    everything = signed_in(bob).get("/portal/tickets/", {"view": "all"}).content.decode()
    assert f"Part of #{one.number}" in everything

    unmerge_ticket(source_id=other.pk, actor=engineer, now=now)
    assert "took this out of another ticket again" in signed_in(bob).get(path).content.decode()


@pytest.mark.parametrize("sent", [{"body": "So " * 9000}, {"action": "broken", "comment": "So."}])
def test_what_cannot_be_taken_of_a_page_merged_meanwhile_is_answered_on_the_survivors(
    sent: dict[str, str], one: Ticket, other: Ticket, engineer: User, bob: User, now: datetime
) -> None:
    merge_tickets(source_id=other.pk, number=one.number, actor=engineer, now=now)
    answer = signed_in(bob).post(f"/portal/tickets/{other.number}/", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "The older" in page and sent.get("body", "").strip() in page


def test_a_key_goes_on_about_its_own_report_in_a_ticket_of_another_app(
    other: Ticket, project: Project, engineer: User, api_token: str, now: datetime
) -> None:
    whole = make_ticket(project=make_project(project.client), engineer=engineer, now=now)
    merge_tickets(source_id=other.pk, number=whole.number, actor=engineer, now=now)
    sent = Api(api_token).post(f"reports/{other.number}/comments", {"body": "From CI."})
    assert sent.status_code == 201
    assert whole.comments.get().body == "From CI."
    assert Api(api_token).get(f"tickets/{whole.number}").status_code == 404
    reply_to_ticket(ticket_id=whole.pk, body="To the other app.", actor=engineer, now=now)
    for path in (f"reports/{other.number}", f"tickets/{other.number}"):
        heard = json.loads(Api(api_token).get(f"{path}/comments").content)["results"]
        assert [each["body"] for each in heard] == ["From CI."]


def test_what_was_sent_to_a_part_is_known_when_it_is_sent_again_after_the_merge_was_undone(
    one: Ticket, other: Ticket, engineer: User, api_token: str, now: datetime
) -> None:
    merge_tickets(source_id=other.pk, number=one.number, actor=engineer, now=now)
    paths = [f"reports/{other.number}/comments", f"tickets/{other.number}/comments"]
    api = Api(api_token)
    first = [api.post(path, {"body": "So."}, Idempotency_Key=path) for path in paths]
    unmerge_ticket(source_id=other.pk, actor=engineer, now=now)
    again = [api.post(path, {"body": "So."}, Idempotency_Key=path) for path in paths]
    assert [each.status_code for each in again] == [201, 201]
    assert [each.content for each in again] == [each.content for each in first]


def test_the_api_says_where_it_went_and_takes_what_is_sent_there(
    one: Ticket, other: Ticket, engineer: User, api_token: str, now: datetime
) -> None:
    merge_tickets(source_id=other.pk, number=one.number, actor=engineer, now=now)
    api = Api(api_token)
    part = json.loads(api.get(f"tickets/{other.number}").content)
    assert (part["state"], part["merged_into"]) == ("merged", one.number)
    whole = json.loads(api.get(f"tickets/{one.number}").content)
    assert whole["merged_into"] is None
    sent = api.post(f"tickets/{other.number}/comments", {"body": "From CI."})
    assert sent.status_code == 201
    assert one.comments.get().body == "From CI."
    for number in (one.number, other.number):
        said = json.loads(api.get(f"tickets/{number}/comments").content)
        assert [each["body"] for each in said["results"]] == ["From CI."]


def test_a_key_reads_what_was_said_in_its_own_app_alone(
    one: Ticket, engineer: User, api_token: str, now: datetime
) -> None:
    app = make_project(client=one.client, now=now)
    ours = make_ticket(project=app, engineer=engineer, now=now)
    theirs = Api(make_api_key(project=app, now=now)[1])
    for ticket, body in ((one, "In the shop."), (ours, "In the app.")):
        reply_to_ticket(ticket_id=ticket.pk, body=body, actor=engineer, now=now)
    merge_tickets(source_id=ours.pk, number=one.number, actor=engineer, now=now)

    def read(api: Api, number: int) -> list[str]:
        said = json.loads(api.get(f"tickets/{number}/comments").content)
        return [each["body"] for each in said.get("results", [])]

    assert read(Api(api_token), one.number) == ["In the shop."]
    assert read(theirs, ours.number) == ["In the app."]
    assert read(theirs, one.number) == read(Api(api_token), ours.number) == []


def test_a_joined_report_is_taken_back_from_its_page(
    one: Ticket, project: Project, bob: User, engineer: User, now: datetime
) -> None:
    report = make_triaged_report(project, by=bob, now=now)
    join_report(report_id=report.pk, number=one.number, actor=engineer, now=now)
    path = f"/console/triage/{report.pk}/"
    assert 'value="split"' in signed_in(engineer).get(path).content.decode()
    assert f"#{report.pk} is back in triage." in said(post(engineer, path, "split"))
    assert "joined no ticket" in said(post(engineer, path, "split"))


def test_a_page_of_before_takes_no_later_merge_apart(
    one: Ticket, other: Ticket, engineer: User, project: Project, now: datetime
) -> None:
    third = make_ticket(project=project, engineer=engineer, now=now)
    who: dict[str, Any] = {"actor": engineer, "now": now}
    first = merge_tickets(source_id=other.pk, number=one.number, **who)
    unmerge_ticket(source_id=other.pk, **who)
    merge_tickets(source_id=other.pk, number=third.number, **who)

    stale = signed_in(engineer).post(page_of(other), {"do": f"unmerge-{first.pk}"})

    other.refresh_from_db()
    assert stale.status_code == 409 and other.merged_into == third
