"""The API over HTTP: reports, tickets, comments and files of a key's project."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from PIL import Image

from clients.models import ApiKey, ApiScope, Client, Project, User
from core.models import OutboxMessage
from tests import factories
from tests.api import Api, check_problem
from tickets import actions, tasks
from tickets.models import (
    Attachment,
    Comment,
    Report,
    Reporter,
    Source,
    TicketEvent,
    TicketEventKind,
)
from tickets.rules.states import ReportState

WHOLE = {
    "text": "I paid and got no credits.",
    "title": "Paid, no credits",
    "page_url": "https://shop.example/orders/1234",
    "user_agent": "Firefox/140",
    "device": "iPhone",
    "severity": "S2",
    "release": "2026.11.1",
    "signals": [{"kind": "fingerprint", "value": "abc123"}],
    "reporter": {"email": "Kim@Example.com", "name": "Kim"},
}


@pytest.fixture
def api(api_token: str) -> Api:
    """A program with Acme's key."""
    return Api(api_token)


@pytest.fixture
def stranger_api(foreign_project: Project, now: datetime) -> Api:
    """A program with the key of Globex."""
    return Api(factories.make_api_key(project=foreign_project, now=now)[1])


def _json(answer: HttpResponse, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


# --- Reports -----------------------------------------------------------------------------------


def test_a_report_is_stored_as_it_came_and_answered_with_its_number(
    api: Api, api_key: ApiKey
) -> None:
    answer = _json(api.post("reports", WHOLE), 201)

    report = Report.objects.get()
    assert answer["number"] == report.number
    assert answer["state"] == "received"
    assert answer["respond_by_at"]
    assert answer["url"] == f"http://testserver/api/v1/reports/{report.number}"
    assert answer["portal_url"] == f"http://testserver/portal/reports/{report.number}/"
    assert (report.text, report.title) == (WHOLE["text"], WHOLE["title"])
    assert (report.source, report.api_key, report.client_id) == (
        Source.API,
        api_key,
        api_key.project.client_id,
    )
    assert report.claimed_severity == "S2"
    assert report.reporter and (report.reporter.email, report.reporter.name) == (
        "kim@example.com",
        "Kim",
    )
    assert {(signal.kind, signal.value) for signal in report.signals.all()} == {
        ("page", "/orders/*"),
        ("release", "2026.11.1"),
        ("fingerprint", "abc123"),
    }
    event = TicketEvent.objects.get(report=report)
    assert (event.kind, event.actor_key) == (TicketEventKind.REPORT_RECEIVED, api_key)


def statements(captured: CaptureQueriesContext) -> list[str]:
    # The test's own transaction turns what is outside of any into a savepoint.
    texts = [query["sql"] or "one that stands ready" for query in captured]
    return [text for text in texts if "SAVEPOINT" not in text]


def test_a_report_needs_one_statement_once_the_key_is_known(api: Api, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 10_000
    with CaptureQueriesContext(connection) as first:
        assert api.post("reports", WHOLE).status_code == 201
    with CaptureQueriesContext(connection) as second:
        assert api.post("reports", WHOLE).status_code == 201

    # The key with what its plan promises, a handful of the limit, and all the rest.
    assert len(statements(first)) <= 4, statements(first)
    assert len(statements(second)) == 1, statements(second)
    assert Report.objects.count() == 2


def test_what_arrived_is_triaged(api: Api) -> None:
    number = _json(api.post("reports", WHOLE), 201)["number"]

    tasks.triage_waiting()

    shown = _json(api.get(f"reports/{number}"))
    assert shown["state"] == "proposed"
    assert shown["severity"] == "S2"
    assert shown["reporter"] == {"name": "Kim", "email": "kim@example.com"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "   "}, "text"),
        ({"text": None}, "text"),
        ({"text": 5}, "text"),
        ({"text": "x" * 50_001}, "text"),
        ({"title": "x" * 201}, "title"),
        ({"page_url": "https://" + "x" * 2000}, "page_url"),
        ({"severity": "S9"}, "severity"),
        ({"severity": ["S1"]}, "severity"),
        ({"signals": [{"kind": "nose", "value": "red"}]}, "signals.0.kind"),
        ({"signals": [{"kind": "page", "value": ""}]}, "signals.0.value"),
        ({"signals": [{"kind": "page", "value": str(n)} for n in range(60)]}, "signals"),
        ({"signals": "many"}, "signals"),
        ({"reporter": {"email": "nobody"}}, "reporter.email"),
        ({"reporter": {"name": "x" * 121}}, "reporter.name"),
        ({"reporter": []}, "reporter"),
        ({"attachments": [2**80]}, "attachments.0"),
        ({"attachments": [12345]}, "attachments"),
        ({"attachments": list(range(1, 30))}, "attachments"),
    ],
)
def test_what_cannot_be_taken_names_the_field(api: Api, change: Any, field: str) -> None:
    check_problem(api.post("reports", {**WHOLE, **change}), 400, field)
    assert not Report.objects.exists()


