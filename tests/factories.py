"""Small functions that make what a test needs, through the real actions, as the product would.

Every one takes overrides by keyword; ``now`` is the present instant unless given.
"""

import itertools
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone

from clients import actions as client_actions
from clients.models import (
    ApiKey,
    ApiScope,
    Calendar,
    Client,
    Invitation,
    Member,
    PlanVersion,
    Project,
    Release,
    Retainer,
    User,
)
from clients.rules.retainers import RetainerState
from clients.rules.terms import Target
from core.money import Money
from core.tokens import derive_token
from tickets import actions
from tickets.models import (
    Absence,
    Attachment,
    Engineer,
    FixCheck,
    OnCallShift,
    Report,
    Skill,
    Source,
    StatusLink,
    Ticket,
    TicketEvent,
    TicketEventKind,
)
from tickets.rules.states import DeclineReason, TicketState

_numbers = itertools.count(1)

# A plan's usual promises: open minutes to the first response and to the resolution.
TARGETS = {"P1": (60, 480), "P2": (240, 1440), "P3": (480, 2400), "P4": (960, 4800)}
_RETAINER_PATHS = {
    RetainerState.DRAFT: (),
    RetainerState.TRIALING: ("trialing",),
    RetainerState.ACTIVE: ("active",),
    RetainerState.PAUSED: ("active", "paused"),
    RetainerState.PAST_DUE: ("active", "past_due"),
    RetainerState.SUSPENDED: ("active", "past_due", "suspended"),
    RetainerState.ENDED: ("active", "ended"),
}


def make_staff(
    *, role: str = "engineer", email: str = "", name: str = "", now: datetime | None = None
) -> User:
    """Make an engineer or an ops admin."""
    count = next(_numbers)
    return client_actions.create_staff(
        email=email or f"{role}{count}@shipops.test",
        name=name or f"{role.replace('_', ' ').capitalize()} {count}",
        role=role,
        actor=None,
        now=now or timezone.now(),
    )


def make_ops_admin(email: str = "", **terms: Any) -> User:
    """Make an ops admin."""
    return make_staff(role="ops_admin", email=email, **terms)


def make_client(name: str = "", *, now: datetime | None = None, **terms: Any) -> Client:
    """Make a client without a retainer."""
    name = name or f"Client {next(_numbers)}"
    return client_actions.create_client(name=name, actor=None, now=now or timezone.now(), **terms)


def make_invitation(
    *,
    client: Client,
    email: str = "",
    role: str = "member",
    actor: User | None = None,
    now: datetime | None = None,
) -> tuple[Invitation, str]:
    """Invite somebody; gives the invitation and the token of its mailed link."""  # fmt: skip
    invitation = client_actions.invite_member(
        client_id=client.pk,
        email=email or f"person{next(_numbers)}@example.com",
        role=role,
        actor=actor,
        now=now or timezone.now(),
    )
    return invitation, derive_token("invitation", invitation.pk)


def make_user(email: str = "", *, name: str = "", **facts: str) -> User:
    """Make a person with a confirmed address, no password and no place anywhere."""
    address = email or f"person{next(_numbers)}@example.com"
    user = User.objects.create_user(address, name=name, **facts)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_member(
    client: Client,
    user: User | None = None,
    role: str = "member",
    *,
    email: str = "",
    name: str = "",
    now: datetime | None = None,
) -> Member:
    """Give a person a place, as if they had accepted an invitation; ``.user`` is the person."""
    user = user or make_user(
        email, name=name or f"Person {next(_numbers)}", time_zone=client.time_zone
    )
    return Member.objects.create(
        client=client, user=user, role=role, joined_at=now or timezone.now()
    )


def make_targets(calendar: Calendar | None = None, **minutes: tuple[int, int]) -> dict[str, Target]:
    """Give the usual targets but for the priorities given, by the house's calendar unless given; a
    reply is due as soon as the first response."""
    calendar = calendar or Calendar.objects.get(is_house=True)
    return {
        priority: Target(response, response, resolution, calendar.pk)
        for priority, (response, resolution) in {**TARGETS, **minutes}.items()
    }


def make_plan_version(
    *,
    name: str = "",
    price: Money | None = None,
    targets: Mapping[str, Target] | None = None,
    now: datetime | None = None,
    **terms: Any,
) -> PlanVersion:
    """Publish the first version of a new plan."""
    plan = client_actions.create_plan(
        name=name or f"Plan {next(_numbers)}", actor=None, now=now or timezone.now()
    )
    return client_actions.publish_plan_version(
        plan_id=plan.pk,
        price=price or Money("490", "EUR"),
        targets=targets or make_targets(),
        actor=None,
        now=now or timezone.now(),
        **terms,
    )


def make_retainer(
    *,
    client: Client,
    plan_version: PlanVersion | None = None,
    state: str = "active",
    now: datetime | None = None,
) -> Retainer:
    """Agree on a plan version and walk the retainer to its state."""
    now = now or timezone.now()
    version = plan_version or make_plan_version(now=now)
    retainer = client_actions.create_retainer(
        client_id=client.pk, plan_version_id=version.pk, actor=None, now=now
    )
    for step in _RETAINER_PATHS[RetainerState(state)]:
        retainer = client_actions.set_retainer_state(
            retainer_id=retainer.pk, state=step, actor=None, now=now
        )
    return retainer


