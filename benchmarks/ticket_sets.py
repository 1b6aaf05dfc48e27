"""Big sets of tickets, made by SQL: what is done fills the tables, what is open the queue."""

from typing import Any

from django.db import connection
from django.utils import timezone

from benchmarks.accounts import accounts
from clients import actions as clients
from clients.models import User
from clients.queries import house_calendar
from tickets.models import Report, SlaClock, Ticket
from tickets.rules.queue.rank import business_days, rank_of
from tickets.rules.states import TicketState
from tickets.rules.words import Priority

# One ticket of ``every`` is open; a fifth belongs to the first client.
_TICKETS = """
INSERT INTO tickets_ticket (
    number, client_id, project_id, title, kind, severity, severity_confirmed_at, reach,
    unsigned_reach, priority, state, assignee_id, estimate_minutes, received_at, opened_at,
    shipped_at, reopened_count, version, rank)
SELECT n, p.client_id, p.id, 'Ticket ' || n || ' about ' || (ARRAY['checkout', 'sign-in',
    'export', 'search', 'credits', 'calendar'])[1 + n %% 6], 'bug',
    'S' || s.severity, t.at, 1, 0, 'P' || s.severity, s.state,
    CASE WHEN s.state IN ('in_progress', 'in_review') THEN %(user)s END, 60, t.at, t.at,
    CASE WHEN s.state IN ('shipped', 'verified') THEN t.at + interval '2 days' END, 0, 1, 0
FROM generate_series(1, %(size)s) AS n
JOIN LATERAL (SELECT n / %(every)s AS turn, n %% %(every)s = 0 AS is_open) AS o ON true
JOIN LATERAL (SELECT
    CASE WHEN o.is_open THEN (%(states)s::text[])[1 + o.turn %% cardinality(%(states)s::text[])]
        ELSE (ARRAY['shipped', 'verified', 'verified', 'closed'])[1 + n %% 4] END AS state,
    CASE WHEN o.is_open THEN 2 + o.turn %% 3 ELSE 1 + n %% 4 END AS severity) AS s ON true
JOIN LATERAL (SELECT now() - (%(size)s - n) * interval '20 seconds' AS at) AS t ON true
JOIN LATERAL (SELECT 1 + CASE WHEN (o.turn / 10) %% 5 = 0 THEN 0
    ELSE 1 + o.turn %% (%(clients)s - 1) END AS place) AS c ON true
JOIN (SELECT id, client_id, row_number() OVER (ORDER BY id) AS place FROM clients_project) AS p
    ON p.place = c.place
"""
_REPORTS = """
INSERT INTO tickets_report (
    id, client_id, project_id, ticket_id, source, source_hash, state, title, text, page_url,
    user_agent, device, claimed_severity, decline_reason, received_at, respond_by_at,
    first_response_at)
SELECT number, client_id, project_id, id, 'api', '', 'accepted', title,
    'It does not work. ' || title, '', '', '', '', '', received_at,
    received_at + interval '4 hours',
    CASE WHEN number %% 3 > 0 THEN received_at + interval '1 hour' END
FROM tickets_ticket
"""
_CLOCKS = """
INSERT INTO tickets_slaclock (
    report_id, ticket_id, clock, state, started_at, due_at, calendar_versions)
SELECT number, id, 'resolution', CASE WHEN state = 'waiting' THEN 'paused' ELSE 'running' END,
    received_at, received_at + interval '14 days', (SELECT count(*) FROM clients_calendarversion)
FROM tickets_ticket WHERE state IN ('queued', 'waiting', 'in_progress', 'in_review')
"""
_ACCOUNTS = """
INSERT INTO tickets_shareaccount (client_id, virtual_minutes, tokens, tokens_at)
SELECT id, (id * 37) %% 500, (id %% 9)::float, now() FROM clients_client
ON CONFLICT DO NOTHING
"""
_RECEIVED = """
INSERT INTO tickets_receivedminutes (client_id, week_date, minutes, slots)
SELECT c.id, date_trunc('week', now() - week * interval '7 days')::date, 30 + (c.id * week) %% 400,
    1
FROM clients_client AS c, generate_series(1, 26) AS week
ON CONFLICT DO NOTHING
"""
_RANKS = """
UPDATE tickets_ticket SET rank = new.rank
FROM unnest(%s::bigint[], %s::float[]) AS new (id, rank) WHERE tickets_ticket.id = new.id
"""
# The newest in the queue, due one after the other in the coming weeks, none of them urgent yet.
_PROMISES = """
UPDATE tickets_ticket SET committed_at = now(),
    due_at = now() + interval '6 days' + new.place * interval '30 days' / %(count)s
FROM (SELECT id, row_number() OVER (ORDER BY number) AS place FROM (
    SELECT id, number FROM tickets_ticket WHERE state = 'queued'
    ORDER BY number DESC LIMIT %(count)s) AS newest) AS new
WHERE tickets_ticket.id = new.id
"""
_IN_HAND = """
UPDATE tickets_ticket SET state = 'in_progress', assignee_id = hand.engineer
FROM (SELECT t.id, e.engineer FROM
    (SELECT id, row_number() OVER (ORDER BY number) AS place FROM tickets_ticket
     WHERE state = 'queued' ORDER BY number LIMIT cardinality(%(engineers)s::bigint[])) AS t
    JOIN unnest(%(engineers)s::bigint[]) WITH ORDINALITY AS e (engineer, place)
        USING (place)) AS hand
WHERE tickets_ticket.id = hand.id
"""
_USUAL = [
    "queued", "queued", "queued", "queued", "queued", "queued", "queued", "in_progress", "waiting",
    "in_review",
]  # fmt: skip
_BEFORE_WORK = ["queued", "queued", "queued", "queued", "waiting"]


