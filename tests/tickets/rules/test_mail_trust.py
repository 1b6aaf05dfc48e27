"""Whether a mail comes from the domain that it names."""

import pytest

from tickets.rules.mail import read_mail
from tickets.rules.mail.trust import passes_dmarc


@pytest.mark.parametrize(
    ("results", "is_true"),
    [
        ("mx.test; dmarc=pass (p=NONE) header.from=acme.test", True),
        ("mx.test 1; spf=fail; dmarc=pass header.from=acme.test; dkim=pass", True),
        ("MX.test; dmarc=pass", True),
        ("mx.test; dmarc=pass header.from=evil.test", False),
        ("mx.test; dmarc=fail header.from=acme.test", False),
        ("mx.test; dmarc=fail; dmarc=pass header.from=acme.test", False),
        ("mx.test; spf=pass", False),
        ("mx.evil.test; dmarc=pass header.from=acme.test", False),
        # What the sender chose stands in it, quoted or as a comment.
        ('mx.test; spf=pass smtp.mailfrom="x; dmarc=pass header.from=acme.test"@evil.test', False),
        ("mx.test; spf=pass (of a(b)c; dmarc=pass header.from=acme.test); dmarc=fail", False),
        ("mx.test; spf=pass (of a((b; dmarc=pass header.from=acme.test", False),
        ("mx.test; spf=pass (of \\); dmarc=pass header.from=acme.test)", False),
        ('mx.test; spf=pass (p="x) ; dmarc=fail (y"); dmarc=pass header.from=acme.test', False),
        ('mx.test; spf=pass (" ); dmarc=fail; spf=pass (" ); dmarc=pass', False),
        ('mx.test; spf=pass x="("; dmarc=fail; spf=pass x=")"; dmarc=pass', False),
        ('mx.test; dmarc=pass; spf=pass x=\\"; dmarc=fail; x="', False),
        ("mx.test; dmarc=pass header.from=acme.test; spf=pass (of a", False),
        ('mx.test (in "a; b); dmarc=pass (of (a) \\( "\\") header.from=acme.test; x="\\""', True),
        ("", False),
    ],
)
def test_a_from_is_true_where_the_receiving_host_says_so(results: str, is_true: bool) -> None:
    raw = f"Authentication-Results: {results}\nFrom: Ann <ann@acme.test>\n\nx".encode()
    assert passes_dmarc(read_mail(raw), "mx.test") is is_true
    assert not passes_dmarc(read_mail(raw), "")
    for verdict in ("dmarc=none", "dmarc=pass (", 'spf=pass "', "\\ dmarc=pass"):
        below = f"Authentication-Results: mx.test; {verdict}\n{raw.decode()}".encode()
        assert not passes_dmarc(read_mail(below), "mx.test")


@pytest.mark.parametrize(
    "header",
    [
        "ann@acme.test <eve@evil.test>", "ann@acme.test)eve@evil.test",
        "ann@acme.test<eve@evil.test>", '"ann@acme.test" <eve@evil.test>, ann@acme.test',
    ],
)  # fmt: skip
def test_a_sender_who_can_be_read_in_two_ways_is_not_believed(header: str) -> None:
    for domain in ("acme.test", "evil.test"):
        results = f"mx.test; dmarc=pass header.from={domain}"
        raw = f"Authentication-Results: {results}\nFrom: {header}\n\nx".encode()
        assert not passes_dmarc(read_mail(raw), "mx.test")
