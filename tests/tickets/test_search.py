"""What a search finds, for whom, and what it shows of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client, Project, User
from core.patience import TookTooLong, no_longer_than
from tests import factories
from tickets import actions, tasks
from tickets.models import SearchDocument, Ticket
from tickets.queries.search import PAGE, Found, count_found, search
from tickets.rules.search import facets


def numbers(found: Found) -> list[int]:
    return [hit.number for hit in found.hits]


@pytest.fixture
def tickets(project: Project, engineer: User, now: datetime) -> dict[str, Ticket]:
    """Four tickets of Acme, oldest first."""
    said = {
        "refund": ("Refund mails are not sent", "After the checkout no mail comes", "S2", "bug"),
        "credits": ("Credits vanish", "Paid twice, snake_case 100% of my credits", "S1", "payment"),
        "export": ("Export of Größe breaks", "The CSV export stops at row 12", "S3", "bug"),
        "polish": ("Button colour", "It is grey in the checkout", "S4", "polish"),
    }
    return {
        name: factories.make_ticket(
            project=project, engineer=engineer, title=title, text=text, severity=severity,
            kind=kind, page_url=f"https://shop.test/{name}/list", now=now,
        )
        for name, (title, text, severity, kind) in said.items()
    }  # fmt: skip


LANGUAGE = [
    ("refund", "refund"),
    ("REFUNDS mailing", "refund"),
    ("checkout", "polish refund"),
    ("checkout -grey", "refund"),
    ('"are not sent"', "refund"),
    ('"mails refund"', ""),
    ('checkout -"no mail"', "polish"),
    ("größe", "export"),
    ("snake_case", "credits"),
    ("100%", "credits"),
    ("/refund/list", "refund"),
    ("page:/refund", "refund"),
    ("page:refund/list", "refund"),
    ("-page:/refund checkout", "polish"),
    ("page:/ref", ""),
    ("severity:s1", "credits"),
    ("severity:s1,s2", "credits refund"),
    ("-severity:s1 -severity:s2", "polish export"),
    ("kind:bug", "export refund"),
    ("kind:bug export", "export"),
    ("state:open credits", "credits"),
    ("state:closed credits", ""),
    ("state:nonsense credits", ""),
    ("client:acme credits", "credits"),
    ("client:globex credits", ""),
    ("project:acme-shop credits", "credits"),
    ("app:nothing credits", ""),
    ("nosuchfield:credits", ""),
    ("the", "polish export credits refund"),
    ("", "polish export credits refund"),
    ("-credits", "polish export refund"),
    ("is:unassigned", "polish export credits refund"),
    ("is:mine", ""),
    ("is:urgent", "credits"),
    ("is:late,urgent", "credits"),
    ("-page:/refund", "polish export credits"),
    ("state:merged page:/refund", ""),
    ("state:open kind:bug severity:s3 priority:p3", "export"),
    ("state:declined,open severity:s3", "export"),
    ("assignee:nobody checkout", "polish refund"),
    ("zzzzzz", ""),
]


def test_the_query_language(tickets: dict[str, Ticket], engineer: User, now: datetime) -> None:
    by_number = {ticket.number: name for name, ticket in tickets.items()}

    for query, names in LANGUAGE:
        found = numbers(search(engineer, query, now=now))
        assert " ".join(by_number[number] for number in found) == names, query


def test_what_is_still_being_typed_finds_words_that_begin_so(
    tickets: dict[str, Ticket], alice: User, acme: Client, now: datetime
) -> None:
    tasks.learn_words()

    def found(query: str) -> list[int]:
        return numbers(search(alice, query, client_id=acme.pk, now=now))

    assert found("chec") == [tickets["polish"].number, tickets["refund"].number]
    assert found("vanish ") == found("vani") == [tickets["credits"].number]
    assert found("vani ") == [], "the space says that the word is whole"
    assert len(found("v")) == 4, "one letter asks for nothing yet"
    assert found("csv") == [tickets["export"].number]


def test_a_slip_finds_what_was_meant_and_says_so(
    tickets: dict[str, Ticket], alice: User, acme: Client, now: datetime
) -> None:
    tasks.learn_words()

    found = search(alice, "chekcout grey", client_id=acme.pk, now=now)

    assert numbers(found) == [tickets["polish"].number]
    assert found.reading.also == [("chekcout", ["checkout"])]
    assert "<mark>checkout</mark>" in found.hits[0].excerpt


def test_a_rare_word_much_like_a_usual_one_is_questioned(
    project: Project, acme: Client, alice: User, now: datetime
) -> None:
    for text in ["checkout fails"] * 12 + ["chekout fails"]:
        factories.make_triaged_report(project, text=text, now=now)
    tasks.learn_words()

    found = search(alice, "chekout fails", client_id=acme.pk, now=now)

    assert len(found.hits) == 1
    assert found.reading.rather == [("chekout", "checkout")]


def test_a_number_finds_its_ticket_and_that_of_a_report_that_joined_it(
    tickets: dict[str, Ticket], project: Project, engineer: User, now: datetime
) -> None:
    ticket = tickets["refund"]
    report = factories.make_triaged_report(project, now=now)
    waiting = factories.make_triaged_report(project, text="row 12", now=now)
    actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=now)

    for query in (f"#{ticket.number}", f" #{ticket.number} ", f"#{report.number}"):
        assert numbers(search(engineer, query, now=now)) == [ticket.number]
    assert numbers(search(engineer, str(report.number), now=now))[0] == ticket.number
    assert numbers(search(engineer, f"#{waiting.number}", now=now)) == [waiting.number]
    assert numbers(search(engineer, "12 ", now=now)) == [waiting.number, tickets["export"].number]
    for query in ("#999999999", "9" * 40, "#", "²"):
        assert numbers(search(engineer, query, now=now)) in ([], sorted(
            [*(t.number for t in tickets.values()), waiting.number], reverse=True
        ))  # fmt: skip


def test_reports_without_a_ticket_are_found_too_and_by_state(
    tickets: dict[str, Ticket], project: Project, acme: Client, alice: User, now: datetime
) -> None:
    waiting = factories.make_triaged_report(project, text="checkout is odd", by=alice, now=now)
    declined = factories.make_declined_report(project=project, text="checkout is blue", now=now)

    def found(query: str, **terms: Any) -> set[int]:
        return set(numbers(search(alice, query, client_id=acme.pk, now=now, **terms)))

    with_checkout = {tickets["refund"].number, tickets["polish"].number}
    assert found("checkout") == with_checkout | {waiting.pk, declined.pk}
    assert found("checkout", view="open") == with_checkout | {waiting.pk}
    assert found("checkout", view="done") == {declined.pk}
    assert found("checkout state:declined", view="open") == {declined.pk}
    assert found("state:triage") == found("is:mine") == {waiting.pk}
    assert found("checkout -severity:s2") == {
        tickets["polish"].number, waiting.pk, declined.pk,
    }  # fmt: skip


def test_a_report_is_found_before_anything_read_it(
    project: Project, acme: Client, alice: User, charlie: User, now: datetime
) -> None:
    report = factories.make_report(project, "The kangaroo is gone", by=alice, now=now)
    factories.make_report(project, "The wallaby is gone", by=alice, now=now)

    for query in ("kangaroos", "kangaroo state:open", "kangaroo -wallaby", "kangaroo page:/x"):
        found = search(alice, query, client_id=acme.pk, now=now)
        assert numbers(found) == ([] if "page" in query else [report.pk]), query
    assert search(charlie, "kangaroos", client_id=acme.pk, now=now).hits == []


def test_nothing_of_another_client_is_found_counted_or_guessed(
    tickets: dict[str, Ticket], acme: Client, globex: Client, charlie: User, now: datetime
) -> None:
    tasks.learn_words()
    number = tickets["credits"].number

    for query in ("credits", "credit", "creditz", f"#{number}", f"{number}", "", "client:acme"):
        for client in (acme, globex):
            found = search(charlie, query, client_id=client.pk, now=now)
            assert found.hits == []
            assert (found.reading.also, found.reading.rather) == ([], [])
            assert count_found(charlie, query, client_id=client.pk, now=now) == 0
        assert search(charlie, query, now=now).hits == []
        assert count_found(charlie, query, now=now) == 0


def test_a_note_is_found_and_shown_by_staff_alone(
    tickets: dict[str, Ticket], acme: Client, alice: User, engineer: User, now: datetime
) -> None:
    ticket = tickets["credits"]
    actions.note_on_ticket(ticket_id=ticket.pk, body="Ask the wombat", actor=engineer, now=now)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="An echidna", actor=engineer, now=now)
    tasks.learn_words()

    for query in ("wombat", "womba", "wonbat", '"the wombat"', "credits wombat"):
        found = search(alice, query, client_id=acme.pk, now=now)
        assert (found.hits, found.reading.also) == ([], []), query
        assert count_found(alice, query, client_id=acme.pk, now=now) == 0
    assert "wombat" not in search(alice, "echidna", client_id=acme.pk, now=now).hits[0].excerpt
    # What leaves a note out must not tell that there is one either.
    assert len(search(alice, "-wombat", client_id=acme.pk, now=now).hits) == 4
    assert "<mark>wombat</mark>" in search(engineer, "wombat", now=now).hits[0].excerpt
    assert len(search(engineer, "-wombat", now=now).hits) == 3


def test_marks_escape_what_people_wrote(project: Project, engineer: User, now: datetime) -> None:
    factories.make_ticket(
        project=project, engineer=engineer, title="<b>Credits</b> & more",
        text="<script>alert(1)</script> about crediting", now=now,
    )  # fmt: skip

    hit = search(engineer, "credit", now=now).hits[0]

    assert hit.title == "&lt;b&gt;<mark>Credits</mark>&lt;/b&gt; &amp; more"
    assert "<script>" not in hit.excerpt
    assert "<mark>crediting</mark>" in hit.excerpt


def test_pages_go_by_number_and_meet_each_row_once(
    project: Project, engineer: User, now: datetime
) -> None:
    made = [factories.make_triaged_report(project, text="row", now=now).pk for _ in range(PAGE + 3)]

    first = search(engineer, "row", now=now)
    second = search(engineer, "row", before=first.next_before, now=now)

    assert second.next_before is None
    assert numbers(first) + numbers(second) == made[::-1]


@pytest.mark.parametrize("count", [1, 13])
def test_what_lies_among_the_newest_and_what_lies_far_back_is_found_alike(
    project: Project, engineer: User, now: datetime, count: int
) -> None:
    made = [factories.make_triaged_report(project, text="row", now=now) for _ in range(count)]
    old = SearchDocument.objects.get(number=made[0].pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('tickets_report_id_seq', 40000 + %s)", [old.number])
    new = [factories.make_triaged_report(project, text="row", now=now) for _ in range(count)]
    assert len(list(facets.windows(new[-1].pk))) == 2

    found = numbers(search(engineer, "row", now=now))

    newest_first = [report.pk for report in (made + new)[::-1]]
    assert found == newest_first[:PAGE]
    assert count_found(engineer, "row -nothing", now=now) == 2 * count


def test_a_search_asks_so_many_questions_whatever_it_finds(
    tickets: dict[str, Ticket], engineer: User, acme: Client, alice: User, now: datetime
) -> None:
    tasks.learn_words()
    for who, client_id in ((engineer, None), (alice, acme.pk)):
        for query in ("checkout state:open kind:bug", "state:open", "chekcout mails no", "12"):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                search(who, query, client_id=client_id, now=now)
            assert len(asked) <= 18, query


HOSTILE = [
    "-" * 100_000,
    "\x00\ud800",
    "%_%" * 1000,
    "(a+)+$" * 500,
    "' OR 1=1 --",
    "a' & 'b' | !'c' <-> \\",
    ":*:* !!! &&& ||| <0> <99999>",
    '"' * 999,
    '"unclosed phrase',
    "state: state:, kind:,,, -state:",
    "\u202eevil \u200f\u2066\u2069 \ufeff",
    "~c1 ~n0 '~c1'",
    "x" * 100_000,
    " ".join(f"w{n}" for n in range(500)),
    " ".join(f"-w{n}" for n in range(50)),
    "المشكلة في الدفع",
    "支付失败 決済",
    "²³ Ⅷ ﬁ ß İ ı",
    "the of and",
    "client:% project:_ assignee:%%",
    "#" * 50,
    "page:" + "/a" * 3000,
    "a:b:c:d https://x.test:80/?q=1#z",
]


def test_any_query_is_answered(
    tickets: dict[str, Ticket], alice: User, engineer: User, acme: Client, now: datetime
) -> None:
    tasks.learn_words()

    for query in HOSTILE:
        assert not search(engineer, query, now=now).is_too_slow, query[:40]
        assert not search(alice, query, client_id=acme.pk, view="open", now=now).is_too_slow
        assert count_found(alice, query, client_id=acme.pk, now=now) is not None, query[:40]


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(query=st.text(st.characters() | st.sampled_from("-\"':#&|!<>()*\\ ~"), max_size=60))
def test_any_text_is_a_query(acme: Client, alice: User, engineer: User, query: str) -> None:
    now = datetime.fromisoformat("2026-01-05T12:00:00+00:00")
    search(engineer, query, now=now)
    search(alice, query, client_id=acme.pk, now=now)


def test_a_statement_that_takes_too_long_is_stopped_and_told(
    tickets: dict[str, Ticket], engineer: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any, **__: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")

    monkeypatch.setattr("tickets.queries.search.SEARCH_MILLISECONDS", 30)
    monkeypatch.setattr("tickets.queries.search.COUNT_MILLISECONDS", 30)
    monkeypatch.setattr("tickets.queries.search.read_terms", slow)

    assert search(engineer, "checkout", now=now).is_too_slow
    assert count_found(engineer, "checkout", now=now) is None
    assert Ticket.objects.count() == 4, "the connection goes on"


def test_the_bound_ends_with_its_block(db: None) -> None:
    def bound() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    before = bound()
    with no_longer_than(1234, **{"extension_not_used_yet.bound": "1"}):
        assert bound() == "1234ms"
    assert bound() == before
    with pytest.raises(TookTooLong), no_longer_than(20), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    assert bound() == before


def test_what_changes_as_a_ticket_is_worked_on_is_found_as_it_is_now(
    tickets: dict[str, Ticket], engineer: User, engineer2: User, now: datetime
) -> None:
    ticket = tickets["export"]

    def finds(query: str) -> bool:
        found = ticket.number in numbers(search(engineer, query, now=now))
        assert (ticket.number in numbers(search(engineer, f"{query} export", now=now))) == found
        return found

    by: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": now}
    factories.walk_ticket(ticket, "in_progress", engineer=engineer, now=now)
    assert finds("state:progress") and finds("assignee:me") and finds("is:mine")
    assert not finds("state:queued") and not finds("is:unassigned")
    actions.put_back(**by)
    assert finds("is:unassigned") and finds("state:queued") and not finds("is:mine")
    ticket.refresh_from_db()
    actions.edit_ticket(
        **by, version=ticket.version, kind="outage", severity="S1", title=ticket.title,
        estimate_minutes=60,
    )  # fmt: skip
    assert finds("severity:s1") and finds("kind:outage") and finds("is:urgent")
    assert not finds("severity:s3") and not finds("kind:bug")
    actions.close_ticket(**by, message="Not needed")
    assert finds("state:closed") and finds("is:done") and not finds("is:open")


def test_late_tickets_are_found_by_their_due_time(
    tickets: dict[str, Ticket], engineer: User, now: datetime
) -> None:
    late = tickets["export"]
    Ticket.objects.filter(pk=late.pk).update(
        due_at=now - timedelta(hours=1), committed_at=now - timedelta(days=1)
    )

    assert numbers(search(engineer, "is:late", now=now)) == [late.number]


def test_a_merged_ticket_is_found_under_the_one_it_is_part_of_and_by_itself_after(
    tickets: dict[str, Ticket], acme: Client, alice: User, engineer: User, now: datetime
) -> None:
    source, target, last = tickets["export"], tickets["credits"], tickets["refund"]
    actions.note_on_ticket(ticket_id=source.pk, body="Ask the wombat", actor=engineer, now=now)

    def found(query: str) -> list[int]:
        assert not search(alice, "wombat", client_id=acme.pk, now=now).hits
        return numbers(search(engineer, query, now=now))

    by_words = ("Größe", '"CSV export"', "wombat", "page:/export", f"#{source.number}")
    merge: dict[str, Any] = {"actor": engineer, "now": now}
    actions.merge_tickets(source_id=source.pk, number=target.number, **merge)
    for query in by_words:
        assert found(query) == [target.number], query
    assert source.number not in found("") + found("state:open") + found("-state:closed")
    assert found("state:merged") == [source.number]

    actions.merge_tickets(source_id=target.pk, number=last.number, **merge)
    for query in by_words:
        assert found(query) == [last.number], query
    actions.document_missing(most=10)
    assert not SearchDocument.objects.filter(ticket__in=[source.pk, target.pk]).exists()

    actions.unmerge_ticket(source_id=target.pk, **merge)
    actions.unmerge_ticket(source_id=source.pk, **merge)
    for query in by_words:
        assert found(query) == [source.number], query
    assert found("credits") == [target.number]
