"""Whatever arrives at an edge gets an answer: refused with the field named, and never an error."""

import io
import json
import struct
import zipfile
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clients.models import Project, User
from tests import factories
from tests.api import Api, check_problem
from tickets.models import Attachment, Report

pytestmark = pytest.mark.django_db

FUZZ = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ENDPOINTS = ["reports", "reports/{0}/comments", "tickets/{0}/comments", "releases"]


@pytest.fixture(autouse=True)
def no_limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the limits be: they are tested elsewhere."""
    settings.API_REQUESTS_PER_MINUTE = 10**6
    monkeypatch.setattr("core.limits._taken", lambda *_, most, **__: (1, most))


@pytest.fixture
def api(api_token: str) -> Api:
    """A program with Acme's key."""
    return Api(api_token)


@pytest.fixture
def number(project: Project, engineer: User) -> int:
    """The number of a ticket and of its report."""
    return factories.make_ticket(project=project, engineer=engineer).number


@pytest.fixture
def browser(alice: User) -> Browser:
    """Alice's browser, which shows errors as pages."""
    browser = Browser(raise_request_exception=False)
    browser.force_login(alice)
    return browser


def _answered(answer: HttpResponse) -> HttpResponse:
    """Check that an answer of the API is no error of ours, and a problem where it refuses."""
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        json.loads(answer.content)
    return answer


# --- Bodies ------------------------------------------------------------------------------------

BODIES = [
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe\x00",
    b"nonsense",
    b"null",
    b"[]",
    b'"text"',
    b"17",
    b"{",
    b'{"text": }',
    b'{"text": "caf\xe9"}',
    '{"text": "x"}'.encode("utf-16"),
    '{"text": "x"}'.encode("utf-32"),
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"text": NaN}',
    b'{"text": 1' + b"0" * 5000 + b"}",
    b'{"text": -Infinity, "a": 1e999}',
    b"\xef\xbb\xbf{}",
]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_body_that_is_no_object_is_refused(api: Api, number: int, path: str) -> None:
    for body in BODIES:
        answer = api.post(path.format(number), body)
        errors = json.loads(answer.content).get("errors", [])
        check_problem(answer, 400, *[error["field"] for error in errors])


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_body_that_is_too_large_is_refused_unread(api: Api, number: int, path: str) -> None:
    body = b'{"text": "' + b"x" * (3 * 1024 * 1024) + b'"}'

    check_problem(api.post(path.format(number), body), 413)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x", "\x00"]
)
def test_another_content_type_is_refused(api: Api, kind: str) -> None:
    check_problem(api.post("reports", b'{"text": "x"}', Content_Type=kind), 415)


def test_json_to_the_upload_is_refused(api: Api) -> None:
    check_problem(api.post("attachments", b"{}"), 415)


@pytest.mark.slow
@FUZZ
@given(body=st.binary(max_size=200), path=st.sampled_from(ENDPOINTS))
def test_any_bytes_are_answered(api: Api, number: int, body: bytes, path: str) -> None:
    _answered(api.post(path.format(number), body))


_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
_fields = st.sampled_from(
    [
        *("text", "title", "page_url", "user_agent", "device", "severity", "release", "signals"),
        *("reporter", "attachments", "body", "version", "environment", "commit", "url"),
        *("deployed_at", "id"),
    ]
)


@pytest.mark.slow
@FUZZ
@given(body=st.dictionaries(_fields, _value), path=st.sampled_from(ENDPOINTS))
def test_any_values_are_answered(api: Api, number: int, body: dict[str, Any], path: str) -> None:
    _answered(api.post(path.format(number), json.dumps(body).encode()))


_text = st.text(max_size=40) | st.sampled_from(["\x00", "\ud800", "a\x00b", "\u202e", "0001-01-01"])


@pytest.mark.slow
@FUZZ
@given(
    text=_text,
    email=_text,
    url=_text,
    kind=st.sampled_from(["page", "trace"]),
    at=st.datetimes().map(str) | _text,
)
def test_texts_of_the_right_type_are_answered(
    api: Api, text: str, email: str, url: str, kind: str, at: str
) -> None:
    report = {
        "text": text,
        "title": text,
        "page_url": url,
        "release": text,
        "signals": [{"kind": kind, "value": text}],
        "reporter": {"email": email, "name": text},
    }
    _answered(api.post("reports", json.dumps(report).encode()))
    release = {"version": text, "environment": text, "commit": text, "url": url, "deployed_at": at}
    _answered(api.post("releases", json.dumps(release).encode()))


