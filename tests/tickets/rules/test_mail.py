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
        (("X-Spam-Status: No, score=-1",), "new"),
        (("Subject: Automatic reply: Export",), "auto_reply"),
        (("Subject: Réponse automatique : Export",), "auto_reply"),
        (("Subject: Thank you for your mail", "Precedence: bulk"), "auto_reply"),
        (("List-Id: <x.test>", "Auto-Submitted: auto-generated"), "notification"),
        # What people write of such things themselves.
        (("Subject: Thank you for the fix, one more thing",), "new"),
        (("Subject: Auto reply does not work any more",), "new"),
        (("Subject: Absences cannot be saved",), "new"),
        (("Subject: We received your invoice twice",), "new"),
        (("Subject: Undeliverable parcels are shown twice",), "new"),
        (("Subject: Warning: the message you sent looks odd",), "new"),
        (("Subject: x", "X-MS-Exchange-Inbox-Rules-Loop: kim@mail.test"), "new"),
    ],
)
def test_headers_tell_what_sort_of_mail_it_is(headers: tuple[str, ...], kind: str) -> None:
    assert kind_of(read_mail(mail(*headers))) == kind


@pytest.mark.parametrize(
    ("sender", "body", "kind"),
    [
        ("orders-noreply@shop.test", "You paid.", "notification"),
        ("do_not_reply@shop.test", "To unsubscribe click https://shop.test/u", "bulk"),
        ("notifications@git.test", "View it or unsubscribe: https://git.test/1", "notification"),
        ("system.admin@mail.test", "It is broken.", "new"),
        ("kim@mail.test", "Where can I unsubscribe? https://shop.test/a is dead.", "new"),
        ("kim@mail.test", '{"error": 500} is what I see.', "new"),
        ("kim@mail.test", "Do not reply to this e-mail.\nYou have a lead.", "notification"),
        ("kim@mail.test", "I got:\n> Do not reply to this e-mail.", "reply"),
    ],
)
def test_who_wrote_what_tells_what_sort_of_mail_it_is(sender: str, body: str, kind: str) -> None:
    raw = f"From: <{sender}>\nSubject: Export\n\n{body}\n".encode()
    assert kind_of(read_mail(raw)) == kind


@pytest.mark.parametrize(
    ("declared", "part", "facts", "kind"),
    [
        ("delivery-status", "delivery-status", "Action: failed\nStatus: 5.1.1", "bounce"),
        ("delivery-status", "delivery-status", "Action: delayed\nStatus: 4.4.1", "delay_notice"),
        ("delivery-status", "delivery-status", "Action: relayed\nStatus: 2.0.0", "notification"),
        ("feedback-report", "feedback-report", "Feedback-Type: abuse", "complaint"),
        ("disposition-notification", "disposition-notification",
         "Disposition: manual-action/MDN-sent-manually; displayed", "auto_reply"),
    ],
)  # fmt: skip
def test_reports_of_mail_systems_are_told_apart(
    declared: str, part: str, facts: str, kind: str
) -> None:
    raw = (
        "From: MAILER-DAEMON@mx.test\nSubject: Delivery Status Notification\nMIME-Version: 1.0\n"
        f"Content-Type: multipart/report; report-type={declared}; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nSee below.\n"
        f"--b\nContent-Type: message/{part}\n\nReporting-MTA: dns; mx.test\n\n{facts}\n--b--\n"
    )
    assert kind_of(read_mail(raw.encode())) == kind


_AT = "ShipOps <ops@shipops.test>"


@pytest.mark.parametrize(
    "below",
    [
        "On Mon, Jun 3, 2024 at 10:00 AM ShipOps\n<ops@shipops.test> wrote:\n\n> Old",
        f"El lun, 3 jun 2024 a las 10:00, {_AT} escribió:\n\n> Old",
        f"Op ma 3 jun 2024 om 10:00 schreef {_AT}:\n\n> Old",
        f"pon., 3 cze 2024 o 10:00 {_AT} napisał(a):\n\n> Old",
        f"пн, 3 июн. 2024 г. в 10:00, {_AT}:\n\n> Old",
        f"{_AT} 于2024年6月3日周一 10:00写道：\n\n> Old",
        "\u202bבתאריך יום ב׳, 3 ביוני 2024 מאת <\u202aops@shipops.test\u202c>:\u202c\n\n> Old",
        f"差出人: {_AT}\n送信日時: 2024年6月3日 10:00\n宛先: Kim\n件名: Export\n\nOld",
        f"-----Ursprüngliche Nachricht-----\nVon: {_AT}\nGesendet: 3. Juni 10:00\nAn: Kim\n\nOld",
        f"---- On Mon, 03 Jun 2024 10:00:00 +0000 {_AT} wrote ----\n\nOld",
        "Sent from my iPhone\n\n> On Jun 3, 2024, at 10:00, ShipOps wrote:\n> Old",
        f"Get Outlook for Android\n{'_' * 32}\nFrom: {_AT}\nSent: Monday 10:00\nTo: Kim\n\nOld",
        "-- \nKim Kimson\nhttps://mail.test",
    ],
)
def test_quotes_and_signatures_of_many_programs_are_left_out(below: str) -> None:
    read = read_mail(mail("Content-Type: text/plain; charset=utf-8", body=f"It works.\n\n{below}"))
    assert own_words(read) == "It works."


@pytest.mark.parametrize(
    "own",
    [
        "Steps:\n\n> click here is an entry\n\nthen it dies.",
        "It is gone.\nOn Monday it broke. He wrote:\n\nthe export is gone.",
        "It works now.\nFrom: the menu I choose export\nSent: nothing",
        "It fails:\n\n    Traceback\n      File x\n\n>>> 1/0\nZeroDivisionError",
        "This is what I saw at 10:30:",
        "Problems:\n- export\n-- it also crashes",
        "Hello,\n\nit works.\n\nBest regards,\nKim",
    ],
)
def test_words_of_ones_own_stay(own: str) -> None:
    assert own_words(read_mail(mail(body=own))) == own


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


@pytest.mark.parametrize(
    ("header", "address", "name"),
    [
        ("=?utf-8?q?M=C3=BCller=2C_Kim?= <kim@mail.test>", "kim@mail.test", "Müller, Kim"),
        ("Müller, Kim <kim@mail.test>", "kim@mail.test", "Kim"),
        ("Kim [ACME] <KIM@mail.test>", "kim@mail.test", ""),
        ("=?utf-8?q?Ann_=3Cann=40acme.test=3E?= <eve@evil.test>", "eve@evil.test", None),
        ("ann@acme.test <eve@evil.test>", "eve@evil.test", None),
        ("=?utf-8?q?Kim_=3Ckim=40mail.test=3E?=", "kim@mail.test", "Kim"),
        ("kim@mail.test (Kim)", "kim@mail.test", "Kim"),
        ("<>", "", ""),
        ("root", "", ""),
    ],
)
def test_a_sender_is_the_address_that_a_mail_program_shows(
    header: str, address: str, name: str | None
) -> None:
    sender = read_mail(f"From: {header}\n\nx".encode()).sender
    assert sender.address == address
    assert name is None or sender.name == name
