"""Terms, scores and reasons of reports that may tell of the same problem."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.similarity import (
    Candidate,
    Frequencies,
    Question,
    Words,
    facts_of,
    heading,
    key_terms,
    question_terms,
    rank,
    reason_of,
    words_of,
)
from tickets.rules.similarity.terms import BODY_LIMIT, KEY_TERMS, MOST_FACTS

FEW = Frequencies(100, {"error": 90, "credit": 3, "checkout": 10})


def candidate(title: str, text: str = "", report_id: int = 1, **facts: object) -> Candidate:
    signals = facts_of(facts.pop("signals", ()))  # type: ignore[arg-type]
    known = Candidate(report_id, report_id, words_of(title, text, signals), 0.0, False, 0.0)
    return replace(known, **facts)  # type: ignore[arg-type]


def question(title: str, text: str = "", signals: list[tuple[str, str]] | None = None) -> Question:
    return Question.of(words_of(title, text, facts_of(signals or [])), FEW)


def order(asked: Question, *candidates: Candidate) -> list[int]:
    return [each.candidate.report_id for each in rank(asked, candidates)]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Exporting the exports failed", ("export", "export", "fail")),
        ("tabGroup in HTTPServer 4.2.1",
         ("tabgroup", "tab", "group", "httpserver", "http", "server", "4.2.1")),
        ("Crème brûlée für Zoë", ("crème", "brûlée", "für", "zoë")),
        ("the and of", ()),
        ("' -- %_ \x00 ~page /x", ("page", "x")),
    ],
)  # fmt: skip
def test_words_are_stemmed_and_identifiers_taken_apart(text: str, terms: tuple[str, ...]) -> None:
    assert words_of(text, "").title == terms


def test_the_first_line_stands_for_a_missing_title() -> None:
    assert heading("", "\nNo credits\nI paid") == "No credits"
    assert heading(" A title ", "text") == "A title"
    assert (len(heading("", "x" * 999)), len(heading("x" * 999, ""))) == (120, 200)


@given(st.text(max_size=300), st.text(max_size=4000), st.integers(0, 10**6))
def test_any_text_gives_a_bounded_number_of_terms_to_ask_for(
    title: str, text: str, reports: int
) -> None:
    words = words_of(title, text, facts_of([("page", str(n)) for n in range(50)]))
    frequencies = Frequencies(reports, dict.fromkeys(words.terms, reports // 2))
    terms = question_terms(words, frequencies)
    assert len(terms) <= KEY_TERMS + MOST_FACTS
    assert all(weight >= 0 for weight in terms.values())
    assert list(terms) == key_terms(words, frequencies)
    assert not any(" " in term or "\x00" in term for term in [*words.title, *words.body])
    assert words == words_of(title, text[:BODY_LIMIT] if title.strip() else text, words.facts)


def test_a_title_goes_before_the_most_telling_words_of_a_text() -> None:
    text = " ".join(f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
    terms = question_terms(words_of("Error", f"{text} a credit"), FEW)
    assert list(terms)[0] == "error" and len(terms) == KEY_TERMS and "credit" not in terms
    terms = question_terms(words_of("Error", "a credit"), FEW)
    assert terms["credit"] > terms["error"], "rare words tell more"
    assert question_terms(words_of("credit", ""), FEW)["credit"] == 3 * terms["credit"]


def test_one_thread_does_not_spoil_the_stems_of_another() -> None:
    texts = [f"testing{n} running{n}s conditionally{n} relational nationalities" for n in range(60)]
    alone = [words_of("", text) for text in texts]
    from tickets.rules.similarity.terms import _stem

    _stem.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda text: words_of("", text), texts)) == alone


def test_more_of_what_is_shared_never_lowers_the_rank() -> None:
    asked = question("No credits after checkout", "paid twice", [("component", "shop")])
    plain = candidate("Error on login", report_id=1)
    assert order(asked, plain, candidate("Error on login", "credits", report_id=2)) == [2, 1]
    assert order(asked, plain, replace(plain, report_id=2, title_similarity=0.5)) == [2, 1]
    assert order(asked, replace(plain, report_id=2, days_apart=9.0), plain) == [1, 2]
    assert order(asked, plain, replace(plain, report_id=2, same_project=True)) == [2, 1]
    same = candidate("Error on login", report_id=2, signals=[("component", "shop")])
    assert order(asked, plain, same) == [2, 1]
    assert order(asked, plain, replace(plain, report_id=2)) == [2, 1], "the newest of equals"


def test_the_same_error_stands_first_whatever_the_words_say() -> None:
    signals = [("fingerprint", "abc"), ("page", "/checkout")]
    text = "credits checkout " * 200
    asked = question(text[:200], text, signals)
    words = candidate(text[:200], text, 1, title_similarity=1.0, signals=signals[1:])
    error = candidate("zebra", report_id=2, signals=signals[:1], days_apart=3000.0)
    assert order(asked, words, error) == [2, 1]


def test_ten_pages_in_common_count_as_one() -> None:
    pages = [("page", f"/{n}") for n in range(4)]
    asked = question("credits", "", pages)
    one, four = candidate("x", signals=pages[:1]), candidate("x", signals=pages)
    scores = [each.score for each in rank(asked, [one, four])]
    assert scores[0] == scores[1]


@pytest.mark.parametrize(
    ("title", "text", "signals", "reason"),
    [
        ("Credit missing", "", [], "“credits” in the title"),
        ("Checkout gives no credit", "", [], "“credits”, “checkout” in the title"),
        ("Zebra", "error on checkout", [], "“checkout”, “error” in the text"),
        ("Zebra", "error", [], ""),
        ("Zebra", "", [("page", "/a")], "same page"),
        ("Credit", "", [("page", "/a")], "same page and “credits” in the title"),
        (
            "Zebra", "", [("release", "1"), ("page", "/a"), ("fingerprint", "f")],
            "same error group and same page",
        ),
        ("Zebra", "", [("page", "/b")], ""),
    ],
)  # fmt: skip
def test_a_reason_names_signals_and_the_most_telling_words(
    title: str, text: str, signals: list[tuple[str, str]], reason: str
) -> None:
    mine = [("page", "/a"), ("fingerprint", "f"), ("release", "1"), ("trace", "t")]
    asked = question("Credits gone after checkout", "An error came up", mine)
    found = candidate(title, text, signals=signals)
    told = {"title": "Credits gone after checkout", "text": "An error came up"}
    assert reason_of(asked, found, **told) == reason


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_compare(one: str, other: str, text: str) -> None:
    asked = Question.of(words_of(one, text), FEW)
    found = candidate(other, text)
    assert rank(asked, [found])[0].score >= 0
    shared = set(asked.words.title) & set(found.words.title)
    reason = reason_of(asked, found, title=one, text=text)
    assert not shared or "in the title" in reason or "in the first line" in reason


def test_what_means_the_same_in_other_words_comes_first_and_what_is_not_read_yet_is_not_last() -> (
    None
):
    asked = question("Credits gone")
    near = candidate("Balance is empty", report_id=1, meaning=0.9)
    unread = candidate("Balance is empty", report_id=2)
    far = candidate("Balance is empty", report_id=3, meaning=0.1)
    assert order(asked, far, unread, near) == [1, 2, 3]
    assert order(asked, replace(far, meaning=None), unread) == [3, 2]


def test_frequencies_never_weigh_below_zero_or_fail() -> None:
    assert Frequencies().weight("x") > 0
    assert Frequencies(3, {"x": 900}).weight("x") >= 0
    assert Question.of(Words((), ()), Frequencies()).weight == {}
