"""The page on which somebody without an account follows their report, and answers."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client, Project, User
from core.models import OutboxMessage
from core.tasks import deliver_due
from core.tokens import derive_token
from tests import factories
from tickets import actions, tasks
from tickets.models import Comment, Report, Reporter, StatusLink, Ticket, TicketEvent
from tickets.models import TicketEventKind as Kind

WORDS = "Firefox, and only after I sign in again."


@pytest.fixture
def link(project: Project, engineer: User, now: datetime) -> StatusLink:
    return factories.make_status_link(
        project, email="kim@x.test", text="The export is empty.", engineer=engineer, now=now
    )[0]


def _path(link: StatusLink) -> str:
    return f"/r/{derive_token('status_link', link.pk)}/"


def _handed_out(report: Report, now: datetime) -> str:
    """Give the path of the page as the answer to a widget names it."""
    address = actions.status_address(report_id=report.pk, now=now)
    return address.removeprefix("http://testserver")


def _shown(path: str) -> str:
    page = Browser().get(path)
    assert page.status_code == 200
    return page.content.decode()


def _texts() -> str:
    return "".join(mail.whole_text for mail in OutboxMessage.objects.all())


def test_the_mailed_question_holds_a_link_only_as_it_leaves(link: StatusLink) -> None:
    token = derive_token("status_link", link.pk)
    assert token not in _texts() and token != link.token_hash
    deliver_due()
    (sent,) = mail.outbox
    assert sent.to == ["kim@x.test"]
    assert f"Follow it and answer here: http://testserver/r/{token}/" in sent.body
    assert token not in _texts()


def test_who_has_an_account_answers_in_the_portal(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, by=bob, now=now)
    actions.ask_reporter(report_id=report.pk, question="Which?", actor=engineer, now=now)
    assert not StatusLink.objects.exists()
    assert f"/portal/reports/{report.number}/" in _texts() and "/r/" not in _texts()


def test_opening_the_page_tells_how_the_report_stands_and_answers_nothing(
    link: StatusLink,
) -> None:
    for _ in range(2):
        page = Browser().get(_path(link))
        assert Browser().head(_path(link)).status_code == 200
    shown = page.content.decode()
    assert f"#{link.report_id}" in shown and "We asked you" in shown
    assert "Which browser do you use?" in shown and "The export is empty." in shown
    assert page["Referrer-Policy"] == "strict-origin"
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]
    assert Comment.objects.count() == 1


def test_the_page_names_the_promised_answer(project: Project, now: datetime) -> None:
    report = factories.make_report(project, email="kim@x.test", now=now)
    assert report.respond_by_at
    assert "We answer" in _shown(_handed_out(report, now))


def test_an_answer_is_the_reporter_s_and_brings_the_report_back_into_triage(
    link: StatusLink,
) -> None:
    page = Browser().post(_path(link), {"body": WORDS}, follow=True)
    assert page.status_code == 200 and "Thank you" in page.content.decode()
    assert WORDS in page.content.decode()
    said = Comment.objects.get(body=WORDS)
    report = Report.objects.get(pk=link.report_id)
    assert (said.report, said.author_reporter, said.by_staff) == (report, report.reporter, False)
    assert report.state == "proposed"
    event = TicketEvent.objects.get(kind=Kind.REPORT_ANSWERED)
    assert (event.report, event.actor_reporter) == (report, report.reporter)
    assert report.reporter and report.reporter.email_confirmed_at


def test_a_link_takes_many_answers_and_each_form_once(link: StatusLink) -> None:
    for key in ("a", "a", "b"):
        Browser().post(_path(link), {"body": WORDS, "form_key": key})
    assert Comment.objects.filter(body=WORDS).count() == 2


@pytest.mark.slow
def test_answers_by_one_link_are_bounded(link: StatusLink) -> None:
    answers = [Browser().post(_path(link), {"body": WORDS}).status_code for _ in range(31)]
    assert set(answers[:30]) == {302} and answers[30] == 429


@pytest.mark.parametrize("token", ["x", "A" * 43, "{token:status_link:1}", "\x00", "ü" * 50])
def test_any_other_token_is_unknown(link: StatusLink, token: str, now: datetime) -> None:
    with pytest.raises(StatusLink.DoesNotExist):
        actions.answer_by_link(token=token, body=WORDS, now=now)
    assert Browser().get("/r/unknown-token/").status_code == 404


def _days_ago(project: Project, days: int) -> StatusLink:
    """Give a link to whose report nothing happened for so many days."""
    then = timezone.now() - timedelta(days=days)
    return factories.make_status_link(
        project, email="kim@x.test", text="The export is empty.", now=then
    )[0]


def test_the_page_lives_while_something_happens_and_ninety_days_longer(
    project: Project, engineer: User, now: datetime
) -> None:
    assert Browser().get(_path(_days_ago(project, 89))).status_code == 200
    link = _days_ago(project, 91)
    page = Browser().get(_path(link))
    assert page.status_code == 404 and "The export" not in page.content.decode()
    with pytest.raises(StatusLink.DoesNotExist):
        actions.answer_by_link(token=derive_token("status_link", link.pk), body=WORDS, now=now)
    actions.accept_report(report_id=link.report_id, actor=engineer, now=now)
    assert Browser().get(_path(link)).status_code == 200


def test_who_has_an_old_link_is_mailed_a_new_one(project: Project) -> None:
    link = _days_ago(project, 91)
    OutboxMessage.objects.all().delete()
    assert "Mail me a new link" in Browser().get(_path(link)).content.decode()
    page = Browser().post(_path(link))
    assert page.status_code == 200 and "on its way" in page.content.decode()
    newest = StatusLink.objects.latest("pk")
    assert newest != link and OutboxMessage.objects.get().recipient == "kim@x.test"
    assert "The export" in _shown(_path(newest))
    assert Browser().get(_path(link)).status_code == 404
    codes = [Browser().post(_path(link)).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_where_nobody_left_an_address_there_is_no_new_link(project: Project) -> None:
    then = timezone.now() - timedelta(days=91)
    report = factories.make_report(project, now=then)
    page = Browser().post(_handed_out(report, then))
    assert page.status_code == 404 and "Mail me" not in page.content.decode()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("body", ["", "  \n ", "x" * 20_001])
def test_an_empty_or_endless_answer_is_refused_on_the_page(link: StatusLink, body: str) -> None:
    page = Browser().post(_path(link), {"body": body})
    assert page.status_code == 422
    assert "Which browser do you use?" in page.content.decode()
    assert Comment.objects.count() == 1


@pytest.mark.slow
def test_guessing_links_is_slowed_down(db: None) -> None:
    browser = Browser()
    answers = [browser.get(f"/r/guess-{n}/").status_code for n in range(601)]
    assert set(answers[:600]) == {404}
    assert answers[600] == 429


def test_the_address_is_the_same_again_and_is_new_with_a_new_secret(
    project: Project, now: datetime, settings: object
) -> None:
    report = factories.make_report(project, now=now)
    first = _handed_out(report, now)
    assert _handed_out(report, now) == first
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    second = _handed_out(report, now)
    assert second != first
    assert Browser().get(first).status_code == Browser().get(second).status_code == 200


def test_who_left_no_address_follows_and_answers_by_the_link_they_were_given(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, text="Nothing loads", now=now)
    path = _handed_out(report, now)
    assert Browser().post(path, {"body": WORDS}).status_code == 302
    report.refresh_from_db()
    assert report.reporter and not report.reporter.counts
    ticket = actions.accept_report(report_id=report.pk, actor=engineer, now=now)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="On it.", actor=engineer, now=now)
    shown = _shown(path)
    assert "On it." in shown and WORDS in shown and "In the queue" in shown
    Browser().post(path, {"body": "Thanks"})
    ticket.refresh_from_db()
    assert (ticket.reach, ticket.unsigned_reach) == (0, 1)


def test_a_link_that_came_by_no_mail_confirms_no_address(project: Project, now: datetime) -> None:
    report = factories.make_triaged_report(project, email="victim@x.test", now=now)
    Browser().post(_handed_out(report, now), {"body": WORDS})
    assert Reporter.objects.get().email_confirmed_at is None


def test_who_gives_another_s_address_reads_nothing_that_person_said(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket, link = _waiting(project, engineer, now)
    Browser().post(_path(link), {"body": "Kim has a secret"})
    forged = factories.make_triaged_report(project, email="kim@x.test", text="Forged", now=now)
    later = now + timedelta(minutes=1)
    actions.join_report(report_id=forged.pk, number=ticket.number, actor=engineer, now=later)
    path = _handed_out(forged, later)
    Browser().post(path, {"body": "What I said"})
    shown = _shown(path)
    assert "What I said" in shown and "Kim has a secret" not in shown
    # What was asked before it was theirs was asked of others.
    assert "Which browser do you use?" not in shown
    assert "Kim has a secret" in _shown(_path(link))


def test_an_answer_that_comes_after_triage_is_said_on_the_ticket(
    link: StatusLink, engineer: User, now: datetime
) -> None:
    ticket = actions.accept_report(report_id=link.report_id, actor=engineer, now=now)
    assert Browser().post(_path(link), {"body": WORDS}).status_code == 302
    assert Comment.objects.get(body=WORDS).ticket == ticket


def test_who_was_declined_may_say_that_this_is_wrong(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_declined_report(project, email="kim@x.test", actor=engineer, now=now)
    link = report.status_links.get()
    assert "It is meant to be like this." in _shown(_path(link))
    Browser().post(_path(link), {"body": "It is still broken"})
    report.refresh_from_db()
    assert report.state == "proposed"


def test_spam_gets_no_link(project: Project, engineer: User, now: datetime) -> None:
    factories.make_declined_report(project, "spam", email="kim@x.test", actor=engineer, now=now)
    assert not StatusLink.objects.exists() and not OutboxMessage.objects.exists()


def _waiting(project: Project, engineer: User, now: datetime) -> tuple[Ticket, StatusLink]:
    """Make a ticket of two outsiders that waits for what they answer; give Kim's link."""
    ticket = factories.make_ticket(
        project=project, email="kim@x.test", text="Mine", engineer=engineer, now=now
    )
    other = factories.make_triaged_report(
        project, email="lee@x.test", text="Words of Lee's", now=now
    )
    actions.join_report(report_id=other.pk, number=ticket.number, actor=engineer, now=now)
    factories.walk_ticket(ticket, "waiting", engineer=engineer, now=now)
    return ticket, StatusLink.objects.get(report__reporter__email="kim@x.test")