_header = st.text(st.characters(max_codepoint=255), max_size=60)


@pytest.mark.slow
@FUZZ
@given(header=_header, path=st.sampled_from(["reports", "tickets"]))
def test_any_headers_are_answered(api: Api, header: str, path: str) -> None:
    for name in ("Idempotency-Key", "Content-Type", "Accept", "X-Forwarded-For", "Cookie"):
        _answered(api.post(path, b'{"text": "x"}', **{name: header}))
    _answered(api.get(path, Authorization=header))
    _answered(api.get(path, Authorization=f"Bearer so_live_{header}"))


@pytest.mark.slow
@FUZZ
@given(
    path=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    query=st.dictionaries(st.sampled_from(["limit", "cursor", "x"]), st.text(max_size=12)),
)
def test_any_address_is_answered(api: Api, path: str, query: dict[str, str]) -> None:
    for start in ("", "reports/", "tickets/1/"):
        answer = api.http.get(f"/api/v1/{start}{path}", query, headers=api.headers)
        _answered(answer)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "x", "9" * 18, "9" * 40, "%00", "½", "٣"])
@pytest.mark.parametrize("kind", ["reports", "tickets"])
def test_a_number_that_is_none_is_not_found(api: Api, kind: str, number: str) -> None:
    check_problem(api.get(f"{kind}/{number}"), 404)
    check_problem(api.get(f"{kind}/{number}/comments"), 404)


# --- Pages of the portal -----------------------------------------------------------------------

NASTY = [
    "\x00",
    "a\x00b",
    "\ud800",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "' OR 1=1 --",
    "x" * 60_000,
    "../../etc/passwd",
    "\u202e\u2066",
    "9" * 40,
    "-1",
]
# Each page, and the actions it knows.
PAGES = {
    "/portal/report/": [],
    "/portal/tickets/{0}/": ["reply", "works"],
    "/portal/reports/{0}/": ["reply"],
    "/portal/team/": ["invite", "role", "remove"],
    "/portal/settings/": ["profile", "client"],
    "/portal/switch/": [],
}
NAMES = ["text", "body", "project", "page_url", "claimed_severity", "device", "form_key", "kept"]
NAMES += ["action", "email", "role", "member", "invitation", "client", "comment", "answer"]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_form_full_of_nonsense_is_answered(browser: Browser, number: int, page: str) -> None:
    for value in NASTY:
        form = dict.fromkeys(NAMES, value) | {"profile-name": value, "client-time_zone": value}
        body = "&".join(f"{name}={_quoted(text)}" for name, text in form.items())
        for action in (value, "", *PAGES[page]):
            answer = browser.post(
                page.format(number),
                f"{body}&action={_quoted(action)}",
                content_type="application/x-www-form-urlencoded",
            )
            assert answer.status_code < 500, (page, action, value[:20])
            assert b"<script>alert(1)" not in answer.content


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("value", NASTY, ids=lambda value: ascii(value[:12]))
def test_a_search_full_of_nonsense_is_answered(browser: Browser, value: str) -> None:
    for name in ("q", "view", "project", "before"):
        answer = browser.get(f"/portal/tickets/?{name}={_quoted(value[:3000])}")
        assert answer.status_code < 500, name
        assert b"<script>alert(1)" not in answer.content


@pytest.mark.parametrize("token", ["x", "\x00", "x" * 5000, "%FF", "..%2f..", "é" * 43])
@pytest.mark.parametrize("page", ["v", "invite"])
def test_a_token_that_is_none_opens_nothing(client: Browser, page: str, token: str) -> None:
    for method in (client.get, client.post):
        assert method(f"/{page}/{token}/").status_code == 404


@pytest.mark.slow
@FUZZ
@given(body=st.binary(max_size=300), kind=st.sampled_from(["multipart/form-data; boundary=x", "x"]))
def test_any_bytes_at_a_form_are_answered(
    browser: Browser, number: int, body: bytes, kind: str
) -> None:
    for page in PAGES:
        answer = browser.generic("POST", page.format(number), body, content_type=kind)
        assert answer.status_code < 500, page


def test_an_empty_report_names_its_field(browser: Browser, project: Project) -> None:
    answer = browser.post("/portal/report/", {"text": "", "project": project.pk})

    assert answer.status_code == 422
    assert "Say in a few words what happened." in answer.content.decode()
    assert not Report.objects.exists()


# --- Files -------------------------------------------------------------------------------------


