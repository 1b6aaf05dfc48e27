"""What pages send by a browser key: from where, how much work, how often, and what is kept."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Http
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.actions import archive_project, change_browser_key, publish_form, revoke_api_key
from clients.models import ApiKey, Project, User
from clients.queries import identity_secret
from tests import factories
from tests.api import check_problem
from tests.core.test_proofs import find_counter
from tests.portal import signed_in
from tests.tickets.test_api import statements
from tickets.actions import propose_triage, publish_title
from tickets.actions.erasing import erase_report
from tickets.models import Attachment, Report, Reporter, Ticket
from tickets.queries.people import reach_of

pytestmark = pytest.mark.django_db
ORIGIN = "https://shop.example"
IDEMPOTENCY_KEY = "a-key-of-this-report-0001"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def _little_work(settings: Any) -> None:
    settings.WIDGET_PROOF_BITS = 4


@pytest.fixture
def page(project: Project, now: datetime) -> "Page":
    """A page of the shop."""
    return Page(factories.make_browser_key(project=project, now=now))


class Page:
    """Speaks with the endpoints as a page of an origin does."""

    def __init__(self, key: ApiKey, origin: str = ORIGIN) -> None:
        self.key, self.token = key, key.public_token
        self.headers = {"Origin": origin} if origin else {}
        self.http = Http(raise_request_exception=False, REMOTE_ADDR="203.0.113.7")

    def get(self, path: str) -> HttpResponse:
        return self.http.get(self.address(path), headers=self.headers)  # type: ignore[return-value]

    def address(self, path: str) -> str:
        return f"/api/v1/widget/{path}{'&' if '?' in path else '?'}key={self.token}"

    def config(self) -> dict[str, Any]:
        answer = self.get("config")
        assert answer.status_code == 200, answer.content
        return dict(json.loads(answer.content))

    def send(self, **fields: Any) -> HttpResponse:
        """Send a report, the work done unless ``proof`` says otherwise."""
        key = fields.setdefault("idempotency_key", IDEMPOTENCY_KEY)
        if "challenge" not in fields:
            fields["challenge"] = self.config()["challenge"]
            fields.setdefault("proof", self.work(fields["challenge"], key))
        fields.setdefault("text", "The page stays white.")
        sent = {name: self._part(value) for name, value in fields.items() if value is not None}
        return self.http.post(self.address("reports"), sent, headers=self.headers)  # type: ignore[return-value]

    def work(self, challenge: str, key: str) -> str:
        return find_counter(challenge, key, about=str(self.key.pk), now=timezone.now())

    def _part(self, value: Any) -> Any:
        return json.dumps(value) if isinstance(value, dict) else value


def _file(name: str = "screen.png", data: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


CONTEXT = {
    "browser": "Firefox 140",
    "viewport": "1280×800",
    "language": "de-DE",
    "console": [{"level": "error", "text": "x is undefined", "at": "2026-11-23T12:00:00Z"}],
    "requests": [{"method": "POST", "path": "/pay", "status": 500}],
    "clicks": [{"target": "button#pay"}],
    "cookies": "secret=1",
}


def test_a_page_sends_a_report_with_all_that_it_captured(page: Page) -> None:
    answer = page.send(
        text="I paid and got no credits.",
        email="Kim@Example.com",
        page="https://shop.example/pay?step=2",
        release="2026.11.3",
        trace="0af7651916cd43dd8448eb211c80319c",
        context=CONTEXT,
        files=_file(),
    )
    assert answer.status_code == 201, answer.content
    body = json.loads(answer.content)
    report = Report.objects.get()
    assert body["number"] == report.number and body["respond_by_at"]
    assert report.source == "widget" and report.text == "I paid and got no credits."
    assert report.reporter and report.reporter.email == "kim@example.com"
    assert report.user_agent == "Firefox 140" and report.device == "1280×800, de-DE"
    assert sorted(report.signals.values_list("kind", "value")) == [
        ("page", "/pay"),
        ("release", "2026.11.3"),
        ("trace", "0af7651916cd43dd8448eb211c80319c"),
    ]
    assert report.attachments.get().is_image
    kept = report.details.context
    assert "cookies" not in kept
    assert kept["requests"] == [{"method": "POST", "path": "/pay", "status": "500"}]

    status = Http().get("/" + body["status_url"].split("/", 3)[3])
    assert status.status_code == 200 and "I paid and got no credits." in status.content.decode()


def test_the_same_report_again_is_once(page: Page) -> None:
    first = page.send(files=_file(), context=CONTEXT, email="kim@example.com")
    again = page.send(files=_file(), context=CONTEXT, email="kim@example.com")
    assert json.loads(again.content) == json.loads(first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Report.objects.count() == Attachment.objects.count() == 1

    check_problem(page.send(text="Another.", files=_file()), 422)
    check_problem(page.send(files=_file(data=b"other"), context=CONTEXT), 422)
    assert page.send(idempotency_key="a-key-of-another-report").status_code == 201
    assert Report.objects.count() == 2


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "https://shop.example.evil.test"])
def test_a_page_of_another_origin_reaches_nothing(page: Page, origin: str) -> None:
    stranger = Page(page.key, origin)
    challenge = page.config()["challenge"]
    proof = page.work(challenge, IDEMPOTENCY_KEY)
    for answer in (stranger.get("config"), stranger.send(challenge=challenge, proof=proof)):
        # It may read that it was refused, and nothing else.
        check_problem(answer, 403)
        assert answer.headers["Access-Control-Allow-Origin"] == origin
    preflight = stranger.http.options(stranger.address("reports"), headers=stranger.headers)
    assert preflight.status_code == 403
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert not Report.objects.exists()


def test_what_names_no_origin_may_ask_but_send_nothing(page: Page) -> None:
    nobody = Page(page.key, "")
    config = nobody.config()
    proof = page.work(config["challenge"], IDEMPOTENCY_KEY)
    check_problem(nobody.send(challenge=config["challenge"], proof=proof), 403)


def test_pages_of_the_origin_may_read_the_answers(page: Page) -> None:
    refused = page.send(text="  ")
    for answer in (page.get("config"), page.send(), refused):
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    check_problem(refused, 400, "text")
    preflight = page.http.options(page.address("reports"), headers=page.headers)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert int(preflight.headers["Access-Control-Max-Age"]) > 600


def test_a_key_that_works_no_more_takes_nothing(
    page: Page, ops_admin: User, foreign_project: Project, now: datetime
) -> None:
    config = page.config()
    proof = page.work(config["challenge"], IDEMPOTENCY_KEY)
    sent = {"challenge": config["challenge"], "proof": proof}
    foreign = Page(factories.make_browser_key(project=foreign_project, now=now))
    check_problem(foreign.send(**sent), 400, "challenge")
    unknown = Page(ApiKey(pk=1, public_token="so_pub_" + "x" * 43))
    check_problem(unknown.send(**sent), 401)
    check_problem(Http().get("/api/v1/widget/config"), 401)  # type: ignore[arg-type]

    revoke_api_key(key_id=page.key.pk, actor=ops_admin, now=now)
    check_problem(page.send(**sent, files=_file()), 401)
    check_problem(page.get("config"), 401)
    archived = factories.make_browser_key(project=foreign_project, now=now)
    archive_project(project_id=foreign_project.pk, actor=ops_admin, now=now)
    check_problem(Page(archived).get("config"), 401)
    assert not Report.objects.exists() and not Attachment.objects.exists()


def test_a_page_that_is_no_longer_allowed_files_nothing(
    page: Page, ops_admin: User, now: datetime
) -> None:
    challenge = page.config()["challenge"]
    sent = {"challenge": challenge, "proof": page.work(challenge, IDEMPOTENCY_KEY)}
    change_browser_key(
        key_id=page.key.pk, name="Page", origins="https://other.example", shows_suggestions=False,
        actor=ops_admin, now=now,
    )  # fmt: skip

    check_problem(page.send(**sent), 403)
    check_problem(page.send(**sent, files=_file()), 403)
    check_problem(page.send(**sent, text=""), 403)

    assert not Report.objects.exists() and not Attachment.objects.exists()
    assert Page(page.key, "https://other.example").send(**sent).status_code == 201


def test_a_page_that_may_send_more_since_is_heard(
    page: Page, ops_admin: User, now: datetime
) -> None:
    challenge = page.config()["challenge"]
    change_browser_key(
        key_id=page.key.pk, name="Page", origins=f"{ORIGIN} https://other.example",
        shows_suggestions=False, actor=ops_admin, now=now,
    )  # fmt: skip

    proof = page.work(challenge, IDEMPOTENCY_KEY)
    answer = page.send(challenge=challenge, proof=proof, files=_file())

    assert answer.status_code == 201
    assert Report.objects.get().attachments.get() == Attachment.objects.get()


def test_a_report_with_a_picture_takes_one_statement_for_each(page: Page, settings: Any) -> None:
    for whose in ("REPORTS_PER_ADDRESS", "REPORTS_PER_KEY", "REPORTS_PER_PROJECT"):
        setattr(settings, f"WIDGET_{whose}", 10_000)
    # The windows of the limits end with the minute.
    with time_machine.travel(timezone.now().replace(second=5)):
        challenge = page.config()["challenge"]
        # What is taken by the handful, of keys and of limits, is taken.
        for n in range(3):
            page.send(idempotency_key=f"a-key-of-report-number-{n}")
        sent = {"challenge": challenge, "proof": page.work(challenge, IDEMPOTENCY_KEY)}
        with CaptureQueriesContext(connection) as captured:
            page.send(**sent, files=_file(), context=CONTEXT, email="kim@example.com")

    assert [words.split("(")[0].split()[:3] for words in statements(captured)] == [
        ["INSERT", "INTO", "tickets_attachment"],
        ["WITH", "loose", "AS"],
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"idempotency_key": "short"}, "idempotency_key"),
        ({"idempotency_key": "with a blank in the middle"}, "idempotency_key"),
        ({"website": "https://spam.test"}, "website"),
        ({"challenge": "made.up"}, "challenge"),
        ({"text": ""}, "text"),
        ({"text": "x" * 50_001}, "text"),
        ({"email": "no address"}, "reporter.email"),
        ({"context": "{"}, "context"),
        ({"context": "[]"}, "context"),
        ({"context": "[" * 100_000}, "context"),
        ({"user": "7"}, "user"),
        ({"answers": '"x"'}, "answers"),
        ({"answers_version": "-1"}, "answers_version"),
        ({"files": [_file() for _ in range(6)]}, "files"),
        ({"files": _file("x.html", b"\x00\x01\x02")}, "attachments"),
        ({"files": _file("x.png", PNG[:40])}, "attachments"),
    ],
)
def test_hostile_input_is_refused_by_its_name(
    page: Page, fields: dict[str, Any], field: str
) -> None:
    check_problem(page.send(**fields), 400, field)
    assert not Report.objects.exists()


def test_too_little_work_is_refused(page: Page, settings: Any) -> None:
    settings.WIDGET_PROOF_BITS = 20
    check_problem(page.send(challenge=page.config()["challenge"], proof="0"), 400, "proof")


def test_a_body_that_is_no_form_is_refused(page: Page) -> None:
    sent = page.http.post(
        page.address("reports"), b"{}", content_type="application/json", headers=page.headers
    )
    check_problem(sent, 415)  # type: ignore[arg-type]
    head = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nIt broke.'
    for body, boundary in (
        (b"--x\r\nbroken", "; boundary=x"),
        (head, "; boundary=x"),
        (head + b"\r\n--x--\r\n", ""),
        (head + b"\r\n--x--\r\n", "; boundary=y"),
    ):
        broken = page.http.post(
            page.address("reports"), body, content_type=f"multipart/form-data{boundary}",
            headers=page.headers,
        )  # fmt: skip
        check_problem(broken, 400)  # type: ignore[arg-type]


def test_words_as_long_as_a_file_are_refused(page: Page) -> None:
    check_problem(page.send(release="x" * 2_700_000), 413)


def test_a_body_that_announces_too_much_is_refused(page: Page, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1000
    check_problem(page.send(files=_file("a.txt", b"a" * 600_000)), 413)


def test_each_limit_holds(page: Page, settings: Any) -> None:
    settings.WIDGET_REPORTS_PER_ADDRESS = 2
    for n in range(3):
        answer = page.send(idempotency_key=f"a-key-of-this-report-{n}")
        assert answer.status_code == (201 if n < 2 else 429), answer.content
    assert int(answer.headers["Retry-After"]) > 0
    page.http = Http(REMOTE_ADDR="203.0.113.8")
    assert page.send(idempotency_key="a-key-from-another-place").status_code == 201


@pytest.mark.parametrize("which", ["KEY", "PROJECT"])
def test_a_key_and_a_project_have_limits_too(page: Page, settings: Any, which: str) -> None:
    setattr(settings, f"WIDGET_REPORTS_PER_{which}", 2)
    codes = []
    for n in range(3):
        page.http = Http(REMOTE_ADDR=f"203.0.113.{n}")
        codes.append(page.send(idempotency_key=f"a-key-of-this-report-{n}").status_code)
    assert codes == [201, 201, 429]


def _signed(project: Project, user_id: str) -> str:
    secret = identity_secret(project).encode()
    return hmac.new(secret, user_id.encode(), hashlib.sha256).hexdigest()


def test_whom_the_app_signed_is_one_person_and_counts(page: Page, project: Project) -> None:
    user = {"id": "u-7", "name": "Kim", "email": "kim@example.com", "plan": "pro"}
    signature = _signed(project, "u-7")
    for n in (1, 2):
        answer = page.send(
            idempotency_key=f"a-key-of-this-report-{n}", user={**user, "name": f"Kim {n}"},
            signature=signature, email="kim@example.com" if n == 1 else "",
        )  # fmt: skip
        assert answer.status_code == 201, answer.content
    kim = Reporter.objects.get()
    assert (kim.signed_id, kim.name, kim.email) == ("u-7", "Kim 2", "kim@example.com")
    assert kim.counts
    report = Report.objects.latest("pk")
    assert report.details.context["user"] == {**user, "name": "Kim 2", "signed": True}
    ticket = factories.make_ticket(report)
    assert reach_of([ticket.pk]) == (1, 0)


@pytest.mark.parametrize("signature", ["", "0" * 64, "of somebody else"])
def test_who_is_not_signed_is_nobody_known(page: Page, project: Project, signature: str) -> None:
    if signature == "of somebody else":
        signature = _signed(project, "u-8")
    page.send(user={"id": "u-7", "name": "Kim", "signed": True}, signature=signature)
    reporter = Report.objects.select_related("reporter", "details").get().reporter
    assert reporter and not reporter.signed_id and not reporter.counts
    assert Report.objects.get().details.context["user"] == {
        "id": "u-7", "name": "Kim", "signed": False,
    }  # fmt: skip


def test_an_address_alone_never_becomes_a_signed_person(
    page: Page, project: Project, alice: User
) -> None:
    user = {"id": "u-7", "email": "kim@example.com"}
    page.send(user=user, signature=_signed(project, "u-7"), email="kim@example.com")
    page.send(idempotency_key="a-key-of-another-report", email="kim@example.com")
    page.send(idempotency_key="a-key-of-a-third-report", email=alice.email)
    signed, mailed, claimed = Reporter.objects.order_by("pk")
    assert signed.counts and not mailed.counts and not claimed.counts
    assert claimed.user is None, "whoever types a member's address is not that member"


def test_the_questions_of_the_project_are_asked(
    page: Page, project: Project, now: datetime
) -> None:
    publish_form(
        project_id=project.pk, source="- {name: order, type: text, label: Order, required: yes}",
        actor=None, now=now,
    )  # fmt: skip
    form = page.config()["form"]
    assert [question["name"] for question in form["questions"]] == ["order"]
    refused = page.send(answers={}, answers_version=form["version"])
    assert refused.status_code == 400 and "order" in refused.content.decode()
    assert page.send(answers={"order": "17"}, answers_version=form["version"]).status_code == 201
    assert Report.objects.get().details.answers == {"form": 1, "given": {"order": "17"}}


def test_the_browser_is_asked_for_the_work_that_the_setting_says(page: Page) -> None:
    config = page.config()
    assert config["bits"] == 4 and config["suggestions"] is False


def _tell(ticket: Any, title: str, staff: User, now: datetime) -> None:
    publish_title(ticket_id=ticket.pk, title=title, actor=staff, now=now)


def _known(page: Page, typed: str) -> list[str]:
    answer = page.get(f"suggestions?q={quote(typed)}")
    assert answer.status_code == 200, answer.content
    body = json.loads(answer.content)
    assert set(body) == {"results"}
    return list(body["results"])


def test_only_titles_written_for_the_public_are_suggested(
    project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    page = Page(factories.make_browser_key(project=project, shows_suggestions=True, now=now))
    assert page.config()["suggestions"] is True
    facts: dict[str, Any] = {"engineer": engineer, "now": now}
    secret = factories.make_ticket(project=project, title="Payments of Kim Doe fail", **facts)
    assert _known(page, "my payments fail with PayPal") == []

    _tell(secret, "Payments with PayPal fail", engineer, now)
    foreign = factories.make_ticket(project=foreign_project, **facts)
    _tell(foreign, "Payments with PayPal fail elsewhere", engineer, now)
    closed = factories.make_ticket(project=project, state="closed", **facts)
    _tell(closed, "Payments with PayPal were slow", engineer, now)
    fixed = factories.make_ticket(project=project, state="shipped", **facts)
    _tell(fixed, "Payments with PayPal showed twice", engineer, now)
    assert _known(page, "my payments fail with PayPal since today, what now?") == [
        "Payments with PayPal fail", "Payments with PayPal showed twice",
    ]  # fmt: skip
    assert _known(page, "The logo is ugly") == []
    for odd in ("", "a", "%", "' OR 1=1 --", "\x00", "x" * 5000, "🙂🙂🙂"):
        assert _known(page, odd) == []

    Ticket.objects.filter(pk=fixed.pk).update(shipped_at=now - timedelta(days=31))
    _tell(secret, "", engineer, now)
    assert _known(page, "my payments fail with PayPal") == []


def test_a_key_that_shows_nothing_shows_nothing(
    page: Page, project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    _tell(ticket, "Payments with PayPal fail", engineer, now)
    assert _known(page, "Payments with PayPal fail") == []
    check_problem(Page(page.key, "https://evil.test").get("suggestions?q=paypal"), 403)


def test_a_public_title_in_the_reporter_s_words_goes_with_them(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_report(project, "Kim Doe cannot pay.", email="kim@x.test", now=now)
    ticket = factories.make_ticket(report, title="Kim Doe cannot pay.", engineer=engineer, now=now)
    _tell(ticket, "Kim Doe cannot pay.", engineer, now)
    erase_report(report_id=report.pk, now=now)
    ticket.refresh_from_db()
    assert ticket.public_title == "" and "Kim" not in ticket.title


def test_one_address_cannot_ask_without_end(page: Page, settings: Any) -> None:
    settings.WIDGET_REQUESTS_PER_ADDRESS = 2
    # Of its own: what another test was granted, it may still spend.
    page.http = Http(REMOTE_ADDR="198.51.100.77")
    assert [page.get("config").status_code for _ in range(3)] == [200, 200, 429]
    page.http = Http(REMOTE_ADDR="203.0.113.9")
    assert page.get("config").status_code == 200


@pytest.mark.parametrize("signed", [True, False])
def test_staff_read_what_was_captured_and_the_client_only_page_and_browser(
    page: Page, project: Project, ops_admin: User, alice: User, now: datetime, settings: Any,
    signed: bool,
) -> None:  # fmt: skip
    settings.STAFF_SECOND_FACTOR = False
    signature = _signed(project, "u-7") if signed else ""
    page.send(
        context=CONTEXT, user={"id": "u-7", "plan": "pro"}, signature=signature,
        page="https://shop.example/pay",
    )  # fmt: skip
    report = Report.objects.get()
    propose_triage(report_id=report.pk, now=now)
    ticket = factories.make_ticket(report, engineer=ops_admin, now=now)
    for path in (f"triage/{report.number}/", f"tickets/{ticket.number}/"):
        text = signed_in(ops_admin).get(f"/console/{path}", follow=True).content.decode()
        for word in ("x is undefined", "/pay", "button#pay", "u-7", "1280×800"):
            assert word in text, (path, word)
        assert ("signed by the app" in text) is signed
        assert ("only says so" in text) is not signed
    shown = signed_in(alice).get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert "https://shop.example/pay" in shown
    for word in ("x is undefined", "button#pay", "only says so"):
        assert word not in shown
