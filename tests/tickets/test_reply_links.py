"""Answers of people without an account, by the link of the mail that asked them."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import Client as Browser

from clients.models import Client, Project, User
from core.models import OutboxMessage
from core.tasks import deliver_due
from core.tokens import derive_token
from tests import factories
from tickets import actions, tasks
from tickets.models import Comment, ReplyLink, Report, Reporter, Ticket, TicketEvent
from tickets.models import TicketEventKind as Kind

WORDS = "Firefox, and only after I sign in again."


@pytest.fixture
def link(project: Project, engineer: User, now: datetime) -> ReplyLink:
    return factories.make_reply_link(
        project, email="kim@x.test", text="The export is empty.", engineer=engineer, now=now
    )[0]


def _path(link: ReplyLink) -> str:
    return f"/r/{derive_token('reply_link', link.pk)}/"


def _texts() -> str:
    return "".join(mail.whole_text for mail in OutboxMessage.objects.all())


def test_the_mailed_question_holds_a_link_only_as_it_leaves(link: ReplyLink) -> None:
    token = derive_token("reply_link", link.pk)
    assert token not in _texts() and token != link.token_hash
    deliver_due()
    (sent,) = mail.outbox
    assert sent.to == ["kim@x.test"]
    assert f"Answer here: http://testserver/r/{token}/" in sent.body
    assert token not in _texts()


def test_who_has_an_account_answers_in_the_portal(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, by=bob, now=now)
    actions.ask_reporter(report_id=report.pk, question="Which?", actor=engineer, now=now)
    assert not ReplyLink.objects.exists()
    assert f"/portal/reports/{report.number}/" in _texts() and "/r/" not in _texts()


def test_opening_the_link_shows_the_question_and_answers_nothing(link: ReplyLink) -> None:
    for _ in range(2):
        page = Browser().get(_path(link))
        assert Browser().head(_path(link)).status_code == 200
    shown = page.content.decode()
    assert "Which browser do you use?" in shown and "The export is empty." in shown
    assert page["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page["Cache-Control"]
    link.refresh_from_db()
    assert link.answered_at is None and Comment.objects.count() == 1


def test_an_answer_is_the_reporter_s_and_brings_the_report_back_into_triage(
    link: ReplyLink,
) -> None:
    page = Browser().post(_path(link), {"body": WORDS})
    assert page.status_code == 200 and "Thank you" in page.content.decode()
    said = Comment.objects.get(body=WORDS)
    report = Report.objects.get(pk=link.report_id)
    assert (said.report, said.author_reporter, said.by_staff) == (report, report.reporter, False)
    assert report.state == "proposed"
    event = TicketEvent.objects.get(kind=Kind.REPORT_ANSWERED)
    assert (event.report, event.actor_reporter) == (report, report.reporter)
    assert report.reporter and report.reporter.email_confirmed_at


def test_a_link_takes_one_answer(link: ReplyLink) -> None:
    Browser().post(_path(link), {"body": WORDS})
    for answer in (Browser().post(_path(link), {"body": "More"}), Browser().get(_path(link))):
        assert answer.status_code == 404
        assert "This link is closed" in answer.content.decode()
        assert "Which browser" not in answer.content.decode()
    assert not Comment.objects.filter(body="More").exists()


@pytest.mark.parametrize("token", ["x", "A" * 43, "{token:reply_link:1}", "\x00", "ü" * 50])
def test_any_other_token_is_unknown(link: ReplyLink, token: str, now: datetime) -> None:
    with pytest.raises(ReplyLink.DoesNotExist):
        actions.answer_by_link(token=token, body=WORDS, now=now)
    assert Browser().get("/r/unknown-token/").status_code == 404


def test_the_link_expires_after_thirty_days(link: ReplyLink, now: datetime) -> None:
    ReplyLink.objects.update(expires_at=now - timedelta(minutes=1))
    assert Browser().get(_path(link)).status_code == 404
    assert Browser().post(_path(link), {"body": WORDS}).status_code == 404
    assert link.expires_at == now + timedelta(days=30)
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("body", ["", "  \n ", "x" * 20_001])
def test_an_empty_or_endless_answer_leaves_the_link_open(link: ReplyLink, body: str) -> None:
    page = Browser().post(_path(link), {"body": body})
    assert page.status_code == 422
    assert "Which browser do you use?" in page.content.decode()
    link.refresh_from_db()
    assert link.answered_at is None


def test_guessing_links_is_slowed_down(db: None) -> None:
    browser = Browser()
    answers = [browser.get(f"/r/guess-{n}/").status_code for n in range(121)]
    assert set(answers[:120]) == {404}
    assert answers[120] == 429


def test_an_answer_that_comes_after_triage_is_said_on_the_ticket(
    link: ReplyLink, engineer: User, now: datetime
) -> None:
    ticket = actions.accept_report(report_id=link.report_id, actor=engineer, now=now)
    assert Browser().post(_path(link), {"body": WORDS}).status_code == 200
    assert Comment.objects.get(body=WORDS).ticket == ticket


def test_who_was_declined_may_say_that_this_is_wrong(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_declined_report(project, email="kim@x.test", actor=engineer, now=now)
    link = report.reply_links.get()
    actions.answer_by_link(
        token=derive_token("reply_link", link.pk), body="It is still broken", now=now
    )
    report.refresh_from_db()
    assert report.state == "proposed"


def test_spam_gets_no_link(project: Project, engineer: User, now: datetime) -> None:
    factories.make_declined_report(project, "spam", email="kim@x.test", actor=engineer, now=now)
    assert not ReplyLink.objects.exists() and not OutboxMessage.objects.exists()


def _waiting(project: Project, engineer: User, now: datetime) -> tuple[Ticket, ReplyLink]:
    """Make a ticket of two outsiders that waits for what they answer; give Kim's link."""
    ticket = factories.make_ticket(
        project=project, email="kim@x.test", text="Mine", engineer=engineer, now=now
    )
    other = factories.make_triaged_report(
        project, email="lee@x.test", text="Words of Lee's", now=now
    )
    actions.join_report(report_id=other.pk, number=ticket.number, actor=engineer, now=now)
    factories.walk_ticket(ticket, "waiting", engineer=engineer, now=now)
    return ticket, ReplyLink.objects.get(report__reporter__email="kim@x.test")


