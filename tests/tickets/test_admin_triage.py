from datetime import datetime, timedelta
from typing import Any

import pytest

from clients.models import Project, User
from tests.console import post, said
from tests.factories import make_report, make_shift, make_ticket, make_triaged_report
from tests.portal import signed_in
from tickets.admin.triage import MOST_ROWS
from tickets.models import Alert, Report, Ticket
from tickets.rules.states import ReportState

OUTAGE = "URGENT: the whole site is down, every page shows 502 Bad Gateway. Nobody can pay!"


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def report(project: Project, alice: User, now: datetime) -> Report:
    """A report of Alice's that waits for triage."""
    return make_triaged_report(
        project,
        by=alice,
        text="My customer paid 49 € and got no credits.\n\n  Order A-1021 <b>twice</b>",
        page_url="https://shop.acme.example/checkout/1021",
        user_agent="Mozilla/5.0 (iPhone)",
        now=now,
    )


def path(report: Report) -> str:
    return f"/console/triage/{report.pk}/"


def test_the_screen_shows_the_whole_report_and_why_it_is_judged_so(
    report: Report, engineer: User
) -> None:
    page = signed_in(engineer).get(path(report)).content.decode()

    assert "Order A-1021 &lt;b&gt;twice&lt;/b&gt;" in page
    assert "https://shop.acme.example/checkout/1021" in page
    assert "Mozilla/5.0 (iPhone)" in page
    assert "Alice Adams" in page
    for reason in report.triage.reasons:
        assert reason.split("'")[-1].strip()[:20] in page
    assert "Page path: /checkout/*" in page


def test_accepting_opens_a_ticket_as_changed_and_leads_to_the_next_report(
    report: Report, project: Project, engineer: User, now: datetime
) -> None:
    following = make_triaged_report(project, now=now + timedelta(minutes=1))
    terms = {"title": "No credits", "kind": "payment", "severity": "S1", "estimate_minutes": "45"}

    answer = post(engineer, path(report), "accept", **terms)

    ticket = Ticket.objects.get(number=report.pk)
    assert (ticket.title, ticket.severity, ticket.estimate_minutes) == ("No credits", "S1", 45)
    assert answer.redirect_chain[-1][0] == path(following)
    assert f"#{report.pk} is in the queue as P1" in said(answer)


def test_after_the_last_report_the_inbox_says_that_triage_is_done(
    report: Report, engineer: User
) -> None:
    answer = post(engineer, path(report), "accept")

    assert "Triage is done" in answer.content.decode()


def test_a_form_sent_twice_accepts_once(report: Report, engineer: User) -> None:
    browser = signed_in(engineer)
    data = {"do": "accept", "form_key": "one-and-the-same"}
    browser.post(path(report), data)
    answer = browser.post(path(report), data, follow=True)

    assert Ticket.objects.count() == 1
    assert "cannot become" not in said(answer)


def test_a_refused_duplicate_keeps_the_number_and_says_why(report: Report, engineer: User) -> None:
    answer = post(engineer, path(report), "join", number="4711")

    assert answer.status_code == 422
    assert "no ticket #4711" in said(answer)
    assert 'value="4711"' in answer.content.decode()


@pytest.mark.parametrize("number", ["", "abc", "1e3", "-1", "²", "9" * 30])
def test_a_senseless_number_is_refused(number: str, report: Report, engineer: User) -> None:
    answer = post(engineer, path(report), "join", number=number)

    assert answer.status_code == 422
    assert said(answer)


def test_a_candidate_with_the_same_page_is_offered_and_joined(
    report: Report, project: Project, bob: User, engineer: User, now: datetime
) -> None:
    known = make_ticket(
        make_report(project, by=bob, page_url="https://shop.acme.example/checkout/9", now=now),
        title="My customer got no credits",
        engineer=engineer,
        now=now,
    )
    done = make_ticket(
        project=project, title="My customer paid and got no credits", engineer=engineer,
        state="verified", page_url="https://shop.acme.example/checkout/7", now=now,
    )  # fmt: skip
    page = signed_in(engineer).get(path(report)).content.decode()
    assert f"Join #{known.number} <kbd>" in page
    # What is verified may be looked at, and reopened; joining it is refused.
    assert f"#{done.number}</span>" in page and f"Join #{done.number}" not in page

    answer = post(engineer, path(report), "join", number=f"#{known.number}")

    known.refresh_from_db()
    assert known.reach == 2
    assert f"joined #{known.number}" in said(answer)


