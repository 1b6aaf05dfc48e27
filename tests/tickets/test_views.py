"""The portal's pages of reports and tickets, over HTTP."""

import io
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils import timezone
from PIL import Image

from clients.actions import remove_member
from clients.models import Project, User
from tests.factories import (
    make_attachment,
    make_declined_report,
    make_fix_check,
    make_member,
    make_project,
    make_release,
    make_report,
    make_ticket,
    ship,
)
from tests.portal import signed_in
from tickets.actions import note_on_ticket, reply_to_ticket, wait_for_client
from tickets.models import Attachment, Comment, FixCheck, Report, SlaClock, Ticket

pytestmark = pytest.mark.django_db
CEILING = 17


def png(name: str = "shot.png") -> SimpleUploadedFile:
    """Give a small picture as a browser uploads it."""
    data = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue(), content_type="image/png")


def send_report(browser: Browser, app: Project, **fields: object) -> Any:
    """Send the report form."""
    sent = {"text": "My customer paid and got no credits.", "project": app.pk, **fields}
    return browser.post("/portal/report/", sent)


# Who sees what


def test_a_stranger_gets_404_for_tickets_reports_and_files_as_for_missing_ones(
    alice: User, charlie: User, project: Project, engineer: User
) -> None:
    file = make_attachment(actor=alice)
    report = make_report(project, by=alice, attachment_ids=[file.pk])
    ticket = make_ticket(project=project, engineer=engineer)
    browser = signed_in(charlie)
    for path in (
        f"/portal/tickets/{ticket.number}/",
        f"/portal/reports/{report.number}/",
        f"/portal/files/{file.pk}/",
        "/portal/tickets/987654/",
        "/portal/reports/987654/",
        "/portal/files/987654/",
    ):
        assert browser.get(path).status_code == 404, path
        assert browser.head(path).status_code == 404, path
        if "files" not in path:
            assert browser.post(path, {"action": "reply", "body": "x"}).status_code == 404, path
    assert not Comment.objects.exists()


def test_a_strangers_lists_and_searches_contain_nothing_of_another_client(
    alice: User, charlie: User, foreign_project: Project, project: Project, engineer: User
) -> None:
    ticket = make_ticket(project=project, engineer=engineer, title="Secret pineapple")
    make_report(project, "Another pineapple report", by=alice)
    make_release(project=project, version="pineapple-1")
    browser = signed_in(charlie)
    for path in (
        "/portal/",
        "/portal/report/",
        "/portal/tickets/?view=all",
        "/portal/tickets/?view=all&q=pineapple",
        f"/portal/tickets/?view=all&q=%23{ticket.number}",
        f"/portal/tickets/?view=all&project={project.pk}",
    ):
        page = browser.get(path)
        assert page.status_code == 200, path
        for word in ("Secret", "Another pineapple", "pineapple-1", project.name):
            assert word not in page.content.decode(), (path, word)


@pytest.mark.parametrize(
    "path", ["/portal/", "/portal/report/", "/portal/tickets/", "/portal/tickets/1/"]
)
def test_visitors_are_sent_to_sign_in_and_come_back(path: str) -> None:
    answer = Browser().get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"/account/login/?next={path}"


