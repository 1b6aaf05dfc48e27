"""Small makers of rows for tests: each goes through the action a person would use.

Three people everywhere: alice owns the client, bob is her colleague, charlie is a stranger.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group

from clients.actions import create_client, create_project
from clients.models import Client, Member, Project, User
from clients.rules.roles import ENGINEERS, OPS_ADMINS, Role
from tickets.actions import (
    Sender,
    accept_report,
    propose_triage,
    receive_report,
    send_to_review,
    ship_ticket,
    start_ticket,
)
from tickets.models import Report, Source, Ticket

# A Wednesday, in office hours.
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

_numbers = count(1)


def make_user(email: str = "", **fields: Any) -> User:
    """Make a person with a confirmed address and no password."""
    address = email or f"person{next(_numbers)}@example.com"
    user = User.objects.create_user(address, **{"name": "", **fields})
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_engineer(email: str = "", **fields: Any) -> User:
    """Make an engineer."""
    user = make_user(email, **{"name": "Erin Engineer", "is_staff": True, **fields})
    user.groups.add(Group.objects.get(name=ENGINEERS))
    return user


def make_ops_admin(email: str = "", **fields: Any) -> User:
    """Make an ops admin."""
    user = make_user(email, **{"name": "Olga Ops", "is_staff": True, **fields})
    user.groups.add(Group.objects.get(name=OPS_ADMINS))
    return user


def make_client(name: str = "Acme", *, now: datetime = NOW, **fields: Any) -> Client:
    """Open an account."""
    slug = fields.pop("slug", f"client-{next(_numbers)}")
    return create_client(name=name, slug=slug, actor=None, now=now, **fields)


def make_member(
    client: Client, user: User | None = None, role: str = Role.OWNER, *, now: datetime = NOW
) -> Member:
    """Give a person a place in a client."""
    person = user or make_user()
    return Member.objects.create(client=client, user=person, role=role, joined_at=now)


def make_project(
    client: Client | None = None, name: str = "Shop", *, now: datetime = NOW, **facts: str
) -> Project:
    """Take an app under care."""
    slug = facts.pop("slug", f"project-{next(_numbers)}")
    owner = client or make_client(now=now)
    return create_project(
        client_id=owner.pk, facts={"name": name, **facts}, slug=slug, actor=None, now=now
    )


def make_report(
    project: Project | None = None,
    text: str = "My customer paid and got no credits.",
    *,
    by: User | None = None,
    now: datetime = NOW,
    **fields: Any,
) -> Report:
    """File a report through the one door."""
    where = project or make_project(now=now)
    report, _ = receive_report(
        project_id=where.pk,
        source=fields.pop("source", Source.PORTAL),
        text=text,
        sender=Sender(user=by) if by else fields.pop("sender", None),
        actor=by,
        now=now,
        **fields,
    )
    return report


def make_ticket(
    report: Report | None = None,
    *,
    engineer: User | None = None,
    now: datetime = NOW,
    **terms: Any,
) -> Ticket:
    """Have a report triaged and accepted."""
    source = report or make_report(now=now)
    propose_triage(report_id=source.pk, now=now)
    staff = engineer or make_engineer()
    return accept_report(report_id=source.pk, actor=staff, now=now, **terms)


def ship(ticket: Ticket, *, engineer: User | None = None, now: datetime = NOW) -> Ticket:
    """Work on a queued ticket and ship it."""
    staff = engineer or make_engineer()
    start_ticket(ticket_id=ticket.pk, actor=staff, now=now)
    send_to_review(ticket_id=ticket.pk, actor=staff, now=now)
    later = now + timedelta(minutes=1)
    return ship_ticket(ticket_id=ticket.pk, release="", actor=staff, now=later)