def test_each_outside_reporter_of_a_ticket_gets_a_link_of_their_own(
    project: Project, engineer: User, now: datetime
) -> None:
    _, link = _waiting(project, engineer, now)
    assert ReplyLink.objects.count() == 2  # the mail that Lee's report was known had none
    deliver_due()
    asked = {sent.to[0]: sent.body for sent in mail.outbox if "Which browser" in str(sent.body)}
    assert set(asked) == {"kim@x.test", "lee@x.test"}
    assert [to for to, body in asked.items() if _path(link) in body] == ["kim@x.test"]
    page = Browser().get(_path(link)).content.decode()
    assert "Mine" in page and "Which browser do you use?" in page
    assert "Words of Lee" not in page and "lee@" not in page


def test_an_answer_puts_a_waiting_ticket_back_to_work_and_is_heard(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket, link = _waiting(project, engineer, now)
    assert (ticket.reach, ticket.unsigned_reach) == (0, 1)
    assert Browser().post(_path(link), {"body": WORDS}).status_code == 200
    ticket.refresh_from_db()
    assert ticket.state == "in_progress"
    said = Comment.objects.get(body=WORDS)
    assert said.ticket == ticket and said.author_reporter == link.report.reporter
    heard = OutboxMessage.objects.get(recipient=engineer.email)
    assert WORDS in heard.text
    # Who holds the link of a mail has read it, so the person counts.
    assert (ticket.reach, ticket.unsigned_reach) == (1, 1)


def test_who_is_confirmed_counts_on_all_their_tickets(
    project: Project, engineer: User, now: datetime
) -> None:
    _, link = _waiting(project, engineer, now)
    elsewhere = factories.make_ticket(
        project=project, email="kim@x.test", engineer=engineer, now=now
    )
    assert (elsewhere.reach, elsewhere.unsigned_reach) == (0, 1)

    assert Browser().post(_path(link), {"body": WORDS}).status_code == 200
    tasks.recount_confirmed()

    elsewhere.refresh_from_db()
    assert (elsewhere.reach, elsewhere.unsigned_reach) == (1, 0)


def test_the_answer_of_somebody_who_joined_and_left_the_team_is_not_taken(
    link: ReplyLink, bob: User, alice: User, acme: Client, now: datetime
) -> None:
    from clients.actions import remove_member

    Reporter.objects.filter(email="kim@x.test").update(user=bob)
    remove_member(member_id=bob.memberships.get().pk, actor=alice, now=now)
    assert Browser().post(_path(link), {"body": WORDS}).status_code == 404
    link.refresh_from_db()
    assert link.answered_at is None