def test_htmx_leaves_for_the_sign_in_page_when_the_session_has_ended() -> None:
    answer = Browser().get("/portal/tickets/?q=x", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith("/account/login/?next=/portal/tickets/")
    assert not answer.content


def test_staff_who_are_no_members_find_no_tickets_in_the_portal(
    engineer: User, project: Project, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    ticket = make_ticket(project=project, engineer=engineer)
    browser = signed_in(engineer)
    assert browser.get(f"/portal/tickets/{ticket.number}/").status_code == 404
    assert "This is the clients' portal" in browser.get("/portal/").content.decode()


def test_internal_notes_and_their_files_never_reach_the_portal(
    alice: User, engineer: User, project: Project
) -> None:
    ticket = make_ticket(project=project, engineer=engineer)
    file = make_attachment(actor=engineer, name="dump.txt")
    note_on_ticket(
        ticket_id=ticket.pk,
        body="The client must not read this.",
        attachment_ids=[file.pk],
        actor=engineer,
        now=timezone.now(),
    )
    browser = signed_in(alice)
    page = browser.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert "must not read" not in page
    assert "dump.txt" not in page
    assert browser.get(f"/portal/files/{file.pk}/").status_code == 404


def test_pages_ask_the_same_few_queries_however_much_there_is(
    alice: User,
    bob: User,
    engineer: User,
    project: Project,
    django_assert_max_num_queries: object,
) -> None:
    now = timezone.now()
    first = make_ticket(project=project, by=alice, engineer=engineer)
    for _ in range(8):
        make_ticket(project=project, by=bob, engineer=engineer)
        make_report(project, by=alice)
        make_release(project=project)
        reply_to_ticket(ticket_id=first.pk, body="Hello", actor=alice, now=now)
    waiting = make_report(project, by=alice)
    browser = signed_in(alice)
    for path, most in (
        ("/portal/", CEILING),
        ("/portal/report/", CEILING),
        ("/portal/tickets/?view=all", CEILING),
        # Its bounds on time and the way through the index are statements of their own.
        ("/portal/tickets/?view=all&q=export", CEILING + 12),
        (f"/portal/tickets/{first.number}/", CEILING),
        (f"/portal/reports/{waiting.number}/", CEILING),
    ):
        with django_assert_max_num_queries(most):  # type: ignore[operator]
            assert browser.get(path).status_code == 200, path


# Home


def test_home_explains_itself_until_the_first_report(alice: User, project: Project) -> None:
    browser = signed_in(alice)
    page = browser.get("/portal/").content.decode()
    assert "All quiet" in page
    assert "How this works" in page
    make_report(project, by=alice)
    page = browser.get("/portal/").content.decode()
    assert "How this works" not in page
    assert "1 open, and with us" in page


def test_home_proves_the_quiet_with_what_was_shipped(
    alice: User, engineer: User, project: Project
) -> None:
    make_ticket(project=project, engineer=engineer, state="verified", title="Credits missing")
    make_release(project=project, version="v7.7.7")
    page = signed_in(alice).get("/portal/").content.decode()
    assert "All quiet" in page
    assert "Credits missing" in page
    assert "v7.7.7" in page


def test_home_puts_first_what_waits_for_the_client(
    alice: User, engineer: User, project: Project
) -> None:
    now = timezone.now()
    asked = make_ticket(project=project, by=alice, engineer=engineer, title="Asked about")
    make_ticket(project=project, by=alice, engineer=engineer, title="Only queued")
    wait_for_client(ticket_id=asked.pk, question="Which one?", actor=engineer, now=now)
    page = signed_in(alice).get("/portal/").content.decode()
    assert "Your word is needed" in page
    assert "1 question to answer." in page
    assert page.index("Asked about") < page.index("Only queued")


# Reporting


def test_one_sentence_is_a_report_and_is_answered_with_its_number(
    alice: User, project: Project
) -> None:
    browser = signed_in(alice)
    answer = send_report(browser, project, page_url="shop.example/cart", claimed_severity="S2")
    report = Report.objects.get()
    assert answer["Location"] == f"/portal/reports/{report.number}/"
    assert (report.project, report.reporter.user) == (project, alice)  # type: ignore[union-attr]
    assert report.text == "My customer paid and got no credits."
    assert report.claimed_severity == "S2"

    page = browser.get(answer["Location"]).content.decode()
    assert f"#{report.number} is with us" in page
    assert f'data-draft-done="{alice.pk}:{project.pk}"' in page
    assert "is with us" not in browser.get(answer["Location"]).content.decode()


def test_the_promised_answer_stands_in_the_readers_own_time_zone(
    alice: User, project: Project
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")
    browser = signed_in(alice)
    answer = send_report(browser, project)
    report = Report.objects.get()
    assert report.respond_by_at is not None
    clock = report.respond_by_at.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M")
    assert f"at {clock}" in browser.get(answer["Location"]).content.decode()


def test_pressing_send_twice_makes_one_report(alice: User, project: Project) -> None:
    browser = signed_in(alice)
    first = send_report(browser, project, form_key="abcdefgh")
    second = send_report(browser, project, form_key="abcdefgh")
    assert first["Location"] == second["Location"]
    assert Report.objects.count() == 1


def test_a_screenshot_goes_with_the_report_and_is_shown_to_the_team_only(
    alice: User, bob: User, charlie: User, project: Project
) -> None:
    answer = send_report(signed_in(alice), project, attachments=[png("my shot.png"), png()])
    assert answer.status_code == 302
    file = Attachment.objects.order_by("pk").first()
    assert file is not None
    shown = signed_in(bob).get(f"/portal/files/{file.pk}/")
    assert shown["Content-Type"] == "image/png"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Disposition"].startswith("inline")
    assert signed_in(charlie).get(f"/portal/files/{file.pk}/").status_code == 404


def test_a_file_that_is_no_picture_is_only_offered_to_save(alice: User, project: Project) -> None:
    evil = SimpleUploadedFile("page.html", b"<script>alert(1)</script>", content_type="text/html")
    send_report(signed_in(alice), project, attachments=[evil])
    file = Attachment.objects.get()
    shown = signed_in(alice).get(f"/portal/files/{file.pk}/")
    assert shown["Content-Type"] == "text/plain"
    assert shown["Content-Disposition"].startswith("attachment")


def test_a_refused_file_names_itself_and_costs_neither_text_nor_the_good_file(
    alice: User, project: Project
) -> None:
    browser = signed_in(alice)
    broken = SimpleUploadedFile("broken.png", b"\x89PNG\r\n\x1a\nnot really")
    answer = send_report(browser, project, attachments=[png("good.png"), broken])
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "broken.png is a broken image." in page
    assert "My customer paid and got no credits." in page
    assert "good.png is stored already" in page
    kept = Attachment.objects.get()

    answer = send_report(browser, project, kept=str(kept.pk))
    assert answer.status_code == 302
    assert Report.objects.get().attachments.get() == kept


def test_nobody_ties_another_persons_loose_file(
    alice: User, charlie: User, project: Project, foreign_project: Project
) -> None:
    file = make_attachment(actor=alice, name="private.txt")
    answer = send_report(signed_in(charlie), foreign_project, kept=str(file.pk))
    assert answer.status_code == 302
    assert not Report.objects.get().attachments.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": ""}, "Say in a few words what happened."),
        ({"text": "  \n "}, "Say in a few words what happened."),
        ({"text": "x" * 50_001}, "at most 50000 characters"),
        ({"text": "a\x00b"}, "Null characters are not allowed."),
        ({"claimed_severity": "S9"}, "S9 is not one of the available choices"),
        ({"page_url": "x" * 2001}, "at most 2000 characters"),
        ({"project": "0"}, "Select a valid choice"),
        ({"project": "; drop table"}, "Select a valid choice"),
    ],
)
def test_bad_input_is_refused_beside_its_field(
    alice: User, project: Project, fields: dict[str, str], words: str
) -> None:
    answer = send_report(signed_in(alice), project, **fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Report.objects.exists()


def test_a_file_past_the_limit_is_refused_unread(
    alice: User, project: Project, settings: object
) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1024 * 1024  # type: ignore[attr-defined]
    big = SimpleUploadedFile("big.txt", b"x" * (1024 * 1024 + 1))
    answer = send_report(signed_in(alice), project, attachments=[big])
    assert answer.status_code == 422
    assert "big.txt is larger than 1 MB." in answer.content.decode()
    assert not Attachment.objects.exists()


def test_too_many_files_are_refused_beside_their_field_and_none_is_stored(
    alice: User, project: Project
) -> None:
    files = [png(f"{n}.png") for n in range(settings.ATTACHMENT_MAX_COUNT + 1)]
    answer = send_report(signed_in(alice), project, attachments=files)
    assert answer.status_code == 422
    assert f"At most {settings.ATTACHMENT_MAX_COUNT} files" in answer.content.decode()
    assert not Attachment.objects.exists()


def test_nobody_reports_for_another_clients_app(
    charlie: User, foreign_project: Project, project: Project
) -> None:
    answer = send_report(signed_in(charlie), project)
    assert answer.status_code == 422
    assert not Report.objects.exists()


def test_a_viewer_reads_but_neither_reports_nor_replies(
    vera: User, alice: User, engineer: User, project: Project
) -> None:
    ticket = make_ticket(project=project, by=alice, engineer=engineer)
    browser = signed_in(vera)
    assert browser.get("/portal/report/").status_code == 403
    assert send_report(browser, project).status_code == 403
    page = browser.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert 'id="reply"' not in page
    assert "Report a problem" not in page
    answer = browser.post(f"/portal/tickets/{ticket.number}/", {"body": "Hello"})
    assert answer.status_code == 403
    assert not Comment.objects.filter(author_user=vera).exists()


def test_a_lapsed_promise_is_owned_while_it_is_open_and_forgotten_once_done(
    alice: User, engineer: User, project: Project, now: datetime
) -> None:
    ticket = make_ticket(project=project, by=alice, engineer=engineer)
    SlaClock.objects.filter(clock="first_response").update(due_at=now - timedelta(hours=1))
    browser = signed_in(alice)
    path = f"/portal/tickets/{ticket.number}/"
    assert "and are late" in browser.get(path).content.decode()
    ship(ticket, engineer=engineer)
    assert "and are late" not in browser.get(path).content.decode()


# The list


def test_tabs_show_open_done_and_all(alice: User, engineer: User, project: Project) -> None:
    make_ticket(project=project, engineer=engineer, title="An open one")
    make_ticket(project=project, engineer=engineer, state="verified", title="A done one")
    make_report(project, "A fresh one", by=alice)
    make_declined_report(project=project, actor=engineer, text="A declined one")
    browser = signed_in(alice)

    def shown(query: str) -> set[str]:
        page = browser.get(f"/portal/tickets/?{query}").content.decode()
        page = page.replace("<mark>", "").replace("</mark>", "")
        words = ("An open one", "A done one", "A fresh one", "A declined one")
        return {word for word in words if word in page}

    assert shown("") == {"An open one", "A fresh one"}
    assert shown("view=done") == {"A done one", "A declined one"}
    assert shown("view=all") == {"An open one", "A done one", "A fresh one", "A declined one"}
    assert shown("view=all&q=fresh") == {"A fresh one"}
    assert shown("view=nonsense&before=x&project=-1") == {"An open one", "A fresh one"}


def test_older_pages_go_on_where_the_last_one_stopped(alice: User, project: Project) -> None:
    numbers = [make_report(project, by=alice).number for _ in range(30)]
    browser = signed_in(alice)
    first = browser.get("/portal/tickets/")
    older = first.context["older"]
    assert [row.number for row in first.context["rows"]] == sorted(numbers, reverse=True)[:25]
    second = browser.get(f"/portal/tickets/?{older}")
    assert [row.number for row in second.context["rows"]] == sorted(numbers, reverse=True)[25:]
    assert "older" not in second.context


def test_htmx_gets_only_the_results_from_the_same_address(alice: User, project: Project) -> None:
    make_report(project, "Findable", by=alice)
    headers = {"HX-Request": "true", "HX-Target": "results"}
    answer = signed_in(alice).get("/portal/tickets/?q=findable", headers=headers)
    page = answer.content.decode()
    assert "<html" not in page
    assert "Findable" in page
    assert "1 ticket found" in page
    assert "HX-Request" in answer["Vary"]


# The ticket


def test_a_reply_with_a_file_appears_in_the_timeline(
    alice: User, engineer: User, project: Project
) -> None:
    ticket = make_ticket(project=project, by=alice, engineer=engineer)
    browser = signed_in(alice)
    path = f"/portal/tickets/{ticket.number}/"
    answer = browser.post(
        path,
        {"action": "reply", "body": "It is **urgent** <script>x</script>", "attachments": [png()]},
    )
    comment = Comment.objects.get(author_user=alice)
    assert answer["Location"] == f"{path}#said-{comment.pk}"
    page = browser.get(path).content.decode()
    assert "<strong>urgent</strong>" in page
    assert "<script>x" not in page
    assert "shot.png" in page


def test_an_empty_reply_is_refused_on_the_form(
    alice: User, engineer: User, project: Project
) -> None:
    ticket = make_ticket(project=project, by=alice, engineer=engineer)
    answer = signed_in(alice).post(f"/portal/tickets/{ticket.number}/", {"body": " "})
    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()


def test_saying_that_it_works_verifies_the_ticket(
    alice: User, engineer: User, project: Project
) -> None:
    ticket = make_ticket(project=project, by=alice, engineer=engineer, state="shipped")
    browser = signed_in(alice)
    path = f"/portal/tickets/{ticket.number}/"
    assert "Does it work for you now?" in browser.get(path).content.decode()
    assert browser.post(path, {"action": "works"}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == "verified"
    assert "Works again" in browser.get(path).content.decode()


def test_saying_that_it_is_broken_reopens_the_ticket_with_the_words(
    alice: User, engineer: User, project: Project
) -> None:
    ticket = make_ticket(project=project, by=alice, engineer=engineer, state="shipped")
    path = f"/portal/tickets/{ticket.number}/"
    browser = signed_in(alice)
    browser.post(path, {"action": "broken", "comment": "Still no credits"})
    ticket.refresh_from_db()
    assert ticket.state == "queued"
    page = browser.get(path).content.decode()
    assert "Still no credits" in page
    assert "said that it is still broken" in page


def test_answering_what_is_not_shipped_is_refused_on_the_page(
    alice: User, engineer: User, project: Project
) -> None:
    ticket = make_ticket(project=project, by=alice, engineer=engineer)
    answer = signed_in(alice).post(f"/portal/tickets/{ticket.number}/", {"action": "works"})
    assert answer.status_code == 422
    assert Ticket.objects.get().state == "queued"


def test_a_report_leads_to_its_ticket_once_it_is_one(
    alice: User, engineer: User, project: Project
) -> None:
    ticket = make_ticket(project=project, by=alice, engineer=engineer)
    report = make_report(project, by=alice)
    browser = signed_in(alice)
    answer = browser.get(f"/portal/reports/{ticket.number}/")
    assert answer["Location"] == f"/portal/tickets/{ticket.number}/"
    assert browser.get(f"/portal/reports/{report.number}/").status_code == 200


def test_a_member_of_two_clients_sees_each_ticket_under_its_own_client(
    alice: User, charlie: User, engineer: User, foreign_project: Project, acme: object
) -> None:
    make_member(foreign_project.client, alice)
    ticket = make_ticket(project=foreign_project, by=charlie, engineer=engineer)
    page = signed_in(alice).get(f"/portal/tickets/{ticket.number}/")
    assert page.context["portal"].client == foreign_project.client


# Does it work for you? (without an account)


def test_opening_the_fix_check_link_answers_nothing(project: Project, engineer: User) -> None:
    ticket = make_ticket(project=project, email="dan@example.com", engineer=engineer)
    ship(ticket, engineer=engineer)
    check, token = make_fix_check(ticket=ticket)
    for _ in range(2):
        answer = Browser().get(f"/v/{token}/")
        assert answer.status_code == 200
        assert Browser().head(f"/v/{token}/").status_code == 200
    check.refresh_from_db()
    assert check.state == FixCheck.State.ASKED
    assert answer["Referrer-Policy"] == "strict-origin"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(("answer", "state"), [("works", "verified"), ("broken", "queued")])
def test_the_fix_check_takes_one_answer(
    project: Project, engineer: User, answer: str, state: str
) -> None:
    ticket = make_ticket(project=project, email="dan@example.com", engineer=engineer)
    ship(ticket, engineer=engineer)
    _, token = make_fix_check(ticket=ticket)
    browser = Browser()
    page = browser.post(f"/v/{token}/", {"answer": answer, "comment": "In my browser"})
    assert page.status_code == 200
    assert "Thank you" in page.content.decode()
    ticket.refresh_from_db()
    assert ticket.state == state
    again = browser.post(f"/v/{token}/", {"answer": answer})
    assert again.status_code == 404
    assert "This question is closed" in again.content.decode()


def test_a_post_without_an_answer_only_shows_the_question(project: Project, engineer: User) -> None:
    ticket = make_ticket(project=project, email="dan@example.com", engineer=engineer)
    ship(ticket, engineer=engineer)
    check, token = make_fix_check(ticket=ticket)
    assert "Does it work" in Browser().post(f"/v/{token}/", {}).content.decode()
    check.refresh_from_db()
    assert check.state == FixCheck.State.ASKED


@pytest.mark.parametrize("gone", ["left the team", "closed account"])
def test_the_fix_check_of_whoever_is_gone_answers_nothing(
    project: Project, alice: User, bob: User, engineer: User, now: datetime, gone: str
) -> None:
    ticket = make_ticket(make_report(project, by=bob), state="shipped", engineer=engineer)
    check, token = make_fix_check(ticket=ticket)
    assert check.reporter.user == bob
    if gone == "left the team":
        place = bob.memberships.get()
        remove_member(member_id=place.pk, actor=alice, now=now)
    else:
        User.objects.filter(pk=bob.pk).update(is_active=False)

    sent = {"answer": "broken", "comment": "Reopen it"}
    assert Browser().post(f"/v/{token}/", sent).status_code == 404

    ticket.refresh_from_db()
    assert ticket.state == "shipped"
    assert not Comment.objects.filter(ticket=ticket).exists()


def test_unknown_and_expired_fix_check_links_are_closed(
    project: Project, engineer: User, now: datetime
) -> None:
    assert Browser().get("/v/unknown-token/").status_code == 404
    ticket = make_ticket(project=project, email="dan@example.com", engineer=engineer)
    ship(ticket, engineer=engineer)
    check, token = make_fix_check(ticket=ticket)
    FixCheck.objects.filter(pk=check.pk).update(expires_at=now - timedelta(minutes=1))
    assert Browser().get(f"/v/{token}/").status_code == 404


def test_guessing_fix_check_links_is_slowed_down(db: None) -> None:
    browser = Browser()
    answers = [browser.get(f"/v/guess-{n}/").status_code for n in range(121)]
    assert set(answers[:120]) == {404}
    assert answers[120] == 429


def test_a_second_app_is_asked_for_only_when_there_is_one(
    alice: User, project: Project, acme: object
) -> None:
    browser = signed_in(alice)
    assert "Which app?" not in browser.get("/portal/report/").content.decode()
    make_project(project.client, "Second")
    assert "Which app?" in browser.get("/portal/report/").content.decode()