def make_project(
    client: Client | None = None,
    name: str = "",
    *,
    slug: str = "",
    now: datetime | None = None,
    **facts: str,
) -> Project:
    """Take an app of the client under care."""
    return client_actions.create_project(
        client_id=(client or make_client(now=now)).pk,
        facts={"name": name or f"App {next(_numbers)}", **facts},
        slug=slug,
        actor=None,
        now=now or timezone.now(),
    )


def make_api_key(
    *,
    project: Project,
    name: str = "CI",
    scopes: Iterable[str] = tuple(ApiScope.values),
    now: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key of the project; gives the row and the token that is shown once."""
    return client_actions.create_api_key(
        project_id=project.pk, name=name, scopes=scopes, actor=None, now=now or timezone.now()
    )


def make_browser_key(
    *,
    project: Project,
    name: str = "Website",
    origins: str = "https://shop.example",
    now: datetime | None = None,
    **facts: Any,
) -> ApiKey:
    """Make a key for the project's pages."""
    return client_actions.create_browser_key(
        project_id=project.pk,
        name=name,
        origins=origins,
        actor=None,
        now=now or timezone.now(),
        **facts,
    )


def make_release(
    *, project: Project, version: str = "", now: datetime | None = None, **facts: Any
) -> Release:
    """Record a deploy."""
    release, _ = client_actions.record_release(
        project_id=project.pk,
        version=version or f"1.0.{next(_numbers)}",
        actor=None,
        now=now or timezone.now(),
        **facts,
    )
    return release


def make_report(
    project: Project | None = None,
    text: str = "The export button does nothing when I click it.",
    *,
    by: User | None = None,
    email: str = "",
    source: Source = Source.PORTAL,
    now: datetime | None = None,
    **facts: Any,
) -> Report:
    """Receive a report of a member (``by``), of an address (``email``), or of nobody known."""
    if by or email:
        facts.setdefault("sender", actions.Sender(user=by, email=email))
    facts.setdefault("actor", by)
    report, _ = actions.receive_report(
        project_id=(project or make_project(now=now)).pk,
        source=source,
        text=text,
        now=now or timezone.now(),
        **facts,
    )
    return report


def make_triaged_report(
    project: Project | None = None, *, now: datetime | None = None, **facts: Any
) -> Report:
    """Receive a report and let the rules propose its triage."""
    now = now or timezone.now()
    report = make_report(project, now=now, **facts)
    actions.propose_triage(report_id=report.pk, now=now)
    actions.index_report(report_id=report.pk)
    return Report.objects.select_related("triage").get(pk=report.pk)


def make_declined_report(
    project: Project,
    reason: str = DeclineReason.WORKS_AS_MEANT,
    actor: User | None = None,
    now: datetime | None = None,
    **facts: Any,
) -> Report:
    """Receive a report and decline it."""  # fmt: skip
    now = now or timezone.now()
    report = make_triaged_report(project, now=now, **facts)
    return actions.decline_report(
        report_id=report.pk,
        reason=reason,
        message="It is meant to be like this.",
        actor=actor or make_staff(now=now),
        now=now,
    )


def make_ticket(
    report: Report | None = None,
    *,
    project: Project | None = None,
    state: str = "queued",
    engineer: User | None = None,
    kind: str = "bug",
    severity: str = "S3",
    title: str = "The export button does nothing",
    estimate_minutes: int = 60,
    now: datetime | None = None,
    **facts: Any,
) -> Ticket:
    """Accept a report (a new one of ``facts`` unless given) and walk its ticket to the state by
    real moves of ``engineer``."""
    now = now or timezone.now()
    worker = engineer or make_staff(now=now)
    report = report or make_report(project, now=now, **facts)
    actions.propose_triage(report_id=report.pk, now=now)
    actions.index_report(report_id=report.pk)
    ticket = actions.accept_report(
        report_id=report.pk,
        actor=worker,
        now=now,
        kind=kind,
        severity=severity,
        title=title,
        estimate_minutes=estimate_minutes,
    )
    walk_ticket(ticket, state, engineer=worker, now=now)
    return Ticket.objects.select_related("client", "project", "assignee").get(pk=ticket.pk)


def walk_ticket(ticket: Ticket, state: str, *, engineer: User, now: datetime | None = None) -> None:
    """Take a queued ticket to a state by real moves; a shipped one has asked its reporters."""
    now = now or timezone.now()
    move: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": now}
    wanted = TicketState(state)
    if wanted == TicketState.QUEUED:
        return
    if wanted == TicketState.MERGED:
        survivor = make_ticket(project=ticket.project, engineer=engineer, now=now)
        actions.merge_tickets(source_id=ticket.pk, number=survivor.number, actor=engineer, now=now)
        return
    if wanted == TicketState.CLOSED:
        actions.close_ticket(message="This is no longer needed.", **move)
        return
    _start(move)
    if wanted == TicketState.IN_PROGRESS:
        return
    if wanted == TicketState.WAITING:
        actions.wait_for_client(question="Which browser do you use?", **move)
        return
    actions.send_to_review(**move)
    if wanted == TicketState.IN_REVIEW:
        return
    actions.ship_ticket(release="", **move)
    shipped = TicketEvent.objects.filter(ticket=ticket, kind=TicketEventKind.TICKET_SHIPPED)
    actions.ask_reporters(event_id=shipped.latest("pk").pk, now=now)
    if wanted == TicketState.VERIFIED:
        _, token = make_fix_check(ticket=ticket, now=now)
        actions.answer_fix_check(token=token, works=True, comment="", now=now)


def _start(move: dict[str, Any]) -> None:
    """Start a ticket, out of order if another is next."""
    try:
        actions.start_ticket(**move)
    except actions.OutOfOrder:
        actions.start_ticket(reason="The client called about it.", **move)


def ship(ticket: Ticket, *, engineer: User | None = None, now: datetime | None = None) -> Ticket:
    """Take a queued ticket to shipped, its reporters asked."""
    walk_ticket(ticket, "shipped", engineer=engineer or make_staff(now=now), now=now)
    return Ticket.objects.select_related("client", "project", "assignee").get(pk=ticket.pk)


def make_fix_check(*, ticket: Ticket, now: datetime | None = None) -> tuple[FixCheck, str]:
    """Give the open question about a shipped ticket and the token of its mailed link.

    A ticket whose reporter left no address is given one more reporter who did.
    """
    now = now or timezone.now()
    check = ticket.fix_checks.filter(state=FixCheck.State.ASKED).order_by("pk").first()
    if check is None:
        report = make_triaged_report(
            ticket.project, email=f"reporter{next(_numbers)}@example.com", now=now
        )
        staff = ticket.assignee or make_staff(now=now)
        actions.join_report(report_id=report.pk, number=ticket.number, actor=staff, now=now)
        shipped = TicketEvent.objects.filter(ticket=ticket, kind=TicketEventKind.TICKET_SHIPPED)
        actions.ask_reporters(event_id=shipped.latest("pk").pk, now=now)
        check = ticket.fix_checks.filter(state=FixCheck.State.ASKED).latest("pk")
    return check, derive_token("fix_check", check.pk)


def make_status_link(
    project: Project, *, engineer: User | None = None, now: datetime | None = None, **facts: Any
) -> tuple[StatusLink, str]:
    """Ask a reporter without an account; gives the mailed link and the token of its address."""
    now = now or timezone.now()
    facts.setdefault("email", f"reporter{next(_numbers)}@example.com")
    report = make_triaged_report(project, now=now, **facts)
    actions.ask_reporter(
        report_id=report.pk,
        question="Which browser do you use?",
        actor=engineer or make_staff(now=now),
        now=now,
    )
    link = StatusLink.objects.get(report=report)
    return link, derive_token("status_link", link.pk)


def make_attachment(
    *,
    actor: User | ApiKey | None,
    name: str = "notes.txt",
    data: bytes = b"What I saw.",
    now: datetime | None = None,
) -> Attachment:
    """Upload a file that hangs on nothing yet."""  # fmt: skip
    return actions.upload_attachment(name=name, data=data, actor=actor, now=now or timezone.now())


def make_shift(*, engineer: User, now: datetime | None = None, hours: int = 8) -> OnCallShift:
    """Put an engineer on call from an hour ago on."""
    start = (now or timezone.now()) - timedelta(hours=1)
    return actions.add_shift(
        engineer_id=engineer.pk,
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
        actor=None,
        now=now or timezone.now(),
    )


def make_skill(name: str = "", *, now: datetime | None = None) -> Skill:
    """Name something not every engineer can do."""
    return actions.create_skill(
        name=name or f"Skill {next(_numbers)}", actor=None, now=now or timezone.now()
    )


def make_engineer(
    user: User | None = None,
    *,
    calendar: Calendar | None = None,
    wip_limit: int = 3,
    projects: Iterable[Project] = (),
    skills: Iterable[Skill] = (),
    now: datetime | None = None,
) -> Engineer:
    """Give an engineer, a new one unless given, terms of their own."""
    now = now or timezone.now()
    return actions.change_engineer(
        engineer_id=(user or make_staff(now=now)).pk,
        calendar_id=calendar.pk if calendar else None,
        wip_limit=wip_limit,
        project_ids=[project.pk for project in projects],
        skill_ids=[skill.pk for skill in skills],
        actor=None,
        now=now,
    )


def make_absence(
    *, engineer: User, now: datetime | None = None, starts_in: int = 24, hours: int = 8
) -> Absence:
    """Note that an engineer is away, tomorrow at this hour unless told otherwise."""
    now = now or timezone.now()
    start = now + timedelta(hours=starts_in)
    return actions.add_absence(
        engineer_id=engineer.pk,
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
        actor=None,
        now=now,
    )
