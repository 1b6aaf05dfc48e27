"""What a figure needs in its database: accounts, keys, sessions, and big sets made by SQL.

Run as ``python -m benchmarks.prepare WHAT FACTS`` with the product's environment; prints JSON.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
django.setup()

from allauth.account.internal.flows.login import record_authentication  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.utils import timezone  # noqa: E402

from clients import actions as clients  # noqa: E402
from clients.models import Calendar, Client, Member, PlanVersion, Project, User  # noqa: E402
from clients.rules.terms import Target  # noqa: E402
from core.money import Money  # noqa: E402
from core.tokens import derive_token  # noqa: E402
from tickets.models import Report  # noqa: E402

# Of every hundred tickets ten are open, as in a company that keeps up.
_TICKETS = """
INSERT INTO tickets_ticket (
    number, client_id, project_id, title, kind, severity, severity_confirmed_at, reach,
    unsigned_reach, priority, state, assignee_id, estimate_minutes, received_at, opened_at,
    shipped_at, reopened_count, version)
SELECT n, p.client_id, p.id, 'Ticket ' || n || ' about ' || (ARRAY['checkout', 'sign-in',
    'export', 'search', 'credits', 'calendar'])[1 + n %% 6], 'bug',
    'S' || (1 + n %% 4), t.at, 1, 0, 'P' || (1 + n %% 4), s.state,
    CASE WHEN s.state IN ('in_progress', 'in_review') THEN %(user)s END, 60, t.at, t.at,
    CASE WHEN s.state IN ('shipped', 'verified') THEN t.at + interval '2 days' END, 0, 1
FROM generate_series(1, %(size)s) AS n
JOIN LATERAL (SELECT (ARRAY['queued', 'queued', 'queued', 'queued', 'queued', 'queued', 'queued',
    'in_progress', 'waiting', 'in_review'])[1 + (n / 10) %% 10] AS open) AS o ON true
JOIN LATERAL (SELECT CASE WHEN n %% 10 = 0 THEN o.open ELSE
    (ARRAY['shipped', 'verified', 'verified', 'closed'])[1 + n %% 4] END AS state) AS s ON true
JOIN LATERAL (SELECT now() - (%(size)s - n) * interval '20 seconds' AS at) AS t ON true
JOIN LATERAL (SELECT 1 + CASE WHEN (n / 100) %% 5 = 0 THEN 0 ELSE (n / 7) %% 49 END AS place)
    AS c ON true
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


def accounts(*, client_count: int = 1) -> dict[str, Any]:
    """Make clients with a plan, a project each, an owner of the first, and an ops admin."""
    now = timezone.now()
    admin = clients.create_staff(
        email="admin@bench.example", name="Admin", role="ops_admin", actor=None, now=now
    )
    TOTP.activate(admin, generate_totp_secret())
    plan = clients.create_plan(name="Bench", actor=None, now=now)
    house = Calendar.objects.get(is_house=True)
    version = clients.publish_plan_version(
        plan_id=plan.pk,
        price=Money("100", "EUR"),
        targets={
            f"P{place}": Target(60 * place, 60 * place, 600 * place, house.pk)
            for place in range(1, 5)
        },
        actor=None,
        now=now,
    )
    for place in range(client_count):
        _client(place, version, now)
    client = Client.objects.get(slug="client-0")
    invitation = clients.invite_member(
        client_id=client.pk, email="owner@bench.example", role="owner", actor=None, now=now
    )
    token = derive_token("invitation", invitation.pk)
    clients.accept_invitation(token=token, name="Owner", now=now)
    project = Project.objects.get(client=client)
    _, key = clients.create_api_key(
        project_id=project.pk,
        name="bench",
        scopes=["reports:write", "reports:read"],
        actor=None,
        now=now,
    )
    return {"key": key}


def _client(place: int, version: PlanVersion, now: Any) -> None:
    client = clients.create_client(
        name=f"Client {place}", slug=f"client-{place}", actor=None, now=now
    )
    clients.create_project(client_id=client.pk, facts={"name": f"App {place}"}, actor=None, now=now)
    retainer = clients.create_retainer(
        client_id=client.pk, plan_version_id=version.pk, actor=None, now=now
    )
    clients.set_retainer_state(retainer_id=retainer.pk, state="active", actor=None, now=now)


def tickets(*, size: int) -> dict[str, Any]:
    """Fill the queue and the history with so many tickets, one report each."""
    accounts(client_count=50)
    admin = User.objects.get(email="admin@bench.example")
    with connection.cursor() as cursor:
        cursor.execute(_TICKETS, {"size": size, "user": admin.pk})
        cursor.execute(_REPORTS, {})
        cursor.execute("SELECT setval('tickets_report_id_seq', %s)", [size])
        cursor.execute("VACUUM ANALYZE")
    return {"tickets": size}


def sessions() -> dict[str, Any]:
    """Sign the ops admin and the first client's owner in; gives their cookies."""
    member = Member.objects.get(client__slug="client-0")
    admin = User.objects.get(email="admin@bench.example")
    return {"console": _cookie(admin), "portal": _cookie(member.user)}


def _cookie(user: User) -> str:
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    request = HttpRequest()
    request.session = store
    record_authentication(request, user, "mfa", type="totp")
    store.create()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


def stored() -> dict[str, Any]:
    """Count the reports that are there."""
    return {"reports": Report.objects.count()}


if __name__ == "__main__":
    known: dict[str, Callable[..., dict[str, Any]]] = {
        "accounts": accounts,
        "tickets": tickets,
        "sessions": sessions,
        "stored": stored,
    }
    print(json.dumps(known[sys.argv[1]](**json.loads(sys.argv[2]))))