def test_two_fields_at_fault_are_both_named(api: Api) -> None:
    check_problem(api.post("reports", {"severity": "S9"}), 400, "text", "severity")


def test_a_stray_nul_or_half_a_character_costs_no_report(api: Api) -> None:
    answer = api.post("reports", b'{"text": "log: \\u0000 and \\ud800 end"}')

    assert answer.status_code == 201
    assert Report.objects.get().text == "log:  and  end"


def test_the_list_shows_the_newest_first_and_goes_on(api: Api, project: Project) -> None:
    numbers = [factories.make_report(project).number for _ in range(5)]

    first = _json(api.get("reports?limit=2"))
    second = _json(api.get(first["next"].removeprefix("http://testserver")))
    third = _json(api.get(second["next"].removeprefix("http://testserver")))

    found = [row["number"] for page in (first, second, third) for row in page["results"]]
    assert found == sorted(numbers, reverse=True)
    assert third["next"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=-1", "limit=²"])
def test_a_limit_that_makes_no_sense_is_refused(api: Api, query: str) -> None:
    check_problem(api.get(f"reports?{query}"), 400, "limit")


@pytest.mark.parametrize("cursor", ["x", "-1", "%00", "9" * 30, "1.5"])
def test_a_made_up_cursor_is_refused(api: Api, cursor: str) -> None:
    check_problem(api.get(f"tickets?cursor={cursor}"), 400, "cursor")


@pytest.mark.parametrize("path", ["reports", "tickets", "reports/{0}/comments"])
def test_a_list_costs_the_same_whatever_its_length(
    api: Api, project: Project, engineer: User, path: str, django_assert_max_num_queries: Any
) -> None:
    reports = [
        factories.make_report(project, email=f"p{n}@example.com", signals=[("trace", str(n))])
        for n in range(6)
    ]
    for report in reports[:4]:
        factories.make_ticket(report, engineer=engineer)
    for n in range(5):
        api.post(f"reports/{reports[0].number}/comments", {"body": f"Word {n}"})

    with django_assert_max_num_queries(6):
        assert len(_json(api.get(path.format(reports[0].number)))["results"]) >= 4


# --- Repeating ---------------------------------------------------------------------------------


def test_a_repeated_key_gives_the_first_answer(api: Api) -> None:
    first = api.post("reports", WHOLE, Idempotency_Key="order-17")
    tasks.triage_waiting()
    again = api.post("reports", WHOLE, Idempotency_Key="order-17")

    assert (first.status_code, again.status_code) == (201, 201)
    assert json.loads(first.content) == json.loads(again.content)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Report.objects.count() == 1


def test_a_repeated_key_with_another_content_is_refused(api: Api) -> None:
    api.post("reports", WHOLE, Idempotency_Key="order-17")

    check_problem(api.post("reports", {"text": "Else"}, Idempotency_Key="order-17"), 422)
    assert Report.objects.count() == 1


def test_without_a_key_the_same_thing_twice_is_two_things(api: Api) -> None:
    api.post("reports", WHOLE)
    api.post("reports", WHOLE)

    assert Report.objects.count() == 2


def test_the_same_key_of_another_api_key_is_another_key(api: Api, project: Project) -> None:
    other = Api(factories.make_api_key(project=project)[1])

    api.post("reports", WHOLE, Idempotency_Key="17")
    answer = other.post("reports", {"text": "Else"}, Idempotency_Key="17")

    assert answer.status_code == 201
    assert Report.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "ä", "a\tb"])
def test_a_key_that_is_no_key_is_refused(api: Api, key: str) -> None:
    check_problem(api.post("reports", WHOLE, Idempotency_Key=key), 400, "Idempotency-Key")


@pytest.mark.django_db(transaction=True)
def test_doubles_at_the_same_moment_store_one_report(api: Api, api_token: str) -> None:
    def send(_: int) -> HttpResponse:
        try:
            return Api(api_token).post("reports", WHOLE, Idempotency_Key="17")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Report.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_first_reports_of_one_person_at_the_same_moment_share_the_person(
    api: Api, api_token: str
) -> None:
    def send(_: int) -> int:
        try:
            return Api(api_token).post("reports", WHOLE).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {201}

    assert Report.objects.count() == 8
    assert Report.objects.values("reporter").distinct().count() == 1