def tickets(*, size: int) -> dict[str, Any]:
    """Fill queue and history of fifty clients with so many tickets; a tenth of them is open."""
    accounts(client_count=50)
    _fill(size=size, every=10, states=_USUAL, client_count=50)
    return {"tickets": size}


def crowd(
    *, client_count: int, open_count: int, done_count: int, engineer_count: int
) -> dict[str, Any]:
    """Fill queue and history of many clients; each engineer has one ticket in hand."""
    accounts(client_count=client_count)
    every = (open_count + done_count) // open_count
    _fill(size=open_count * every, every=every, states=_BEFORE_WORK, client_count=client_count)
    engineers = [
        clients.create_staff(
            email=f"engineer{number}@bench.example", name=f"Engineer {number}", role="engineer",
            actor=None, now=timezone.now(),
        ).pk
        for number in range(engineer_count)
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_IN_HAND, {"engineers": engineers})
    return {"tickets": open_count * every}


def promises(*, count: int) -> dict[str, Any]:
    """Promise so many tickets anew, from now on: the set may be weeks old."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET due_at = NULL, committed_at = NULL"
                       " WHERE due_at IS NOT NULL")  # fmt: skip
        cursor.execute(_PROMISES, {"count": count})
        cursor.execute("UPDATE tickets_queueplan SET spare_minutes = 0, simulated_at = NULL")
        cursor.execute("VACUUM ANALYZE tickets_ticket")
    return {"promises": Ticket.objects.filter(due_at__isnull=False).count()}


def counted() -> dict[str, Any]:
    """Count the reports that are there."""
    return {"reports": Report.objects.count()}


def stored() -> dict[str, Any]:
    """Count the reports of a set that is whole; one made before there were clocks is not."""
    return {"reports": Report.objects.count() if SlaClock.objects.exists() else 0}


def _fill(*, size: int, every: int, states: list[str], client_count: int) -> None:
    admin = User.objects.get(email="admin@bench.example")
    facts: dict[str, Any] = {
        "size": size, "every": every, "states": states, "clients": client_count, "user": admin.pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TICKETS, facts)
        cursor.execute(_REPORTS, {})
        cursor.execute(_CLOCKS, {})
        cursor.execute(_ACCOUNTS, {})
        cursor.execute(_RECEIVED, {})
        _rank(cursor)
        cursor.execute("SELECT setval('tickets_report_id_seq', %s)", [size])
        cursor.execute("VACUUM ANALYZE")


def _rank(cursor: Any) -> None:
    """Rank what waits, by the product's own rule."""
    house = house_calendar()
    queued = Ticket.objects.filter(state=TicketState.QUEUED).order_by()
    rows = list(queued.values_list("pk", "priority", "reach", "received_at"))
    ranks = [rank_of(Priority(p), reach, business_days(house, at)) for _, p, reach, at in rows]
    cursor.execute(_RANKS, [[row[0] for row in rows], ranks])
