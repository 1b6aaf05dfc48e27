"""What the portal shows of known tickets while somebody types, and adding oneself to one."""

from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from clients.models import Project, User
from tests import factories
from tests.portal import signed_in
from tickets.models import Report, Ticket
from tickets.rules.states import ReportState
from tickets.views import like

TITLE = "Orders paid with PayPal get no credits"
TYPED = "Orders that were paid with PayPal got no credits"


@pytest.fixture
def ticket(project: Project, engineer: User, alice: User, now: datetime) -> Ticket:
    return factories.make_ticket(
        project=project, engineer=engineer, text=TYPED, title=TITLE, by=alice, now=now
    )


def look(user: User, text: str = TYPED, **fields: Any) -> Any:
    return signed_in(user).post("/portal/report/like/", {"text": text, **fields})


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_typing_shows_the_known_tickets_with_where_they_stand(
    ticket: Ticket, bob: User, project: Project
) -> None:
    shown = words(look(bob, project=project.pk, page_url="https://shop.acme.test/pay"))
    assert "Does one of these match?" in shown
    assert f"#{ticket.number}" in shown and TITLE in shown and "In the queue" in shown
    assert f'name="join" value="{ticket.number}"' in shown
    assert "1 known problem may match" in shown
    assert look(bob, "Paypal").content == b""
    assert "match" not in words(look(bob, "Zebra crossing quickly"))
    assert look(bob, "\x00 '; -- %_ (*\\" * 3).status_code == 200


def test_at_most_three_are_shown_in_few_statements(
    project: Project, engineer: User, bob: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        factories.make_ticket(
            project=project, engineer=engineer, text=TYPED, title=f"{TITLE} {number}", now=now
        )
    browser = signed_in(bob)
    with django_assert_max_num_queries(12):
        shown = words(browser.post("/portal/report/like/", {"text": TYPED}))
    assert shown.count('name="join"') == like.MOST_SHOWN


def test_no_ticket_of_another_client_is_ever_suggested_or_joined(
    ticket: Ticket, charlie: User, foreign_project: Project, project: Project
) -> None:
    for shown in (look(charlie), look(charlie, project=project.pk)):
        assert "match" not in words(shown) and TITLE not in words(shown)
    browser = signed_in(charlie)
    page = browser.post(
        "/portal/report/",
        {"text": TYPED, "project": foreign_project.pk, "join": ticket.number},
        follow=True,
    )
    report = Report.objects.latest("pk")
    assert (report.ticket, report.state) == (None, ReportState.PROPOSED)
    assert f"This client has no ticket #{ticket.number}" in words(page)
    assert page.redirect_chain[-1][0] == f"/portal/reports/{report.number}/"
    assert TITLE not in words(page)


def test_who_may_not_report_or_is_nobody_here_sees_nothing(
    ticket: Ticket, vera: User, bob: User, engineer: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    for who in (vera, engineer, factories.make_user()):
        shown = look(who)
        assert (shown.status_code, shown.content) == (200, b"")
    # Not led away from the form, either.
    ended = Browser().post("/portal/report/like/", {"text": TYPED}, headers={"HX-Request": "true"})
    assert (ended.status_code, ended.content) == (204, b"")
    assert signed_in(bob).get("/portal/report/like/").status_code == 405


def test_whoever_looks_too_often_is_shown_no_more_but_may_still_report(
    ticket: Ticket, bob: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(like, "LOOKS_AN_HOUR", 1)
    assert look(bob).content
    limited = look(bob)
    assert (limited.status_code, limited.content) == (200, b"")
    sent = {"text": TYPED, "project": project.pk}
    assert signed_in(bob).post("/portal/report/", sent).status_code == 302


def test_adding_oneself_keeps_words_and_files_and_counts_the_person(
    ticket: Ticket, bob: User, project: Project
) -> None:
    browser = signed_in(bob)
    file = SimpleUploadedFile("log.txt", b"no credits", content_type="text/plain")
    sent = {
        "text": "Me too: <b>no</b> credits", "project": project.pk, "form_key": "k1",
        "join": ticket.number, "attachments": [file],
    }  # fmt: skip
    page = browser.post("/portal/report/", sent, follow=True)
    assert page.redirect_chain[-1][0] == f"/portal/tickets/{ticket.number}/"
    shown = words(page)
    assert f"You are added to #{ticket.number}" in shown and "2 people" in shown
    assert "Me too: &lt;b&gt;no&lt;/b&gt; credits" in shown and "log.txt" in shown
    assert f'data-draft-done="{bob.pk}:{project.pk}"' in shown
    assert "data-draft-done" not in words(browser.get(f"/portal/tickets/{ticket.number}/"))
    ticket.refresh_from_db()
    assert ticket.reach == 2

    file.seek(0)
    again = browser.post("/portal/report/", sent, follow=True)
    assert again.redirect_chain[-1][0] == f"/portal/tickets/{ticket.number}/"
    assert Report.objects.filter(reporter__user=bob).count() == 1


def test_a_ticket_closed_in_the_meantime_loses_nothing(
    ticket: Ticket, bob: User, project: Project, engineer: User, now: datetime
) -> None:
    factories.walk_ticket(ticket, "closed", engineer=engineer, now=now)
    sent = {"text": "Me too", "project": project.pk, "join": ticket.number}
    page = signed_in(bob).post("/portal/report/", sent, follow=True)
    assert Report.objects.latest("pk").state == ReportState.PROPOSED
    assert "Your report came in as one of its own" in words(page)


@pytest.mark.parametrize("wrong", ["", "x", "0", "-1", "9" * 40, "１"])
def test_a_number_that_is_none_sends_the_report_as_it_is(
    bob: User, project: Project, wrong: str
) -> None:
    sent = {"text": "No credits at all", "project": project.pk, "join": wrong}
    page = signed_in(bob).post("/portal/report/", sent, follow=True)
    assert page.status_code == 200
    assert Report.objects.get().state == ReportState.PROPOSED
