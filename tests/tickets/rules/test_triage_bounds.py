"""Triage survives whatever is thrown at it, quickly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timing import processor_seconds
from tickets.rules.triage import ReportText, propose
from tickets.rules.words import Kind, Severity

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=600)
# Words that set off many rules, so that random texts reach beyond the empty proposal.
TELLING = st.lists(
    st.sampled_from(
        ["the", "site", "is", "down", "not", "paid", "twice", "charged", "data", "lost", "slow"]
        + ["no", "credits", "?", ".", "\n", "login", "cannot", "'x'", "нет", "оплата", "无法"]
        + ["登录", "決済", "결제", "{code}", "<details>", "h3.", "$5", "expected:", "asdf", "never"]
        + ["all", "users", "type:", "http://x.y/z", "it’s"]
    ),
    max_size=60,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(
    text=ANY_TEXT | TELLING,
    title=ANY_TEXT | TELLING,
    page_url=ANY_TEXT,
    claimed=ANY_TEXT,
)
def test_any_text_gives_a_bounded_proposal(
    text: str, title: str, page_url: str, claimed: str
) -> None:
    report = ReportText(text=text, title=title, page_url=page_url, claimed_severity=claimed)
    found = propose(report)
    assert found.kind in Kind
    assert found.severity in Severity
    assert 0 < len(found.title) <= 90
    assert len(found.title.splitlines()) == 1
    assert 15 <= found.estimate_minutes <= 960
    assert 1 <= len(found.reasons) <= 4
    for reason in found.reasons:
        assert 0 < len(reason) <= 200
        assert "\x00" not in reason
        reason.encode("utf-8")
    found.title.encode("utf-8")
    assert propose(report) == found


@settings(max_examples=60, deadline=None)
@given(text=TELLING, claimed=st.sampled_from(["", "S1", "S2", "S3", "S4", "urgent!!!"]))
def test_the_claim_never_changes_the_proposal(text: str, claimed: str) -> None:
    assert propose(ReportText(text, claimed_severity=claimed)) == propose(ReportText(text))


@settings(max_examples=60, deadline=None)
@given(text=TELLING, neutral=st.sampled_from(["Regards, Anna", "我们", "1234", "\n\n-- \nSent by"]))
def test_neutral_text_behind_a_report_still_gives_a_proposal(text: str, neutral: str) -> None:
    assert propose(ReportText(f"{text}\n\n{neutral}")).kind in Kind


HOSTILE = {
    "one endless word": "a" * 1_000_000,
    "words without end": "the site is " * 100_000,
    "open brackets": "(" * 100_000,
    "open tags": "<" * 50_000,
    "open braces": "{a" * 50_000,
    "code fences": "{code}" * 5_000,
    "apostrophes": "a'" * 30_000,
    "line breaks": "\n" * 50_000,
    "full stops": ". " * 50_000,
    "dotted names": "ab.cd" * 9_000,
    "dashed names": "a-" * 30_000,
    "addresses": "http://a.com/ " * 5_000,
    "one Chinese sign": "数" * 50_000,
    "negations": "not " * 20_000,
    "phrases with gaps": "cannot can not could not " * 3_000,
    "phrases with gaps in other tongues": "kann nicht kein ne peut pas не могу " * 2_000,
    "combining marks": "e\u0301\u0301\u0301" * 10_000,
    "NUL": "\x00" * 50_000,
    "surrogates": "\ud800" * 50_000,
    "spaces": " " * 200_000,
    "expected": "expected" * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_costs_no_more_than_a_moment(text: str) -> None:
    propose(ReportText("warm up"))
    report = ReportText(text=text, title=text, page_url=text)
    assert processor_seconds(lambda: propose(report)) < 1


def test_ten_kilobytes_take_a_fraction_of_a_second() -> None:
    text = (
        "Hello, since this morning nobody of our customers can log in, the page takes minutes "
        "and then shows an error. We paid for the plan and got no credits. Please help soon.\n"
    ) * 60
    text = text[:10_000]
    propose(ReportText(text))
    report = ReportText(text=text, title="Nobody can log in")
    assert processor_seconds(lambda: propose(report)) < 0.2