@pytest.mark.django_db(transaction=True)
def test_doubled_comments_at_the_same_moment_are_one(
    api: Api, api_token: str, project: Project
) -> None:
    number = factories.make_report(project).number

    def send(_: int) -> int:
        try:
            path = f"reports/{number}/comments"
            return Api(api_token).post(path, {"body": "Hi"}, Idempotency_Key="c").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(6))) == {201}

    assert Comment.objects.count() == 1


# --- Conversation ------------------------------------------------------------------------------


def test_a_comment_on_a_report_is_there_for_everybody(api: Api, project: Project) -> None:
    number = factories.make_report(project).number

    posted = _json(api.post(f"reports/{number}/comments", {"body": "In Safari only."}), 201)

    assert posted["author"] == "CI"
    assert not posted["by_staff"]
    listed = _json(api.get(f"reports/{number}/comments"))["results"]
    assert [row["body"] for row in listed] == ["In Safari only."]


def test_a_repeated_comment_is_said_once(api: Api, project: Project) -> None:
    path = f"reports/{factories.make_report(project).number}/comments"

    api.post(path, {"body": "Hi"}, Idempotency_Key="1")
    again = api.post(path, {"body": "Hi"}, Idempotency_Key="1")

    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    check_problem(api.post(path, {"body": "Ho"}, Idempotency_Key="1"), 422)
    assert Comment.objects.count() == 1


def test_internal_notes_stay_inside(api: Api, project: Project, engineer: User) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer)
    now = ticket.opened_at
    actions.note_on_ticket(ticket_id=ticket.pk, body="SECRET NOTE", actor=engineer, now=now)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="We look into it", actor=engineer, now=now)

    for kind in ("reports", "tickets"):
        listed = _json(api.get(f"{kind}/{ticket.number}/comments"))["results"]
        assert [row["body"] for row in listed] == ["We look into it"]
        assert listed[0]["author"] == "Erin Engel"


def test_a_comment_on_a_waiting_ticket_puts_it_back_to_work(
    api: Api, project: Project, engineer: User
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state="waiting")

    api.post(f"tickets/{ticket.number}/comments", {"body": "Firefox 140"})

    ticket.refresh_from_db()
    assert ticket.state == "in_progress"
    assert OutboxMessage.objects.filter(recipient=engineer.email).exists()


@pytest.mark.parametrize("body", [{}, {"body": ""}, {"body": "x" * 20_001}, {"body": 7}])
def test_a_comment_without_words_is_refused(api: Api, project: Project, body: Any) -> None:
    number = factories.make_report(project).number

    check_problem(api.post(f"reports/{number}/comments", body), 400, "body")


# --- Tickets -----------------------------------------------------------------------------------


def test_a_ticket_is_shown_with_what_a_client_may_know(
    api: Api, project: Project, engineer: User
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, severity="S2")

    shown = _json(api.get(f"tickets/{ticket.number}"))

    assert (shown["number"], shown["state"], shown["priority"]) == (ticket.number, "queued", "P2")
    assert shown["severity_confirmed"] is True
    assert "estimate_minutes" not in shown and "assignee" not in shown
    assert _json(api.get("tickets"))["results"] == [shown]
    assert _json(api.get(f"reports/{ticket.number}"))["ticket"] == ticket.number


# --- Files -------------------------------------------------------------------------------------


