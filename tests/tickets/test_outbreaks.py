"""One problem of several clients at once: how it is found, worked and ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from clients.models import Client, ClientEvent, Project, User
from core.errors import InvalidInput
from core.models import OutboxMessage
from tests import factories
from tests.threads import losers, press_at_once
from tickets import actions, tasks
from tickets.models import (
    Outbreak,
    Report,
    Sighting,
    Source,
    Ticket,
    TicketEvent,
)
from tickets.models import TicketEventKind as Kind
from tickets.queries import all_outbreaks, children_of

FINGERPRINT = [("fingerprint", "stripe-webhook-7f3a")]
DAY = timedelta(days=1)
Make = Callable[..., Ticket]


@pytest.fixture
def make(engineer: User, now: datetime) -> Make:
    """Make a ticket of a report with the fingerprint, and let it be compared."""

    def made(project: Project, *, now: datetime = now, **facts: Any) -> Ticket:
        facts.setdefault("signals", FINGERPRINT)
        ticket = factories.make_ticket(project=project, engineer=engineer, now=now, **facts)
        tasks.detect_outbreaks()
        return Ticket.objects.get(pk=ticket.pk)

    return made


@pytest.fixture
def outbreak(make: Make, project: Project, foreign_project: Project) -> Outbreak:
    """An open outbreak of Acme and Globex."""
    make(project)
    make(foreign_project)
    return Outbreak.objects.get()


def _part(make: Make, project: Project, engineer: User, now: datetime) -> tuple[Ticket, Ticket]:
    """A ticket with the fingerprint that is part of another, and that other one."""
    part = make(project)
    whole = factories.make_ticket(project=project, engineer=engineer, now=now)
    actions.merge_tickets(source_id=part.pk, number=whole.number, actor=engineer, now=now)
    tasks.detect_outbreaks()
    return part, whole


def test_what_is_part_of_another_is_linked_by_it_alone(
    make: Make, project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    part, whole = _part(make, project, engineer, now)
    theirs = make(foreign_project)
    outbreak = Outbreak.objects.get()
    assert _children(outbreak) == {whole.number, theirs.number}
    with pytest.raises(InvalidInput, match=f"#{part.number} is part of #{whole.number}"):
        actions.link_ticket(outbreak_id=outbreak.pk, number=part.number, actor=engineer, now=now)


def test_a_linked_ticket_that_becomes_part_of_another_counts_once_and_comes_back(
    outbreak: Outbreak, make: Make, project: Project, engineer: User, now: datetime
) -> None:
    part, whole = _part(make, project, engineer, now)
    assert {part.number, whole.number} <= _children(outbreak)
    shown = {child.number for child in children_of(outbreak)}
    assert whole.number in shown and part.number not in shown
    counted: Any = all_outbreaks().get()
    assert (counted.ticket_count, counted.client_count) == (len(shown), 2)
    actions.unmerge_ticket(source_id=part.pk, actor=engineer, now=now)
    assert part.number in {child.number for child in children_of(outbreak)}
    actions.merge_tickets(source_id=part.pk, number=whole.number, actor=engineer, now=now)
    actions.close_outbreak(
        outbreak_id=outbreak.pk, actor=engineer, now=now, reason="Their supplier."
    )
    assert whole.comments.count() == 1


def _children(outbreak: Outbreak) -> set[int]:
    return set(outbreak.tickets.values_list("number", flat=True))


def _mails(reference: str = "outbreak:") -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(reference__startswith=reference).order_by("pk"))


# --- Found ---------------------------------------------------------------------------------------


def test_the_same_fingerprint_at_two_clients_opens_one_outbreak(
    make: Make, project: Project, foreign_project: Project
) -> None:
    first = make(project, title="Webhooks fail")
    assert not Outbreak.objects.exists()
    second = make(foreign_project)

    found = Outbreak.objects.get()
    assert found.title == "Webhooks fail"
    assert (found.signal_kind, found.signal_value) == FINGERPRINT[0]
    assert _children(found) == {first.number, second.number}
    joined = TicketEvent.objects.filter(kind=Kind.OUTBREAK_JOINED)
    assert {(event.client_id, event.outbreak_id) for event in joined} == {
        (first.client_id, found.pk),
        (second.client_id, found.pk),
    }
    assert ClientEvent.objects.get(kind="outbreak.opened").data == {"outbreak": found.pk}


def test_acceptance_nudges_the_search_only_where_something_can_be_found(
    project: Project, engineer: User, now: datetime
) -> None:
    def nudges() -> int:
        return sum(
            row.task["func"] == "tickets.tasks.detect_outbreaks" for row in OrmQ.objects.all()
        )

    factories.make_ticket(
        project=project, engineer=engineer, signals=[("release", "1.2.3")], now=now
    )
    assert nudges() == 0
    factories.make_ticket(project=project, engineer=engineer, signals=FINGERPRINT, now=now)
    assert nudges() == 1


def test_tickets_of_one_client_are_no_outbreak(make: Make, project: Project) -> None:
    make(project)
    make(project)
    make(factories.make_project(project.client))
    assert not Outbreak.objects.exists()


@pytest.mark.parametrize(
    "signal",
    [
        ("page", "/checkout"),
        ("release", "1.0.0"),
        ("component", "checkout"),
        ("trace", "4bf92f3577b34da6"),
        ("fingerprint", "unknown"),
        ("fingerprint", "0000000000000000"),
    ],
)
def test_what_everybody_has_is_no_outbreak(
    make: Make, project: Project, foreign_project: Project, signal: tuple[str, str]
) -> None:
    for where in (project, foreign_project, factories.make_project()):
        make(where, signals=[signal], page_url="https://app.example/checkout")
    assert not Outbreak.objects.exists()


def test_an_advisory_is_the_same_in_either_case(
    make: Make, project: Project, foreign_project: Project
) -> None:
    make(project, signals=[("advisory", "ghsa-9x7m-qr2f-22vh")])
    make(foreign_project, signals=[("advisory", "GHSA-9x7m-qr2f-22vh")])
    assert Outbreak.objects.get().tickets.count() == 2


@pytest.mark.parametrize(("days", "found"), [(6, 1), (8, 0)])
def test_only_what_arrives_within_the_window_belongs_together(
    make: Make, project: Project, foreign_project: Project, now: datetime, days: int, found: int
) -> None:
    make(project, now=now - days * DAY)
    make(foreign_project, now=now)
    assert Outbreak.objects.count() == found


def test_the_window_is_a_setting(
    make: Make, project: Project, foreign_project: Project, now: datetime, settings: Any
) -> None:
    settings.OUTBREAK_WINDOW_DAYS = 30
    make(project, now=now - 29 * DAY)
    make(foreign_project, now=now)
    assert Outbreak.objects.exists()


def test_a_report_that_joins_brings_the_fingerprint_along(
    make: Make, project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    plain = make(project, signals=[])
    make(foreign_project)
    assert not Outbreak.objects.exists()
    report = factories.make_triaged_report(project, signals=FINGERPRINT, now=now)
    actions.join_report(report_id=report.pk, number=plain.number, actor=engineer, now=now)
    tasks.detect_outbreaks()
    assert plain.number in _children(Outbreak.objects.get())


def test_a_report_that_joins_makes_an_old_sighting_new(
    make: Make, project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    old = make(project, now=now - 20 * DAY)
    make(foreign_project, now=now)
    assert not Outbreak.objects.exists()
    report = factories.make_triaged_report(project, signals=FINGERPRINT, now=now)
    actions.join_report(report_id=report.pk, number=old.number, actor=engineer, now=now)
    tasks.detect_outbreaks()

    assert old.number in _children(Outbreak.objects.get())
    assert old.sightings.get().seen_at == now


def test_an_older_report_that_joins_later_moves_nothing_back(
    make: Make, project: Project, engineer: User, now: datetime
) -> None:
    ticket = make(project, now=now)
    report = factories.make_triaged_report(project, signals=FINGERPRINT, now=now - DAY)
    actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=now)
    assert ticket.sightings.get().seen_at == now


def test_a_third_client_joins_what_is_open_and_nobody_is_told_again(
    make: Make, outbreak: Outbreak, now: datetime
) -> None:
    told = len(_mails())
    third = make(factories.make_project(), now=now + 20 * DAY)
    assert third.outbreak == outbreak
    assert Outbreak.objects.count() == 1
    assert len(_mails()) == told


def test_a_ticket_of_a_linked_outbreak_brings_a_third_client_in(
    make: Make, project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    mine = make(project)
    other = make(foreign_project, signals=[])
    linked = actions.open_outbreak(numbers=[mine.number, other.number], actor=engineer, now=now)
    third = make(factories.make_project())
    assert third.outbreak == linked
    assert Outbreak.objects.count() == 1


def test_two_signals_of_the_same_tickets_open_one_outbreak(
    make: Make, project: Project, foreign_project: Project
) -> None:
    signals = [*FINGERPRINT, ("advisory", "CVE-2026-1234"), ("fingerprint", "another-one")]
    make(project, signals=signals)
    make(foreign_project, signals=signals)
    assert Outbreak.objects.get().tickets.count() == 2


def test_a_closed_ticket_does_not_count_and_a_shipped_one_does(
    make: Make, project: Project, foreign_project: Project
) -> None:
    make(project, state="closed")
    make(foreign_project)
    assert not Outbreak.objects.exists()
    make(project, state="shipped", by=None)
    assert Outbreak.objects.get().tickets.count() == 2


def test_an_import_opens_none_and_is_found_by_what_comes_after(
    make: Make, project: Project, foreign_project: Project
) -> None:
    make(project, source=Source.IMPORT)
    make(foreign_project, source=Source.IMPORT)
    assert not Outbreak.objects.exists()
    make(factories.make_project())
    assert Outbreak.objects.get().tickets.count() == 3


def test_who_was_taken_out_stays_out(
    make: Make, outbreak: Outbreak, project: Project, engineer: User, now: datetime
) -> None:
    child = outbreak.tickets.get(project=project)
    actions.unlink_ticket(outbreak_id=outbreak.pk, ticket_id=child.pk, actor=engineer, now=now)
    report = factories.make_triaged_report(project, signals=FINGERPRINT, now=now)
    actions.join_report(report_id=report.pk, number=child.number, actor=engineer, now=now)
    tasks.detect_outbreaks()
    child.refresh_from_db()
    assert child.outbreak is None
    assert child.events.filter(kind=Kind.OUTBREAK_LEFT, outbreak=outbreak).count() == 1


def test_what_was_closed_does_not_open_again_by_itself_within_the_window(
    make: Make, outbreak: Outbreak, engineer: User, now: datetime
) -> None:
    actions.close_outbreak(outbreak_id=outbreak.pk, actor=engineer, now=now)
    make(factories.make_project())
    make(factories.make_project())
    assert Outbreak.objects.count() == 1


def test_after_shipping_two_new_clients_are_a_new_outbreak(
    make: Make, outbreak: Outbreak, engineer: User, now: datetime
) -> None:
    actions.ship_outbreak(
        outbreak_id=outbreak.pk, ticket_ids=[], releases={}, actor=engineer, now=now
    )
    make(factories.make_project())
    assert Outbreak.objects.count() == 1
    make(factories.make_project())
    fresh = Outbreak.objects.exclude(pk=outbreak.pk).get()
    assert fresh.tickets.count() == 2


def test_searching_again_changes_nothing(outbreak: Outbreak, now: datetime) -> None:
    before = TicketEvent.objects.count(), OutboxMessage.objects.count()
    for sighting in Sighting.objects.all():
        actions.detect_outbreak(sighting_id=sighting.pk, now=now)
    assert (TicketEvent.objects.count(), OutboxMessage.objects.count()) == before


def test_a_sighting_that_fails_holds_up_no_other(
    make: Make, project: Project, foreign_project: Project, monkeypatch: pytest.MonkeyPatch,
    engineer: User, now: datetime,
) -> None:  # fmt: skip
    real = actions.detect_outbreak
    bad = factories.make_ticket(
        project=project, engineer=engineer, signals=[("fingerprint", "bad-one")], now=now
    ).sightings.get()

    def sometimes(*, sighting_id: int, now: datetime) -> Outbreak | None:
        assert sighting_id != bad.pk
        return real(sighting_id=sighting_id, now=now)

    monkeypatch.setattr(actions, "detect_outbreak", sometimes)
    make(project)
    make(foreign_project)
    assert Outbreak.objects.count() == 1
    bad.refresh_from_db()
    assert bad.checked_at is None


HOSTILE = [
    "'; DROP TABLE tickets_outbreak; --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }} {% load x %} %s %(kind)s",
    "](https://evil.example) [x",
    "a\nBcc: everybody@example.com\r\nSubject: hello",
    "ſtraße-ΐ-İ" * 30,
    "𒀀" * 299 + "x",
    "‮drowssap‬ 12",
    "a" * 299 + "b",
]


@pytest.mark.parametrize("kind", ["fingerprint", "advisory"])
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_a_value_like_any_other(
    make: Make, project: Project, foreign_project: Project, engineer: User, kind: str, value: str
) -> None:
    make(project, signals=[(kind, value[:300])], title=value[:200])
    make(foreign_project, signals=[(kind, value[:300])])
    assert Outbreak.objects.get().tickets.count() == 2
    for mail in _mails():
        assert "\n" not in mail.subject
        assert "](" not in mail.notice


# --- Told ----------------------------------------------------------------------------------------


def test_the_leads_and_who_is_on_call_are_told_once(
    make: Make, project: Project, foreign_project: Project, engineer: User, engineer2: User,
    ops_admin: User, now: datetime,
) -> None:  # fmt: skip
    for client, lead in ((project.client, engineer), (foreign_project.client, ops_admin)):
        Client.objects.filter(pk=client.pk).update(lead=lead)
    factories.make_shift(engineer=engineer2, now=now)
    factories.make_shift(engineer=engineer, now=now)
    make(project, title="Webhooks [fail](https://evil.example)")
    make(foreign_project)

    mails = _mails()
    everybody = {engineer.email, engineer2.email, ops_admin.email}
    assert {mail.recipient for mail in mails} == everybody
    assert len(mails) == 3
    for mail in mails:
        assert mail.text == ""
        assert "Acme" in mail.notice and "Globex" in mail.notice
        assert f"/console/outbreaks/{Outbreak.objects.get().pk}/" in mail.notice
        assert "](" not in mail.notice


def test_with_nobody_on_call_the_ops_admins_are_told(ops_admin: User, outbreak: Outbreak) -> None:
    assert [mail.recipient for mail in _mails()] == [ops_admin.email]


def test_no_client_gets_a_mail_of_it(
    make: Make, project: Project, foreign_project: Project, alice: User, charlie: User,
    ops_admin: User,
) -> None:  # fmt: skip
    before = OutboxMessage.objects.count()
    make(project, by=alice)
    make(foreign_project, by=charlie)
    sent = OutboxMessage.objects.order_by("pk")[before:]
    assert [mail.recipient for mail in sent] == [ops_admin.email]


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_acceptances_at_the_same_instant_open_one_outbreak() -> None:
    staff = factories.make_staff()
    reports = [
        factories.make_triaged_report(factories.make_project(), signals=FINGERPRINT)
        for _ in range(6)
    ]

    def accept(report: Report) -> Callable[[], None]:
        def press() -> None:
            actions.accept_report(report_id=report.pk, actor=staff, now=timezone.now())
            tasks.detect_outbreaks()

        return press

    outcomes = press_at_once([accept(report) for report in reports])
    assert losers(outcomes) == []
    found = Outbreak.objects.get()
    assert found.tickets.count() == 6
    assert TicketEvent.objects.filter(kind=Kind.OUTBREAK_JOINED).count() == 6
    assert ClientEvent.objects.filter(kind="outbreak.opened").count() == 1
    assert not Sighting.objects.filter(checked_at=None).exists()


# --- Scale ---------------------------------------------------------------------------------------


def test_a_flood_of_one_client_hides_no_other_and_costs_nothing(
    make: Make, project: Project, foreign_project: Project, now: datetime
) -> None:
    make(project)
    kind, value = FINGERPRINT[0]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH flood AS (
                INSERT INTO tickets_report (client_id, project_id, source, source_hash, state,
                    title, text, page_url, user_agent, device, claimed_severity, decline_reason,
                    received_at)
                SELECT %s, %s, 'api', '', 'proposed', '', 'x', '', '', '', '', '', %s
                FROM generate_series(1, 5000) RETURNING id
            )
            INSERT INTO tickets_signal (report_id, kind, value) SELECT id, %s, %s FROM flood
            """,
            [foreign_project.client_id, foreign_project.pk, now, kind, value],
        )
    with CaptureQueriesContext(connection) as asked:
        make(foreign_project)
    assert Outbreak.objects.get().tickets.count() == 2
    search = [query["sql"] for query in asked if '"tickets_sighting"' in (query["sql"] or "")]
    assert search
    assert not [sql for sql in search if '"tickets_signal"' in sql]


def test_the_search_goes_by_the_index_and_takes_a_bounded_number(
    make: Make, project: Project, foreign_project: Project, engineer: User, now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("tickets.queries.outbreaks.MOST_ALIKE", 3)
    for _ in range(6):
        factories.make_ticket(project=project, engineer=engineer, signals=FINGERPRINT, now=now)
    ticket = factories.make_ticket(
        project=foreign_project, engineer=engineer, signals=FINGERPRINT, now=now
    )
    sighting = ticket.sightings.get()
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        actions.detect_outbreak(sighting_id=sighting.pk, now=now)
        others = next(
            query["sql"] for query in asked
            if "LIMIT 3" in query["sql"] and '"tickets_sighting"' in query["sql"]
        )  # fmt: skip
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {others}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "sighting_seen" in plan, plan
    assert "Sort" not in plan, plan
    assert Outbreak.objects.get().tickets.count() == 4