def test_declining_tells_the_reporter_and_can_be_undone(report: Report, engineer: User) -> None:
    answer = post(engineer, path(report), "decline", reason="works_as_meant", message="It is so.")
    assert f"#{report.pk} is declined." in answer.content.decode()

    answer = post(engineer, path(report), "reconsider")

    report.refresh_from_db()
    assert report.state == ReportState.PROPOSED
    assert answer.redirect_chain[-1][0] == path(report)


def test_declining_without_words_is_refused_and_keeps_the_reason(
    report: Report, engineer: User
) -> None:
    answer = post(engineer, path(report), "decline", reason="out_of_scope", message=" ")

    assert answer.status_code == 422
    page = " ".join(answer.content.decode().split())
    assert '<option value="out_of_scope" selected>' in page


def test_a_question_waits_for_its_answer_outside_the_inbox(report: Report, engineer: User) -> None:
    answer = post(engineer, path(report), "ask", question="Which card was it?")

    assert "Waiting for an answer" in answer.content.decode()
    report.refresh_from_db()
    assert report.state == ReportState.ASKED


def test_several_are_accepted_at_once_and_the_refused_are_counted(
    report: Report, project: Project, engineer: User, now: datetime
) -> None:
    other = make_triaged_report(project, now=now)
    unread = make_report(project, now=now)

    numbers = [report.pk, other.pk, unread.pk, 987654, "x"]
    answer = post(engineer, "/console/triage/", "accept_many", report=numbers)

    assert Ticket.objects.count() == 2
    assert "Accepted 2 as proposed." in said(answer)
    assert "2 could not be accepted" in said(answer)


def test_what_looks_like_spam_opens_no_ticket_in_bulk_and_is_declined_as_such(
    report: Report, project: Project, engineer: User, now: datetime
) -> None:
    text = "Dear webmaster, we can bring your website to page 1 of search results. Buy backlinks!"
    spam = make_triaged_report(project, text=text, now=now)
    assert spam.triage.kind == "spam"

    answer = post(engineer, "/console/triage/", "accept_many", report=[report.pk, spam.pk])
    assert list(Ticket.objects.values_list("number", flat=True)) == [report.pk]
    assert f"#{spam.pk} looks like spam" in said(answer)

    page = " ".join(signed_in(engineer).get(path(spam)).content.decode().split())
    assert '<option value="spam" selected>' in page


def test_a_full_page_of_the_inbox_is_accepted_at_once(report: Report, engineer: User) -> None:
    numbers = [report.pk, *range(10**9, 10**9 + MOST_ROWS - 1)]
    answer = post(engineer, "/console/triage/", "accept_many", report=numbers, form_key="k")

    assert answer.status_code == 200
    assert "Accepted 1 as proposed." in said(answer)


def test_an_alert_stands_on_top_until_somebody_takes_it(
    project: Project, alice: User, engineer: User, ops_admin: User, now: datetime
) -> None:
    make_shift(engineer=engineer, now=now)
    report = make_triaged_report(project, by=alice, text=OUTAGE, now=now)
    browser = signed_in(ops_admin)
    assert "I am on it" in browser.get("/console/").content.decode()

    answer = browser.post(f"{path(report)}acknowledge/", follow=True)

    assert Alert.objects.get().acknowledged_by == ops_admin
    assert "nobody else is woken" in said(answer)
    assert "I am on it" not in browser.get("/console/").content.decode()
    assert "Olga Olsen has acknowledged" in said(post(engineer, path(report), "acknowledge"))


def test_a_report_that_just_arrived_can_be_proposed_by_hand(
    project: Project, engineer: User, now: datetime
) -> None:
    report = make_report(project, now=now)
    assert "Propose now" in signed_in(engineer).get(path(report)).content.decode()

    post(engineer, path(report), "propose")

    report.refresh_from_db()
    assert report.state == ReportState.PROPOSED


def test_the_inbox_costs_the_same_at_any_size(
    project: Project, engineer: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    browser = signed_in(engineer)
    make_triaged_report(project, now=now)
    with django_assert_max_num_queries(12) as few:
        browser.get("/console/triage/")
    for _ in range(8):
        make_triaged_report(project, now=now)
    with django_assert_max_num_queries(12) as many:
        browser.get("/console/triage/")

    assert len(many) == len(few)


@pytest.mark.parametrize("do", ["", "nothing", "__class__"])
def test_an_unknown_button_changes_nothing(do: str, report: Report, engineer: User) -> None:
    answer = post(engineer, path(report), do)

    assert answer.status_code == 200
    assert Ticket.objects.count() == 0