def test_each_outside_reporter_of_a_ticket_has_a_link_of_their_own(
    project: Project, engineer: User, now: datetime
) -> None:
    _, link = _waiting(project, engineer, now)
    assert StatusLink.objects.count() == 2
    deliver_due()
    asked = {sent.to[0]: sent.body for sent in mail.outbox if "Which browser" in str(sent.body)}
    assert set(asked) == {"kim@x.test", "lee@x.test"}
    assert [to for to, body in asked.items() if _path(link) in body] == ["kim@x.test"]


def test_the_page_shows_what_we_said_and_nothing_of_anybody_else(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    ticket, link = _waiting(project, engineer, now)
    notes = {"actor": engineer, "now": now, "ticket_id": ticket.pk}
    actions.note_on_ticket(body="Between us", **notes)  # type: ignore[arg-type]
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Alice's word", actor=alice, now=now)
    lee = StatusLink.objects.get(report__reporter__email="lee@x.test")
    Browser().post(_path(lee), {"body": "Said by Lee"})
    shown = _shown(_path(link))
    assert "Mine" in shown and "Which browser do you use?" in shown
    for foreign in ("Words of Lee", "lee@", "Said by Lee", "Between us", "Alice", engineer.name):
        assert foreign not in shown, foreign


def test_what_is_merged_tells_what_was_said_since_on_the_survivor(
    project: Project, engineer: User, now: datetime
) -> None:
    survivor = factories.make_ticket(
        project=project, email="lee@x.test", engineer=engineer, now=now
    )
    says = {"ticket_id": survivor.pk, "actor": engineer}
    actions.reply_to_ticket(body="Long before", now=now, **says)  # type: ignore[arg-type]
    ticket, link = _waiting(project, engineer, now)
    later = now + timedelta(minutes=1)
    actions.merge_tickets(source_id=ticket.pk, number=survivor.number, actor=engineer, now=later)
    actions.reply_to_ticket(body="To all of you", now=later, **says)  # type: ignore[arg-type]
    shown = _shown(_path(link))
    assert "To all of you" in shown and "Which browser do you use?" in shown
    assert "Long before" not in shown


def test_an_answer_puts_a_waiting_ticket_back_to_work_and_is_heard(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket, link = _waiting(project, engineer, now)
    assert (ticket.reach, ticket.unsigned_reach) == (0, 1)
    assert Browser().post(_path(link), {"body": WORDS}).status_code == 302
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

    assert Browser().post(_path(link), {"body": WORDS}).status_code == 302
    tasks.recount_confirmed()

    elsewhere.refresh_from_db()
    assert (elsewhere.reach, elsewhere.unsigned_reach) == (1, 0)


def test_the_answer_of_somebody_who_joined_and_left_the_team_is_not_taken(
    link: StatusLink, bob: User, alice: User, acme: Client, now: datetime
) -> None:
    from clients.actions import remove_member

    Reporter.objects.filter(email="kim@x.test").update(user=bob)
    remove_member(member_id=bob.memberships.get().pk, actor=alice, now=now)
    assert Browser().post(_path(link), {"body": WORDS}).status_code == 404
    assert not Comment.objects.filter(body=WORDS).exists()


def test_the_page_gives_its_own_files_and_no_other(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    own, said, noted, foreign = (
        factories.make_attachment(actor=who, name=f"{name}.txt", data=name.encode(), now=now)
        for who, name in (
            (None, "own"),
            (engineer, "said"),
            (engineer, "noted"),
            (alice, "foreign"),
        )
    )
    link, token = factories.make_status_link(
        project, engineer=engineer, attachment_ids=[own.pk], now=now
    )
    ticket = actions.accept_report(report_id=link.report_id, actor=engineer, now=now)
    for act, who, file in (
        (actions.reply_to_ticket, engineer, said),
        (actions.note_on_ticket, engineer, noted),
        (actions.reply_to_ticket, alice, foreign),
    ):
        act(body="See", actor=who, attachment_ids=[file.pk], ticket_id=ticket.pk, now=now)
    codes = {
        file.name: Browser().get(f"/r/{token}/files/{file.pk}/").status_code
        for file in (own, said, noted, foreign)
    }
    assert codes == {"own.txt": 200, "said.txt": 200, "noted.txt": 404, "foreign.txt": 404}
    answer = Browser().get(f"/r/{token}/files/{own.pk}/")
    assert b"".join(answer) == b"own" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")
    assert Browser().get(f"/r/{'x' * 43}/files/{own.pk}/").status_code == 404


def test_the_page_costs_the_same_however_much_was_said(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket, link = _waiting(project, engineer, now)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            _shown(_path(link))
        return len(seen)

    before = queries()
    for n in range(4):
        actions.reply_to_ticket(ticket_id=ticket.pk, body=f"{n}", actor=engineer, now=now)
    assert queries() == before <= 16
