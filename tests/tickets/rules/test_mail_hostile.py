"""Mails that are made to stop or to slow whoever reads them."""

import time

import pytest

from tests.tickets.rules.test_mail import mail
from tickets.rules.mail import files_of, kind_of, own_words, read_mail
from tickets.rules.mail.trust import passes_dmarc


def test_no_text_takes_long_to_judge() -> None:
    began = time.process_time()
    for text in ("On ", "On x\n", ">\n", "-- \n", "On Mon, 3 Jun ", "a: b@c\n", "\n", "-"):
        read = read_mail(mail(body=text * (30_000 // len(text))))
        kind_of(read), own_words(read)
    assert time.process_time() - began < 4


def parts_within_parts(depth: int) -> bytes:
    named = (
        f"Content-Type: multipart/mixed; boundary=a{number}\n\n--a{number}\n"
        for number in range(depth)
    )
    return "".join(named).encode()


_PARAMETERS = b"; ".join(b"a%d=b" % number for number in range(4000))
_PART = b"--a\nContent-Type: text/plain; " + _PARAMETERS[:700] + b"\n\nx\n"
_MIXED = b"Content-Type: multipart/mixed; boundary=a\n\n"
_RESULTS = b"Authentication-Results: mx.test; "
_STATUS = b"Content-Type: message/delivery-status\n\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"From: " + b"(" * 5000 + b"a@b.test\n\n", id="comments within comments"),
        pytest.param(b"From: " + b"a:" * 5000 + b"a@b.test\n\n", id="groups within groups"),
        pytest.param(b"To: " + b"a@b.test, " * 20_000 + b"\n\n", id="many addressees"),
        pytest.param(_RESULTS + b"(" * 20_000 + b")" * 20_000 + b"\n\n", id="nested results"),
        pytest.param(_RESULTS + b'"' * 40_001 + b"\n\n", id="quoted results"),
        pytest.param(b"Content-Type: text/plain; " + _PARAMETERS + b"\n\n", id="parameters"),
        pytest.param(b"Content-Type: text/plain" + b"(" * 3000 + b"\n\n", id="commented type"),
        pytest.param(_MIXED + _PART * 150 + b"--a--\n", id="parts with parameters"),
        pytest.param(_MIXED + b"--a\n" + _STATUS + b"A: b\n\n" * 50_000, id="delivery status"),
        pytest.param(b"Content-Type: message/rfc822\n\n" * 3000, id="mails within mails"),
        pytest.param(parts_within_parts(300), id="parts within parts"),
        pytest.param(parts_within_parts(1500), id="parts within parts, too deep"),
        pytest.param(b"X-A: b\n" * 100_000 + b"\n", id="many headers"),
        pytest.param(b"Subject: Fwd: x\n\n" + b"\t" * 60_000 + b"x", id="indented by far"),
        pytest.param(b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\n", id="encoded words"),
    ],
)
def test_hostile_mails_are_read_and_soon(raw: bytes) -> None:
    began = time.process_time()
    read = read_mail(b"Message-ID: <1@mail.test>\n" + raw)
    kind_of(read), own_words(read), files_of(read), read.sender, read.addresses("to", "cc")
    passes_dmarc(read, "mx.test")
    assert time.process_time() - began < 4
    assert read.message_id == "<1@mail.test>"
