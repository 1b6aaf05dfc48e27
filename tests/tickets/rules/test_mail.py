"""What a mail is and says: real mails with what is expected of them, and any bytes."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tickets.rules.mail import MailKind, files_of, kind_of, own_words, read_mail
from tickets.rules.mail.html import text_of_html

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = Path(os.environ.get("SHIPOPS_DATA", ROOT.parent / "shared" / "data")) / "emails" / "dev"
INDEX: list[dict[str, Any]] = (
    json.loads((SAMPLES / "index.json").read_text()) if SAMPLES.exists() else []
)
needs_samples = pytest.mark.skipif(not INDEX, reason=f"no {SAMPLES}: set SHIPOPS_DATA")


def mail(*headers: str, body: str = "It is broken.") -> bytes:
    return "\r\n".join(["From: Kim <kim@mail.test>", *headers, "", body]).encode()


def _first_line(text: str) -> str | None:
    return next((line.strip() for line in text.splitlines() if line.strip()), None)


@needs_samples
@pytest.mark.parametrize("sample", INDEX, ids=[each["file"] for each in INDEX])
def test_real_mails_are_what_they_are(sample: dict[str, Any]) -> None:
    read = read_mail((SAMPLES / sample["file"]).read_bytes())
    kind, expected = kind_of(read), sample["expected"]
    assert kind == expected["kind"]
    if expected["is_auto"] is not None:
        assert kind.is_auto is expected["is_auto"]
    said = own_words(read) if kind.has_words else ""
    assert _first_line(said) == expected["reply_text_first_line"]
    assert [file.name for file in files_of(read) if file.name] == expected["attachments"]


@needs_samples
@given(st.data())
def test_any_damage_to_a_mail_is_read(data: st.DataObject) -> None:
    raw = bytearray((SAMPLES / data.draw(st.sampled_from(INDEX))["file"]).read_bytes()[:6000])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))
    _judge(bytes(raw))


@given(st.binary(max_size=400))
@example(b"")
@example(b"Content-Type: multipart/mixed; boundary=\n\n--\n\n--\n")
@example(b"Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n" * 30)
@example(
    b"From: =?utf-8?b?////?= <@>\nSubject: =?x?q?=ff?=\nContent-Type: text/html; charset=\x00\n\n<"
)
@example(b"Content-Transfer-Encoding: base64\n\n====\xff")
@example(b'From:\x00Kim" <kim@mail.test>\nMessage-ID: <\x00@mail.test>\n\nx')
def test_any_bytes_are_read(raw: bytes) -> None:
    _judge(raw)


@given(st.lists(st.sampled_from([
    b"Content-Type: multipart/mixed; boundary=a", b"Content-Type: multipart/report", b"", b"--a",
    b"--a--", b"Content-Type: message/delivery-status", b"Action: failed", b"Status: 4.0.0",
    b"Content-Type: text/html; charset=utf-16", b"From: <>", b"Subject: Re: =?utf-8?q?=C3?=",
    b"Content-Disposition: attachment; filename*=utf-8''%ff",
    b"Content-Transfer-Encoding: uuencode", b"> x",
    b"References: <a@b> <", b"\xff\xfe\x00", b"<blockquote type=cite>x",
    b"On Monday wrote:",
]), max_size=25))  # fmt: skip
def test_any_lines_of_a_mail_are_read(lines: list[bytes]) -> None:
    _judge(b"\n".join(lines))


def _judge(raw: bytes) -> None:
    read = read_mail(raw)
    assert kind_of(read) in MailKind
    facts = [own_words(read), read.subject, read.sender.address, read.sender.name, read.message_id]
    for text in (*facts, *(file.name for file in read.files)):
        text.encode()
        assert "\x00" not in text


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (("Subject: It is broken",), "new"),
        (("Subject: Re: It is broken", "In-Reply-To: <1@mail.test>"), "reply"),
        (("Subject: AW: Kaputt",), "reply"),
        (("Subject: WG: Kaputt",), "forward"),
        (("Auto-Submitted: auto-replied",), "auto_reply"),
        (("Auto-Submitted: auto-generated (rfc3834)",), "notification"),
        (("Auto-Submitted: no",), "new"),
        (("Precedence: auto_reply",), "auto_reply"),
        (("Precedence: list", "List-Id: <x.test>"), "bulk"),
        (("Subject: Abwesenheitsnotiz: Urlaub", "X-Auto-Response-Suppress: All"), "auto_reply"),
        (("Return-Path: <>", "Subject: I am away"), "auto_reply"),
        (("X-Failed-Recipients: a@b.test", "Subject: Mail delivery failed"), "bounce"),
        (("X-Failed-Recipients: a@b.test", "Subject: Warning: message delayed"), "delay_notice"),
        (("X-Spam-Flag: YES",), "spam"),
    ],
)
def test_headers_tell_what_sort_of_mail_it_is(headers: tuple[str, ...], kind: str) -> None:
    assert kind_of(read_mail(mail(*headers))) == kind


def test_somebody_who_quotes_a_bounce_is_a_person() -> None:
    raw = mail(
        "Subject: Re: Help", "In-Reply-To: <1@mail.test>",
        body="What is this?\n\n> Mail delivery failed: returning message to sender\n> a@b.test",
    )  # fmt: skip
    read = read_mail(raw)
    assert kind_of(read) == "reply" and own_words(read) == "What is this?"


def test_what_is_hidden_in_html_is_not_read_and_quotes_can_be_left_out() -> None:
    source = (
        "<style>p{}</style><p>Hello<br>there</p><p style='display: none'>trap</p>"
        "<script>alert(1)</script><div class=gmail_quote>On Monday Kim wrote: old</div>"
    )
    assert text_of_html(source).startswith("Hello\nthere")
    assert "trap" not in text_of_html(source) and "alert" not in text_of_html(source)
    assert text_of_html(source, without_quotes=True) == "Hello\nthere"


def test_mails_within_mails_are_one_file_and_images_without_a_name_are_files() -> None:
    raw = (
        b"From: kim@mail.test\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nSee.\n"
        b"--b\nContent-Type: image/png\nContent-ID: <shot>\n\nPNG\n"
        b"--b\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename=a.eml\n\n"
        b"Subject: inner\n\nhidden.txt\n--b--\n"
    )
    read = read_mail(raw)
    assert [(f.name, f.content_id) for f in files_of(read)] == [("", "shot"), ("a.eml", "")]
    assert read.text.strip() == "See." and b"Subject: inner" in read.files[1].content
