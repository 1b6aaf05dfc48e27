"""Promises when many press at the same time, on a real PostgreSQL with real transactions."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from clients.models import PlanVersion
from core.calendars import micros
from tests import factories
from tests.threads import losers, press_at_once
from tickets import actions
from tickets.models import ShareAccount, Ticket, TicketEvent, TicketEventKind
from tickets.queries.crew import crew
from tickets.rules.queue.forward import Job
from tickets.rules.queue.promising import try_out

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
MINUTE = 60_000_000


@pytest.mark.slow
def test_twenty_who_accept_at_once_promise_what_one_after_the_other_would() -> None:
    engineer = factories.make_staff(now=NOON)
    reports = []
    for slots in (1, 2):
        client = factories.make_client(now=NOON)
        factories.make_retainer(client=client, now=NOON)
        PlanVersion.objects.filter(retainers__client=client).update(
            slots=slots, tokens_per_slot=3, most_tokens_per_slot=3
        )
        project = factories.make_project(client, now=NOON)
        reports += [factories.make_triaged_report(project, now=NOON) for _ in range(10)]
    terms = [("S2", 240), ("S3", 420), ("S4", 90), ("S3", 300), ("S2", 1500)]
    outcomes = press_at_once([
        partial(
            actions.accept_report, report_id=report.pk, actor=engineer, now=NOON,
            severity=terms[place % 5][0], estimate_minutes=terms[place % 5][1],
        )
        for place, report in enumerate(reports)
    ])  # fmt: skip
    assert not losers(outcomes)

    decided = TicketEvent.objects.filter(
        kind__in=[TicketEventKind.COMMITTED, TicketEventKind.NOT_PROMISED]
    ).order_by("pk")
    tickets = Ticket.objects.in_bulk()
    tokens = dict.fromkeys({ticket.client_id for ticket in tickets.values()}, 0)
    for account in ShareAccount.objects.select_related("client"):
        slots = PlanVersion.objects.get(retainers__client=account.client).slots
        tokens[account.client_id] = 3 * slots
        assert account.tokens >= 0
    jobs: list[Job] = []
    workers = crew(NOON).workers
    reasons = set()
    for event in decided:  # whoever held the plan wrote the next one
        ticket = tickets[event.ticket_id or 0]
        days = {"P2": 5, "P3": 7, "P4": 14}[ticket.priority]
        due = micros(NOON + timedelta(days=days))
        job = Job(ticket.number, due, ticket.estimate_minutes * MINUTE)
        broken = try_out(jobs, workers, job).refused_for(job)
        if not tokens[ticket.client_id]:
            expected: dict[str, object] = {"reason": "no_token"}
        elif broken and broken.ticket == ticket.number:
            expected = {"reason": "own_due"}
        elif broken:
            expected = {"reason": "breaks", "number": broken.ticket}
        else:
            expected = {}
            tokens[ticket.client_id] -= 1
            jobs = sorted([*jobs, job], key=lambda each: each.order)
            assert ticket.due_at and micros(ticket.due_at) == due
        if expected:
            assert event.data == expected
            assert ticket.due_at is None
            reasons.add(expected["reason"])
    assert len(jobs) >= 5
    assert reasons
    for account in ShareAccount.objects.all():
        assert account.tokens == tokens[account.client_id]


def test_offers_and_acceptances_at_once_spend_no_token_twice() -> None:
    engineer = factories.make_staff(now=NOON)
    client = factories.make_client(now=NOON)
    factories.make_retainer(client=client, now=NOON)
    project = factories.make_project(client, now=NOON)
    terms = PlanVersion.objects.filter(retainers__client=client)
    terms.update(tokens_per_slot=0, most_tokens_per_slot=0)
    for _ in range(4):
        factories.make_ticket(
            project=project, engineer=engineer, severity="S4", estimate_minutes=10, now=NOON
        )
    reports = [factories.make_triaged_report(project, now=NOON) for _ in range(4)]
    terms.update(tokens_per_slot=3, most_tokens_per_slot=3)
    ShareAccount.objects.update(tokens=3)
    accept = [
        partial(
            actions.accept_report, report_id=report.pk, actor=engineer, now=NOON,
            severity="S4", estimate_minutes=10,
        )
        for report in reports
    ]  # fmt: skip
    offer = [partial(actions.offer_promises, client_id=client.pk, now=NOON) for _ in range(4)]
    assert not losers(press_at_once([*accept, *offer]))
    assert Ticket.objects.filter(due_at__isnull=False).count() == 3
    assert ShareAccount.objects.get().tokens == 0
