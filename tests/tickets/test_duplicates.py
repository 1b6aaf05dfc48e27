"""Which tickets a report may repeat, for whom, and why."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from clients.models import Client, Project, User
from tests import factories
from tickets import actions, tasks
from tickets.models import Posting, Report, ReportWords, TermCount, Ticket
from tickets.queries.duplicates import (
    NEWEST_OF_TERM,
    SHIPPED_DAYS,
    Asked,
    similar_reports,
    suggest_tickets,
)
from tickets.rules.similarity import TERMS_VERSION

CREDITS = "Customer paid and got no credits"


@pytest.fixture
def make(project: Project, engineer: User, now: datetime) -> Any:
    def make(text: str, where: Project = project, **facts: Any) -> Ticket:
        facts.setdefault("now", now)
        return factories.make_ticket(project=where, engineer=engineer, text=text, **facts)

    return make


def reasons(who: User, client: Client, now: datetime, **asked: Any) -> list[tuple[Ticket, str]]:
    found = suggest_tickets(who, client_id=client.pk, now=now, **asked)
    assert [row.score for row in found] == sorted((row.score for row in found), reverse=True)
    return [(row.ticket, row.reason) for row in found]


def test_the_likeliest_ticket_comes_first_with_what_it_has_in_common(
    make: Any, acme: Client, engineer: User, now: datetime
) -> None:
    paid = make(CREDITS, page_url="https://shop.acme.test/checkout")
    make("The calendar shows last month after the export")
    found = reasons(
        engineer, acme, now,
        text="Credits are missing\nI paid an hour ago", page="https://shop.acme.test/checkout?a=1",
    )  # fmt: skip
    assert found == [(paid, "same page and “credits” in the first line")]


def test_the_same_error_outweighs_any_words(
    make: Any, project: Project, acme: Client, engineer: User, now: datetime
) -> None:
    same_words = make(CREDITS)
    same_error = make("Something else entirely", signals=[("fingerprint", "abc")])
    report = factories.make_report(
        project, text=CREDITS, signals=[("fingerprint", "abc"), ("release", "9")], now=now
    )
    assert [ticket for ticket, _ in reasons(engineer, acme, now, report=report)] == [
        same_error, same_words,
    ]  # fmt: skip
    assert reasons(engineer, acme, now, report=report)[0][1] == "same error group"


def test_one_word_of_the_texts_alone_is_no_reason(
    make: Any, acme: Client, engineer: User, now: datetime
) -> None:
    make("Calendar shows last month\nThe invoice list is fine")
    assert reasons(engineer, acme, now, text="Credits are gone\nafter the invoice") == []
    assert reasons(engineer, acme, now, text="") == []
    assert reasons(engineer, acme, now, text="Zebras cross quickly") == []


@pytest.mark.parametrize(
    ("state", "days", "is_shown"),
    [
        ("queued", 400, True),
        ("shipped", SHIPPED_DAYS - 1, True),
        ("verified", SHIPPED_DAYS - 1, True),
        ("shipped", SHIPPED_DAYS + 1, False),
        ("closed", 1, False),
    ],
)
def test_open_and_recently_shipped_tickets_are_suggested(
    make: Any, acme: Client, engineer: User, now: datetime,
    state: str, days: int, is_shown: bool,
) -> None:  # fmt: skip
    ticket = make(CREDITS, state=state, email="a@mail.test", now=now - timedelta(days=days))
    assert reasons(engineer, acme, now, text=CREDITS) == (
        [(ticket, "“credits”, “customer” in the first line")] if is_shown else []
    )


def test_nothing_of_another_client_is_found_by_words_or_by_its_errors(
    make: Any, project: Project, foreign_project: Project, acme: Client, globex: Client,
    alice: User, charlie: User, engineer: User, now: datetime,
) -> None:  # fmt: skip
    signals = [("fingerprint", "abc")]
    make(CREDITS, signals=signals)
    theirs = factories.make_report(foreign_project, text=CREDITS, signals=signals, now=now)
    assert reasons(engineer, globex, now, report=theirs) == []
    assert reasons(charlie, globex, now, text=CREDITS) == []
    assert reasons(charlie, acme, now, text=CREDITS) == []
    assert len(reasons(alice, acme, now, text=CREDITS)) == 1
    assert similar_reports(Asked.report(theirs), most=5) == []


def test_a_ticket_is_suggested_once_however_many_reports_it_has_and_never_to_its_own(
    make: Any, project: Project, acme: Client, engineer: User, now: datetime
) -> None:
    ticket = make(CREDITS)
    for _ in range(2):
        joined = factories.make_triaged_report(project, text=CREDITS, now=now)
        actions.join_report(report_id=joined.pk, number=ticket.number, actor=engineer, now=now)
    assert [row[0] for row in reasons(engineer, acme, now, text=CREDITS)] == [ticket]
    joined.refresh_from_db()
    assert reasons(engineer, acme, now, report=joined) == []


def test_what_was_merged_away_leads_to_the_survivor_until_it_is_taken_out(
    make: Any, acme: Client, engineer: User, now: datetime
) -> None:
    source, target = make(CREDITS), make("Login is slow")
    actions.merge_tickets(source_id=source.pk, number=target.number, actor=engineer, now=now)
    assert [row[0] for row in reasons(engineer, acme, now, text=CREDITS)] == [target]
    actions.unmerge_ticket(source_id=source.pk, actor=engineer, now=now)
    assert [row[0] for row in reasons(engineer, acme, now, text=CREDITS)] == [source]


def test_a_search_takes_three_statements_and_one_for_the_signals(
    make: Any, project: Project, acme: Client, engineer: User, now: datetime,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    make(CREDITS)
    report = factories.make_report(project, text=CREDITS, now=now)
    suggest_tickets(engineer, client_id=acme.pk, now=now, text=CREDITS)  # who asks is known by now
    with django_assert_num_queries(3):
        assert suggest_tickets(engineer, client_id=acme.pk, now=now, text=CREDITS)
    with django_assert_num_queries(4):
        assert suggest_tickets(engineer, client_id=acme.pk, now=now, report=report)


def test_of_a_common_word_only_the_newest_reports_are_read(
    make: Any, acme: Client, engineer: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert NEWEST_OF_TERM >= 100
    monkeypatch.setattr("tickets.queries.duplicates.NEWEST_OF_TERM", 1)
    make("Credits vanished")
    newest = make("Credits vanished")
    assert [row[0] for row in reasons(engineer, acme, now, text="Credits")] == [newest]


def test_similar_reports_are_found_before_anybody_judged_them(
    project: Project, now: datetime
) -> None:
    first = factories.make_triaged_report(project, text=CREDITS, now=now)
    second = factories.make_triaged_report(project, text=f"Again: {CREDITS}", now=now)

    def found(report: Report, before: int | None = None) -> list[int]:
        asked = Asked.report(report, before=before)
        return [each.candidate.report_id for each in similar_reports(asked, most=5)]

    assert found(second) == [first.pk]
    assert found(first) == [second.pk]
    assert found(first, before=first.pk) == []


def test_indexing_again_changes_nothing_and_a_blanked_text_leaves_nothing(
    project: Project, now: datetime
) -> None:
    report = factories.make_triaged_report(project, text=CREDITS, now=now)
    other = factories.make_triaged_report(project, text="No credits", now=now)
    tasks.count_terms()

    def index() -> list[Any]:
        return [
            sorted(Posting.objects.values_list("term", "report_id")),
            sorted(TermCount.objects.values_list("term", "reports")),
        ]

    once = index()
    assert ("", 2) in once[1] and ("credit", 2) in once[1] and ("paid", 1) in once[1]
    actions.index_report(report_id=report.pk)
    tasks.count_terms()
    assert index() == once

    Report.objects.filter(pk=report.pk).update(text="")
    actions.index_report(report_id=report.pk)
    assert [row for row in index()[0] if row[1] == report.pk] == []
    assert index()[1] == [("", 1), ("credit", 1), ("no", 1)]
    assert ReportWords.objects.get(report=report).heading == ""
    tasks.count_terms()
    assert TermCount.objects.get(term="").reports == 2
    assert Posting.objects.filter(report_id=other.pk).exists()


def test_what_no_task_indexed_is_found_by_the_sweep(
    make: Any, acme: Client, engineer: User, project: Project, now: datetime
) -> None:
    ticket = make(CREDITS)
    raw = factories.make_report(project, text=CREDITS, now=now)
    Posting.objects.all().delete()
    ReportWords.objects.all().delete()
    tasks.index_missing()
    assert [row[0] for row in reasons(engineer, acme, now, text=CREDITS)] == [ticket]
    assert not ReportWords.objects.filter(report=raw).exists(), "its triage does that"
    assert TermCount.objects.get(term="").reports == 1
    assert actions.index_missing(most=5) == 0

    ReportWords.objects.update(version=TERMS_VERSION - 1)
    assert actions.index_missing(most=5) == 1
    assert TermCount.objects.get(term="").reports == 1


def test_a_proposal_stands_though_indexing_fails(
    project: Project, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = factories.make_report(project, text=CREDITS, now=now)

    def fail(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(actions, "index_report", fail)
    with pytest.raises(RuntimeError):
        tasks.propose_triage(report.pk)
    report.refresh_from_db()
    assert report.state == "proposed"
    monkeypatch.undo()
    tasks.index_missing()
    assert ReportWords.objects.filter(report=report).exists()


def test_the_triage_task_indexes(project: Project, now: datetime) -> None:
    report = factories.make_report(project, text=CREDITS, now=now)
    tasks.propose_triage(report.pk)
    assert Posting.objects.filter(report_id=report.pk, term="credit").exists()


def test_a_search_reads_no_whole_table(
    make: Any, acme: Client, engineer: User, now: datetime
) -> None:
    for _ in range(3):
        make(CREDITS)
    statements: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "tickets_posting" in sql:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
                execute(f"EXPLAIN {sql}", params, many, context)
                statements.extend(row[0] for row in context["cursor"].fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        reasons(engineer, acme, now, text=CREDITS)
    plan = "\n".join(statements)
    assert "tickets_posting_pkey" in plan
    assert "Seq Scan" not in plan and "Hash Join" not in plan and "Merge Join" not in plan
