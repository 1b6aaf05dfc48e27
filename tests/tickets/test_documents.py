"""What tickets and reports are found by: kept by each action, filled and learned by sweeps."""

from datetime import datetime
from typing import Any

import pytest

from clients.models import Client, Project, User
from tests import factories
from tickets import actions, tasks
from tickets.models import Report, SearchDocument, SearchWord, Signal, Ticket, UnlearnedDocument


def lexemes(number: int) -> str:
    """Give a document's vector as PostgreSQL writes it."""
    return str(SearchDocument.objects.get(number=number).vector)


def test_a_report_is_found_from_its_triage_on_and_its_ticket_takes_over(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, text="The kangaroo export fails", now=now)
    document = SearchDocument.objects.get()
    assert (document.number, document.report, document.ticket) == (report.pk, report, None)
    assert "'kangaroo'" in lexemes(report.pk)

    ticket = actions.accept_report(
        report_id=report.pk, actor=engineer, now=now, title="Export of wallabies"
    )

    document = SearchDocument.objects.get()
    assert (document.number, document.report, document.ticket) == (ticket.number, None, ticket)
    assert "'wallabi':4A" in lexemes(ticket.number) or "'wallabi':3A" in lexemes(ticket.number)
    assert "'kangaroo'" in lexemes(ticket.number)


def test_a_report_that_joins_a_ticket_is_found_there_and_no_longer_by_itself(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    report = factories.make_triaged_report(project, text="Same with the platypus", now=now)

    actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=now)

    assert list(SearchDocument.objects.values_list("number", flat=True)) == [ticket.number]
    assert "'platypus'" in lexemes(ticket.number)


def test_replies_notes_and_titles_are_found_at_once_each_with_its_weight(
    project: Project, alice: User, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    about: dict[str, Any] = {"ticket_id": ticket.pk, "now": now}
    actions.reply_to_ticket(body="It was the echidna", actor=alice, **about)
    actions.note_on_ticket(body="Ask the wombat", actor=engineer, **about)
    ticket.refresh_from_db()
    actions.edit_ticket(
        version=ticket.version, kind=ticket.kind, severity=ticket.severity, title="Koala",
        estimate_minutes=60, actor=engineer, **about,
    )  # fmt: skip

    kept = dict(part.split(":") for part in lexemes(ticket.number).split() if ":" in part)
    assert kept["'koala'"].endswith("A")
    assert kept["'echidna'"].endswith("C")
    assert kept["'wombat'"].isdigit(), "a note has the weight D, which is not written out"


def test_pages_and_those_above_them_are_kept_as_facets(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(
        project, page_url="https://shop.test/orders/list/new?x=1", now=now
    )

    kept = lexemes(report.pk)
    assert all(f"'~g{page}'" in kept for page in ("/orders", "/orders/list", "/orders/list/new"))
    assert f"'~c{project.client_id}'" in kept
    assert f"'~p{project.pk}'" in kept


def test_the_sweep_writes_what_is_missing_and_then_nothing(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    report = factories.make_triaged_report(project, now=now)
    before = {number: lexemes(number) for number in (ticket.number, report.pk)}
    SearchDocument.objects.all().delete()

    tasks.document_missing()

    assert {d.number: lexemes(d.number) for d in SearchDocument.objects.all()} == before
    assert actions.document_missing(most=10) == 0


@pytest.mark.parametrize("text", ["a1 " * 16_000, "é\u4e2d" * 25_000, "~c1 ~p1 ' \\ <b> & | !"])
def test_any_text_makes_a_document(
    project: Project, engineer: User, now: datetime, text: str
) -> None:
    report = factories.make_triaged_report(project, text=text, now=now)

    assert SearchDocument.objects.filter(number=report.pk).exists()
    assert lexemes(report.pk).count("'~c") == 1, "no text makes a facet"


def test_a_text_of_many_long_different_words_stays_below_what_a_vector_holds(
    project: Project, engineer: User, now: datetime
) -> None:
    words = " ".join(f"{number:04d}" + "\U00020000" * 20 for number in range(1900))
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    Report.objects.update(text=words)
    for body in (words[:20_000], words[20_000:40_000], words[:19_000]):
        actions.note_on_ticket(ticket_id=ticket.pk, body=body, actor=engineer, now=now)
        actions.reply_to_ticket(ticket_id=ticket.pk, body=body, actor=engineer, now=now)

    assert "'1234" in lexemes(ticket.number)


def vocabulary(client: Client | None) -> dict[str, int]:
    return dict(SearchWord.objects.filter(client=client).values_list("word", "documents"))


def test_words_are_learned_for_the_client_and_for_staff_and_notes_never(
    project: Project, acme: Client, globex: Client, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, title="Kangaroo exports", text="Kangaroo 12 A1", now=now
    )
    actions.note_on_ticket(ticket_id=ticket.pk, body="wombat", actor=engineer, now=now)

    tasks.learn_words()

    assert vocabulary(acme)["kangaroo"] == 1
    assert vocabulary(None)["exports"] == 1
    assert not {"wombat", "12", "a1"} & (vocabulary(acme).keys() | vocabulary(None).keys())
    assert vocabulary(globex) == {}
    assert not UnlearnedDocument.objects.exists()


def test_counting_anew_forgets_words_that_are_gone(
    project: Project, acme: Client, foreign_project: Project, engineer: User, now: datetime
) -> None:
    kept = factories.make_triaged_report(project, text="wallaby", now=now)
    factories.make_triaged_report(foreign_project, text="wallaby echidna", now=now)
    gone = factories.make_triaged_report(project, text="wallaby kangaroo", now=now)
    tasks.learn_words()
    for _ in range(2):
        actions.reply_to_report(report_id=kept.pk, body="more", actor=engineer, now=now)
        tasks.learn_words()
    Signal.objects.filter(report=gone).delete()
    SearchDocument.objects.get(number=gone.pk).delete()

    tasks.recount_words()

    assert vocabulary(acme)["wallaby"] == 1
    assert "kangaroo" not in vocabulary(acme).keys() | vocabulary(None).keys()
    assert vocabulary(None)["wallaby"] == 2
    assert vocabulary(None)["echidna"] == 1


def test_a_ticket_without_a_report_has_a_document_too(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, title="Alone", now=now)
    SearchDocument.objects.all().delete()
    elsewhere = factories.make_ticket(project=project, engineer=engineer, now=now)
    Report.objects.filter(ticket=ticket).update(ticket=elsewhere)

    actions.document_missing(most=10)

    assert "'alon'" in lexemes(ticket.number)
    assert Ticket.objects.filter(document=None).count() == 0