def _png(width: int = 8, height: int = 8) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def _bomb() -> bytes:
    """Make a PNG of a few bytes that claims to have 10,000 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\x00" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\x00" * 20_000_000)
    return out.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
REFUSED = {
    "empty.png": b"",
    "truncated.png": _png()[:40],
    "truncated.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 20,
    "bomb.png": _bomb(),
    "program.exe": b"MZ" + b"\x00" * 200,
    "elf.txt": b"\x7fELF" + b"\x00" * 200,
    "binary.txt": b"hello \x00 world",
    "latin.txt": "café".encode("latin-1"),
    "picture.webp": b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"\x00" * 9,
    "animation.gif": b"GIF89a" + b"\xff" * 30,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_we_do_not_take_is_refused_by_name(
    api: Api, browser: Browser, project: Project, name: str
) -> None:
    check_problem(api.upload(name, REFUSED[name]), 400, "file")
    form = {
        "text": "See the file",
        "project": project.pk,
        "attachments": SimpleUploadedFile(name, REFUSED[name]),
    }
    answer = browser.post("/portal/report/", form)
    assert answer.status_code == 422
    assert not Attachment.objects.exists()


def test_a_file_that_is_too_large_is_refused(api: Api, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1024 * 1024

    check_problem(api.upload("large.txt", b"x" * (1024 * 1024 + 1)), 400, "file")
    check_problem(api.upload("larger.txt", b"x" * (2 * 1024 * 1024)), 413)


@pytest.mark.parametrize(("name", "data"), [("a.svg", SVG), ("a.html", HTML), ("a.png", HTML)])
def test_what_could_run_in_a_browser_is_only_ever_text_to_save(
    browser: Browser, alice: User, project: Project, name: str, data: bytes
) -> None:
    answer = browser.post(
        "/portal/report/",
        {
            "text": "See the file",
            "project": project.pk,
            "attachments": SimpleUploadedFile(name, data, content_type="text/html"),
        },
    )
    file = Attachment.objects.filter(report__isnull=False).first()
    if file is None:
        assert answer.status_code == 422
        return
    shown = browser.get(f"/portal/files/{file.pk}/")
    assert shown.headers["Content-Type"].startswith(("text/plain", "application/octet-stream"))
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_a_zip_bomb_is_kept_as_it_is_and_never_unpacked(api: Api) -> None:
    data = _zip_bomb()

    stored = json.loads(api.upload("bomb.zip", data).content)

    assert stored["size"] == len(data)


def test_a_wrong_ending_is_put_right_and_hidden_data_is_gone(
    browser: Browser, project: Project, alice: User
) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"
    Image.new("RGB", (8, 8), "teal").save(out, "JPEG", exif=exif)
    data = out.getvalue() + b"SECRET TAIL"
    browser.post(
        "/portal/report/",
        {
            "text": "See the file",
            "project": project.pk,
            "attachments": SimpleUploadedFile("../../x\r\ny.html", data, content_type="text/html"),
        },
    )

    file = Attachment.objects.get()
    shown = browser.get(f"/portal/files/{file.pk}/")
    body = b"".join(shown)
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert b"SECRET" not in body
    assert "/" not in file.name and file.name.endswith(".jpg")


NAMED = [
    *(b"a" * 5000, b"", b"..", b"\x00", b"a/b\\c", b"\xed\xa0\x80", b"\xff"),
    "\u202egpj.exe".encode(),
]


@pytest.mark.parametrize("name", NAMED, ids=lambda name: ascii(name[:9]))
def test_any_name_of_a_file_is_made_safe(api: Api, name: bytes) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n'
    body = head + b"some text\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"

    answer = _answered(api.post("attachments", body, Content_Type=kind))

    for file in Attachment.objects.all():
        assert answer.status_code == 201
        assert 0 < len(file.name) <= 120
        assert not set(file.name) & set("/\\\x00\u202e\ud800")


@pytest.mark.slow
@FUZZ
@given(
    head=st.sampled_from(
        [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff",
            b"GIF89a",
            b"RIFF\x10\x00\x00\x00WEBP",
            b"%PDF-",
        ]
    ),
    data=st.binary(max_size=300),
)
def test_any_bytes_as_a_file_are_answered(api: Api, head: bytes, data: bytes) -> None:
    _answered(api.upload("file.png", head + data))


@pytest.mark.slow
@FUZZ
@given(place=st.integers(0, 200), byte=st.integers(0, 255))
def test_a_picture_with_one_wrong_byte_is_answered(api: Api, place: int, byte: int) -> None:
    data = bytearray(_png(24, 24))
    data[place % len(data)] = byte

    _answered(api.upload("file.png", bytes(data)))
