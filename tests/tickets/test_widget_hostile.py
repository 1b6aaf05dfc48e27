"""Whatever a page sends with a key gets an answer: taken or refused, and never an error."""

from typing import Any

import pytest

from clients.actions import publish_form
from clients.models import ApiKey, Project, User
from tests import factories
from tests.tickets.test_widget_api import CONTEXT, ORIGIN, PNG, Page
from tickets.models import Report

pytestmark = pytest.mark.django_db
ODD_VALUES = [
    "", "\x00", "\u202e", "x" * 100_000, "[]", "{", "NaN", "null", '{"a": NaN}', '{"a": 1e999}',
    '{"id": {"a": 1}}', '{"id": ["a"]}', '{"id": true}', '{"id": 1}', '{"id": ""}', '{"id": null}',
    r'{"id": "\ud800", "name": "\u0000"}', "[" * 50_000, '{"a":' * 50_000,
    '{"a": ' + "9" * 5000 + "}",
    '{"console": "x", "requests": [1, null, {"path": {}}], "clicks": {"0": []}}',
    r'{"console": [{"text": "\ud800\u0000", "level": [], "at": 5}], "browser": {"a": 1}}',
    '{"how_often": 1e999}', '{"how_often": NaN}', '{"how_often": "\\ud800"}', '{"how_often": [[]]}',
    "-1", "1e3", "\u0661", "999999999999",
]  # fmt: skip
FORM = """
- {name: how_often, type: number, label: "How often?"}
- {name: which, type: choice, label: "Which?", options: [one, two]}
"""


@pytest.fixture(autouse=True)
def _open(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WIDGET_PROOF_BITS = 2
    settings.API_REQUESTS_PER_MINUTE = 10**6
    monkeypatch.setattr("core.limits._taken", lambda *_, most, **__: (1, most))


@pytest.fixture
def page(project: Project, ops_admin: User, now: Any) -> Page:
    """A page of a project that asks questions of its own."""
    publish_form(project_id=project.pk, source=FORM, actor=ops_admin, now=now)
    return Page(factories.make_browser_key(project=project, now=now))


@pytest.mark.parametrize(
    "field",
    [
        "text", "email", "page", "release", "trace", "context", "answers", "answers_version",
        "user", "signature", "idempotency_key", "challenge", "proof", "website",
    ],
)  # fmt: skip
def test_any_value_of_a_field_is_taken_or_refused(page: Page, field: str) -> None:
    for number, value in enumerate(ODD_VALUES):
        given: dict[str, Any] = {"idempotency_key": f"of-this-report-{number:04}", field: value}
        answer = page.send(**given)
        assert answer.status_code in (201, 400, 403, 413, 422), (value[:60], answer.content)


@pytest.mark.parametrize(
    "name", ["", ".", "../../etc/passwd", "a\x00b.png", "a\r\nSet-Cookie: x=1.png", "\u202egnp.exe",
             "x" * 5000 + ".png", "con.png", 'a"; filename="b.svg', "%00.png", "./"],
)  # fmt: skip
def test_any_name_of_a_file_is_one_that_can_be_shown(page: Page, name: str) -> None:
    key, challenge = "a-key-of-this-file-0001", page.config()["challenge"]
    fields = {
        "idempotency_key": key, "challenge": challenge, "proof": page.work(challenge, key),
        "text": "It broke.",
    }  # fmt: skip
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    # As no client of Django's would write it.
    head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
    body = b"".join([*parts, head.encode(), b"\r\n", PNG, b"\r\n--b--\r\n"])
    answer = page.http.generic(
        "POST", page.address("reports"), body, "multipart/form-data; boundary=b",
        headers=page.headers,
    )  # fmt: skip

    assert answer.status_code in (201, 400), answer.content
    for report in Report.objects.all():
        for kept in report.attachments.all():
            assert kept.name and len(kept.name) <= 255
            assert not set(kept.name) & set("\x00\r\n/\\\u202e")


@pytest.mark.parametrize(
    "origin",
    [
        "null", "https://shop.example.evil.test", "https://evilshop.example", "http://shop.example",
        "https://shop.example:8443", "https://shop.example@evil.test", "https://a.b.shop.example",
        "https://shop.example/", "https://shop.example.", "https://shop.example evil",
        "//shop.example", "https://shop.example\tx", "chrome-extension://shop.example", "*", "https://*",
    ],
)  # fmt: skip
def test_no_origin_that_is_almost_one_of_the_key_s_is_let_in(
    project: Project, origin: str, now: Any
) -> None:
    key: ApiKey = factories.make_browser_key(project=project, now=now)
    challenge = Page(key, ORIGIN).config()["challenge"]
    page = Page(key, origin)
    answer = page.send(
        challenge=challenge,
        proof=page.work(challenge, "a-key-of-this-report-0001"),
        context=CONTEXT,
    )

    assert answer.status_code == 403
    assert not Report.objects.exists()
    assert page.get("config").status_code == 403


def test_a_proof_of_another_key_or_report_counts_for_nothing(
    project: Project, foreign_project: Project, now: Any
) -> None:
    mine = Page(factories.make_browser_key(project=project, now=now))
    theirs = Page(factories.make_browser_key(project=foreign_project, now=now))
    challenge = theirs.config()["challenge"]
    spent = "another-key-of-a-report"
    for key, proof in (("a-key-of-this-report", "a-key-of-this-report"), (spent, "x" * 16)):
        answer = mine.send(
            idempotency_key=key, challenge=challenge, proof=theirs.work(challenge, proof)
        )
        assert answer.status_code in (400, 403), answer.content
    assert not Report.objects.exists()