def _picture() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"
    Image.new("RGB", (8, 8), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_file_is_sent_first_and_tied_by_the_report(api: Api, api_key: ApiKey) -> None:
    stored = _json(api.upload("shot.png", _picture()), 201)
    assert stored["content_type"] == "image/jpeg"
    assert stored["name"] == "shot.jpg"

    number = _json(api.post("reports", {**WHOLE, "attachments": [stored["id"]]}), 201)["number"]

    file = Attachment.objects.get()
    assert (file.report_id, file.uploaded_key) == (number, api_key)
    assert _json(api.get(f"reports/{number}"))["attachments"] == [stored]
    check_problem(api.post("reports", {**WHOLE, "attachments": [stored["id"]]}), 400, "attachments")


def test_a_repeated_report_with_files_is_one_report(api: Api) -> None:
    file = _json(api.upload("notes.txt", b"what I saw"), 201)["id"]
    body = {**WHOLE, "attachments": [file]}

    first = api.post("reports", body, Idempotency_Key="1")
    again = api.post("reports", body, Idempotency_Key="1")

    assert first.content == again.content
    check_problem(api.post("reports", WHOLE, Idempotency_Key="1"), 422)


def test_nobody_ties_the_file_of_another_key(
    api: Api, stranger_api: Api, project: Project, alice: User
) -> None:
    of_key = _json(api.upload("a.txt", b"theirs"), 201)["id"]
    of_alice = factories.make_attachment(actor=alice).pk
    colleague = Api(factories.make_api_key(project=project)[1])

    for program in (stranger_api, colleague):
        for file in (of_key, of_alice):
            answer = program.post("reports", {"text": "Mine", "attachments": [file]})
            check_problem(answer, 400, "attachments")
    assert not Report.objects.exists()


# --- Who gets in -------------------------------------------------------------------------------

PATHS = ["reports", "tickets", "releases"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer so_live_wrong",
        "Bearer so_live_" + "x" * 43,
        "Basic YTpi",
        "Bearer \x00\xff",
        "Bearer " + "x" * 5000,
    ],
)
def test_without_a_working_key_nothing_opens(db: None, path: str, header: str | None) -> None:
    named = {} if header is None else {"Authorization": header}

    for method in ("GET", "POST"):
        answer = Api().call(method, path, {"text": "x"}, **named)
        check_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert not Report.objects.exists()


def test_a_revoked_key_stops_at_once(api: Api, api_key: ApiKey, ops_admin: User) -> None:
    from clients.actions import revoke_api_key

    assert api.get("reports").status_code == 200
    revoke_api_key(key_id=api_key.pk, actor=ops_admin, now=api_key.created_at)
    check_problem(api.get("reports"), 401)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (WHOLE, {}),
        ({"text": ""}, {}),
        ({"text": "x", "attachments": [10**9]}, {}),
        (WHOLE, {"Idempotency-Key": "once"}),
        (WHOLE, {"Idempotency-Key": "not visible"}),
        (WHOLE, {"Content-Type": "text/plain"}),
    ],
    ids=["right", "wrong", "with a file", "known", "with a wrong key", "of a wrong type"],
)
def test_a_revoked_key_stops_at_once_though_it_was_used_just_before(
    api: Api, api_key: ApiKey, ops_admin: User, body: Any, headers: dict[str, str]
) -> None:
    from clients.actions import revoke_api_key

    assert api.post("reports", WHOLE, **{"Idempotency-Key": "once"}).status_code == 201
    revoke_api_key(key_id=api_key.pk, actor=ops_admin, now=api_key.created_at)
    people = Reporter.objects.count()

    check_problem(api.post("reports", body, **headers), 401)
    assert (Report.objects.count(), Reporter.objects.count()) == (1, people)


def test_a_repeated_report_gets_its_first_answer_whatever_the_plan_says_by_now(
    api: Api, acme: Client
) -> None:
    first = _json(api.post("reports", WHOLE, **{"Idempotency-Key": "once"}), 201)
    assert first["respond_by_at"]
    acme.retainers.update(state="paused")

    again = api.post("reports", WHOLE, **{"Idempotency-Key": "once"})

    assert again.headers["Idempotent-Replayed"] == "true"
    assert _json(again, 201) == first


def test_what_was_promised_is_what_the_plan_says_now(api: Api, acme: Client) -> None:
    assert _json(api.post("reports", WHOLE), 201)["respond_by_at"]
    acme.retainers.update(state="paused")

    answer = _json(api.post("reports", WHOLE), 201)

    assert answer["respond_by_at"] is None
    assert Report.objects.count() == 2
    assert Report.objects.get(pk=answer["number"]).respond_by_at is None


def test_the_key_of_a_project_archived_just_now_does_not_work(
    api: Api, project: Project, ops_admin: User
) -> None:
    from clients.actions import archive_project

    assert api.post("reports", WHOLE).status_code == 201
    archive_project(project_id=project.pk, actor=ops_admin, now=project.created_at)
    check_problem(api.post("reports", WHOLE), 401)
    assert Report.objects.count() == 1


def test_the_key_of_an_archived_project_does_not_work(
    api: Api, project: Project, ops_admin: User
) -> None:
    from clients.actions import archive_project

    archive_project(project_id=project.pk, actor=ops_admin, now=project.created_at)
    check_problem(api.post("reports", WHOLE), 401)


@pytest.mark.parametrize(
    ("scope", "open_to"),
    [
        (ApiScope.REPORTS_WRITE, {"POST reports", "POST attachments"}),
        (ApiScope.REPORTS_READ, {"GET reports", "GET tickets", "GET releases"}),
        (ApiScope.RELEASES_WRITE, {"POST releases", "GET releases"}),
    ],
)
def test_a_key_opens_only_what_its_scope_names(
    project: Project, scope: str, open_to: set[str]
) -> None:
    api = Api(factories.make_api_key(project=project, scopes=[scope])[1])
    tried = [
        "GET reports",
        "POST reports",
        "GET tickets",
        "GET releases",
        "POST releases",
        "POST attachments",
    ]

    for call in tried:
        method, path = call.split()
        answer = api.call(method, path, {"text": "x", "version": "1"})
        if call in open_to:
            assert answer.status_code in {200, 201, 415}, call
        else:
            check_problem(answer, 403)


def test_the_last_use_is_kept(api: Api, api_key: ApiKey) -> None:
    assert api_key.last_used_at is None
    api.get("reports")
    api_key.refresh_from_db()
    assert api_key.last_used_at is not None


def test_what_is_foreign_looks_like_what_is_missing(
    stranger_api: Api, project: Project, engineer: User
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer)

    for path in ("reports/{}", "tickets/{}", "reports/{}/comments", "tickets/{}/comments"):
        foreign = stranger_api.get(path.format(ticket.number))
        missing = stranger_api.get(path.format(ticket.number + 1000))
        check_problem(foreign, 404)
        assert foreign.content == missing.content
    for path in ("reports/{}/comments", "tickets/{}/comments"):
        check_problem(stranger_api.post(path.format(ticket.number), {"body": "Hi"}), 404)
    for path in PATHS:
        assert _json(stranger_api.get(path))["results"] == []


def test_a_key_sees_only_its_own_project_of_the_client(project: Project, engineer: User) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer)
    sister = factories.make_project(project.client, "Blog")
    api = Api(factories.make_api_key(project=sister)[1])

    check_problem(api.get(f"tickets/{ticket.number}"), 404)
    assert _json(api.get("tickets"))["results"] == []


# --- Limits ------------------------------------------------------------------------------------


def test_too_many_requests_are_told_when_to_come_back(api: Api, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3

    answers = [api.get("reports") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit"].startswith('"key";r=2;t=')
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=3;w=60'
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    check_problem(answers[3], 429)


def test_guessing_keys_is_limited_by_sender(db: None) -> None:
    answers = [Api("so_live_" + "x" * 43).get("reports").status_code for _ in range(62)]

    assert set(answers[:60]) == {401}
    assert answers[-1] == 429


# --- Errors and papers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v1/reports/", "/api/x\n"]
)
def test_an_unknown_address_is_a_problem(api: Api, path: str) -> None:
    check_problem(api.call("GET", path), 404)
    check_problem(api.call("POST", path, {"a": 1}), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "reports"), ("DELETE", "reports/1"), ("PATCH", "tickets/1"), ("OPTIONS", "reports")],
)
def test_a_method_that_is_not_there_is_a_problem(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path, {"a": 1})

    check_problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


def test_another_host_is_refused_with_a_problem(api: Api) -> None:
    check_problem(api.get("reports", Host="evil.example"), 400)


def test_an_error_of_ours_is_a_problem_that_tells_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("SECRET")

    monkeypatch.setattr("tickets.api.reports.receive_report", fail)

    body = check_problem(api.post("reports", WHOLE), 500)
    assert "SECRET" not in json.dumps(body)


def test_the_schema_is_valid_and_complete(db: None, tmp_path: Any) -> None:
    path = tmp_path / "schema.yml"
    call_command("spectacular", "--fail-on-warn", "--validate", file=str(path))
    assert "openapi: 3.1" in path.read_text()


def test_schema_and_docs_are_public_and_need_no_inline_script_or_style(
    client: Browser, db: None
) -> None:
    schema = client.get("/api/schema/")
    assert schema.status_code == 200
    paths = json.loads(schema.content)["paths"]

    page = client.get("/api/docs/")
    text = unescape(page.content.decode())
    assert page.status_code == 200
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "<style" not in text and "style=" not in text and "<script>" not in text
    for path, operations in paths.items():
        assert path in text
        for operation in operations.values():
            assert operation["summary"] in text
            assert operation["x-scopes"]


def test_a_report_of_the_api_joins_the_inbox(api: Api) -> None:
    api.post("reports", WHOLE)
    tasks.triage_waiting()

    assert Report.objects.get().state == ReportState.PROPOSED
