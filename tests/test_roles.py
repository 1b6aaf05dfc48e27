"""Who may do what: every role is tried against every action that takes an actor."""

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from clients import actions as client_actions
from clients.models import ApiKey, Calendar, Client, ClientEvent, Project, User
from clients.rules.calendars import office_hours
from clients.rules.roles import ALLOWED, Role, may
from core.errors import MoveRefused, NotAllowed
from core.models import OutboxMessage
from core.money import Money
from tests import factories
from tickets import actions as ticket_actions
from tickets.actions.alerts import raise_alert
from tickets.models import InboundMail, Outbreak, Reporter, Source, Ticket, TicketEvent
from tickets.rules.states import TicketState

ACTIONS: dict[str, Callable[..., Any]] = {
    name: action
    for module in (client_actions, ticket_actions)
    for name in module.__all__
    if inspect.isfunction(action := getattr(module, name))
    and "actor" in inspect.signature(action).parameters
}


@dataclass
class Scene:
    """Acme with everything an action could be tried on."""

    now: datetime
    acme: Client
    project: Project
    engineer: User
    actors: dict[str, Any] = field(default_factory=dict)

    def report(self, **facts: Any) -> Any:
        return factories.make_triaged_report(self.project, now=self.now, **facts)

    def ticket(self, state: str = "queued", **facts: Any) -> Ticket:
        engineer = facts.pop("engineer", self.engineer)
        return factories.make_ticket(
            project=self.project, state=state, engineer=engineer, now=self.now, **facts
        )


@pytest.fixture
def scene(
    acme: Client, project: Project, alice: User, bob: User, vera: User, charlie: User,
    engineer: User, ops_admin: User, api_key: ApiKey, foreign_project: Project, now: datetime,
) -> Scene:  # fmt: skip
    sibling = factories.make_project(acme, now=now)
    sibling_key, _ = factories.make_api_key(project=sibling, now=now)
    foreign_key, _ = factories.make_api_key(project=foreign_project, now=now)
    revoked_key, _ = factories.make_api_key(project=project, now=now)
    client_actions.revoke_api_key(key_id=revoked_key.pk, actor=ops_admin, now=now)
    revoked_key.refresh_from_db()
    gone_owner = factories.make_member(acme, role="owner", now=now).user
    gone_engineer = factories.make_staff(now=now)
    gone_admin = factories.make_staff(role="ops_admin", now=now)
    staff_without_group = factories.make_user()
    staff_without_group.is_staff = True
    staff_without_group.save()
    for person in (gone_owner, gone_engineer, gone_admin):
        person.is_active = False
        person.save()
    reporters = {
        name: factories.make_report(where, email=f"{name}@mail.test", now=now).reporter
        for name, where in (("reporter", project), ("foreign_reporter", foreign_project))
    }
    gone_reporter = factories.make_report(project, by=bob, now=now).reporter
    assert gone_reporter is not None
    Reporter.objects.filter(pk=gone_reporter.pk).update(user=gone_owner)
    fresh = User.objects.in_bulk([gone_owner.pk, gone_engineer.pk, gone_admin.pk])
    return Scene(now, acme, project, engineer, {
        "owner": alice, "member": bob, "viewer": vera, "engineer": engineer,
        "ops_admin": ops_admin, "stranger": charlie, "nobody": factories.make_user(),
        "staff_without_group": staff_without_group,
        "gone_owner": fresh[gone_owner.pk], "gone_engineer": fresh[gone_engineer.pk],
        "browser_key": factories.make_browser_key(project=project, now=now),
        "gone_admin": fresh[gone_admin.pk], "api_key": api_key, "sibling_key": sibling_key,
        "foreign_key": foreign_key, "revoked_key": revoked_key,
        "gone_reporter": Reporter.objects.get(pk=gone_reporter.pk), "system": None, **reporters,
    })  # fmt: skip


STAFF = {"engineer", "ops_admin"}
ADMIN = {"ops_admin"}
WRITERS = STAFF | {"owner", "member"}
OWNERS = {"ops_admin", "owner"}
KEEP_NO_EVENT = {
    "mark_present", "start_timer", "discard_timer", "upload_attachment", "save_view",
    "dismiss_mail", "retry_mail",
}  # fmt: skip
PRICE = Money("10", "EUR")


def _wrong(scene: Scene) -> User:
    """Somebody to do things to, who is not among the actors."""
    return factories.make_staff(now=scene.now)


def _alert(s: Scene) -> int:
    report = s.report()
    report.source = Source.PORTAL
    return raise_alert(report=report, now=s.now).pk


def _merged(s: Scene) -> int:
    source = s.ticket().pk
    facts: dict[str, Any] = {"actor": s.actors["engineer"], "now": s.now}
    ticket_actions.merge_tickets(source_id=source, number=s.ticket().number, **facts)
    return source


def _mail(s: Scene, **facts: str) -> int:
    raw = f"From: kim@mail.test\nMessage-ID: <{facts['state']}@mail.test>\n\nIt broke.".encode()
    mail = ticket_actions.keep_mail(raw=raw, via="imap", now=s.now)
    report = factories.make_report(s.project, now=s.now)
    rows = InboundMail.objects.filter(pk=mail.pk)
    rows.update(project=s.project, report=report, due_at=None, **facts)
    return mail.pk


def _joined(s: Scene) -> int:
    report = factories.make_triaged_report(s.project, now=s.now)
    ticket_actions.join_report(
        report_id=report.pk, number=s.ticket().number, actor=s.actors["engineer"], now=s.now
    )
    return report.pk


def _watched(s: Scene) -> int:
    """A ticket that everybody watches who may."""
    ticket = s.ticket()
    for who in (*sorted(WRITERS), "viewer"):
        ticket_actions.watch_ticket(ticket_id=ticket.pk, actor=s.actors[who], now=s.now)
    return ticket.pk


def _wide(s: Scene) -> int:
    ticket = s.ticket(severity="S2")
    Ticket.objects.filter(pk=ticket.pk).update(reach=7)
    return ticket.pk


def _edit(s: Scene) -> dict[str, Any]:
    ticket = s.ticket()
    return {
        "ticket_id": ticket.pk, "version": ticket.version, "kind": "payment", "severity": "S2",
        "title": "New", "estimate_minutes": 30,
    }  # fmt: skip


def _member(s: Scene) -> int:
    return factories.make_member(s.acme, now=s.now).pk


def _retainer(s: Scene) -> dict[str, Any]:
    client = factories.make_client(now=s.now)
    return {
        "client_id": client.pk, "plan_version_id": factories.make_plan_version(now=s.now).pk,
    }  # fmt: skip


def _outbreak(s: Scene) -> Outbreak:
    foreign = factories.make_project(factories.make_client(now=s.now), now=s.now)
    other = factories.make_ticket(project=foreign, engineer=s.engineer, now=s.now)
    numbers = [s.ticket("in_review").number, other.number]
    return ticket_actions.open_outbreak(numbers=numbers, actor=s.engineer, now=s.now)


def _out(s: Scene) -> dict[str, Any]:
    outbreak = _outbreak(s)
    return {"outbreak_id": outbreak.pk, "ticket_id": outbreak.tickets.latest("pk").pk}


def _shift(s: Scene) -> dict[str, Any]:
    return {
        "engineer_id": s.engineer.pk, "starts_at": s.now, "ends_at": s.now + timedelta(hours=1),
    }  # fmt: skip


def _absence(s: Scene) -> dict[str, Any]:
    return {
        "engineer_id": s.engineer.pk, "starts_at": s.now, "ends_at": s.now + timedelta(hours=1),
    }  # fmt: skip


# action: who may, and what else it is called with
TABLE: dict[str, tuple[set[str], Callable[[Scene], dict[str, Any]]]] = {
    # clients
    "create_client": (ADMIN | {"system"}, lambda s: {"name": "New client"}),
    "change_client": (OWNERS, lambda s: {
        "client_id": s.acme.pk, "name": "Acme 2", "time_zone": "UTC"}),
    "set_lead": (ADMIN, lambda s: {"client_id": s.acme.pk, "lead_id": s.engineer.pk}),
    "invite_member": (OWNERS | {"system"}, lambda s: {
        "client_id": s.acme.pk, "email": "new@acme.test", "role": "member"}),
    "revoke_invitation": (OWNERS, lambda s: {
        "invitation_id": factories.make_invitation(client=s.acme, now=s.now)[0].pk}),
    "change_member_role": (OWNERS, lambda s: {"member_id": _member(s), "role": "viewer"}),
    "remove_member": (OWNERS, lambda s: {"member_id": _member(s)}),
    "create_project": (ADMIN | {"system"}, lambda s: {
        "client_id": s.acme.pk, "facts": {"name": "Another app"}}),
    "change_project": (STAFF, lambda s: {
        "project_id": s.project.pk, "facts": {"stack": "Django"}}),
    "renew_mail_address": (STAFF, lambda s: {"project_id": s.project.pk}),
    "archive_project": (ADMIN, lambda s: {
        "project_id": factories.make_project(s.acme, now=s.now).pk}),
    "set_retention": (OWNERS | {"system"}, lambda s: {"project_id": s.project.pk, "days": 90}),
    "publish_form": (STAFF | {"system"}, lambda s: {
        "project_id": s.project.pk, "source": "- {name: a, type: text, label: A}"}),
    "create_api_key": (STAFF | {"owner", "system"}, lambda s: {
        "project_id": s.project.pk, "name": "CI", "scopes": ["reports:read"]}),
    "create_browser_key": (STAFF | {"owner", "system"}, lambda s: {
        "project_id": s.project.pk, "name": "Shop", "origins": "https://shop.example"}),
    "change_browser_key": (STAFF | {"owner"}, lambda s: {
        "key_id": factories.make_browser_key(project=s.project, now=s.now).pk, "name": "New",
        "origins": "https://shop.example", "shows_suggestions": True}),
    "rotate_identity_secret": (OWNERS | {"system"}, lambda s: {"project_id": s.project.pk}),
    "revoke_api_key": (STAFF | {"owner"}, lambda s: {
        "key_id": factories.make_api_key(project=s.project, now=s.now)[0].pk}),
    "record_release": (STAFF | {"api_key", "system"}, lambda s: {
        "project_id": s.project.pk, "version": "9.9"}),
    "create_plan": (ADMIN | {"system"}, lambda s: {"name": "New plan"}),
    "publish_plan_version": (ADMIN | {"system"}, lambda s: {
        "plan_id": factories.make_plan_version(now=s.now).plan_id, "price": PRICE,
        "targets": factories.make_targets()}),
    "create_calendar": (ADMIN | {"system"}, lambda s: {
        "name": "Late shift", "hours": office_hours("UTC")}),
    "publish_calendar_version": (ADMIN | {"system"}, lambda s: {
        "calendar_id": Calendar.objects.get(is_house=True).pk, "hours": office_hours("UTC")}),
    "create_retainer": (ADMIN | {"system"}, lambda s: _retainer(s)),
    "set_retainer_state": (ADMIN | {"system"}, lambda s: {
        "retainer_id": s.acme.retainers.get().pk, "state": "paused"}),
    "create_staff": (ADMIN | {"system"}, lambda s: {
        "email": "new@shipops.test", "name": "New", "role": "engineer"}),
    "set_staff_role": (ADMIN, lambda s: {"user_id": _wrong(s).pk, "role": "ops_admin"}),
    "deactivate_user": (ADMIN, lambda s: {"user_id": _wrong(s).pk}),
    "reactivate_user": (ADMIN, lambda s: {"user_id": s.actors["gone_engineer"].pk}),
    # reports
    "receive_report": (WRITERS | {"api_key", "browser_key", "reporter", "system"}, lambda s: {
        "project_id": s.project.pk, "source": Source.API, "text": "It broke."}),
    "accept_report": (STAFF | {"system"}, lambda s: {"report_id": s.report().pk}),
    "join_report": (STAFF, lambda s: {
        "report_id": s.report().pk, "number": s.ticket().number}),
    # Only what is the actor's own.
    "join_own_report": ({"member"}, lambda s: {
        "report_id": s.report(by=s.actors["member"]).pk, "number": s.ticket().number}),
    "decline_report": (STAFF, lambda s: {
        "report_id": s.report().pk, "reason": "answered", "message": "See the docs."}),
    "reconsider_report": (STAFF, lambda s: {
        "report_id": factories.make_declined_report(s.project, now=s.now).pk}),
    "ask_reporter": (STAFF, lambda s: {
        "report_id": s.report(email="x@y.test").pk, "question": "Which browser?"}),
    "acknowledge_alert": (STAFF, lambda s: {"alert_id": _alert(s)}),
    "add_shift": (ADMIN | {"system"}, lambda s: _shift(s)),
    "end_shift": (ADMIN | {"system"}, lambda s: {
        "shift_id": factories.make_shift(engineer=s.engineer, now=s.now).pk}),
    "change_engineer": (ADMIN | {"system"}, lambda s: {
        "engineer_id": s.engineer.pk, "calendar_id": None, "wip_limit": 2, "project_ids": [],
        "skill_ids": []}),
    "reset_engineer": (ADMIN | {"system"}, lambda s: {
        "engineer_id": factories.make_engineer(now=s.now).user_id}),
    # Everybody's, and one's own, which the actor named here is.
    "add_absence": (STAFF | {"system"}, lambda s: _absence(s)),
    "remove_absence": (STAFF | {"system"}, lambda s: {
        "absence_id": factories.make_absence(engineer=s.engineer, now=s.now).pk}),
    "create_skill": (ADMIN | {"system"}, lambda s: {"name": "iOS"}),
    "set_ticket_skill": (STAFF, lambda s: {
        "ticket_id": s.ticket().pk, "skill_id": factories.make_skill(now=s.now).pk}),
    # Whoever reads may keep a view; a viewer shares none (tests/tickets/test_saved_views.py).
    "save_view": (WRITERS | {"viewer"}, lambda s: {
        "name": "Mine", "query": "state:open", "client_id": s.acme.pk}),
    "export_person": (OWNERS | {"system"}, lambda s: {
        "client_id": s.acme.pk, "reporter_id": s.actors["reporter"].pk}),
    "erase_person": (OWNERS | {"system"}, lambda s: {
        "client_id": s.acme.pk, "reporter_id": s.actors["reporter"].pk}),
    # tickets
    "reply_to_ticket": (WRITERS | {"api_key", "reporter"}, lambda s: {
        "ticket_id": s.ticket().pk, "body": "Hello"}),
    "reply_to_report": (WRITERS | {"api_key", "reporter"}, lambda s: {
        "report_id": s.report().pk, "body": "Hello"}),
    "note_on_ticket": (STAFF, lambda s: {"ticket_id": s.ticket().pk, "body": "Between us"}),
    "save_macro": (STAFF | {"system"}, lambda s: {"name": "Thanks", "body": "Thank you."}),
    "answer_fix": ({"owner", "member"}, lambda s: {
        "ticket_id": s.ticket("shipped").pk, "works": True, "comment": ""}),
    "watch_ticket": (WRITERS | {"viewer"}, lambda s: {"ticket_id": s.ticket().pk}),
    "unwatch_ticket": (WRITERS | {"viewer"}, lambda s: {"ticket_id": _watched(s)}),
    "take_next": (STAFF, lambda s: {} if s.ticket() else {}),
    "start_ticket": (STAFF, lambda s: {"ticket_id": s.ticket().pk}),
    "assign_ticket": (STAFF, lambda s: {
        "ticket_id": s.ticket().pk, "assignee_id": s.engineer.pk}),
    "put_back": (STAFF, lambda s: {"ticket_id": s.ticket("in_progress").pk}),
    "wait_for_client": (STAFF, lambda s: {
        "ticket_id": s.ticket("in_progress").pk, "question": "Which?"}),
    "resume_waiting": (STAFF, lambda s: {"ticket_id": s.ticket("waiting").pk}),
    "send_to_review": (STAFF, lambda s: {"ticket_id": s.ticket("in_progress").pk}),
    "return_from_review": (STAFF, lambda s: {"ticket_id": s.ticket("in_review").pk}),
    "ship_ticket": (STAFF, lambda s: {"ticket_id": s.ticket("in_review").pk, "release": "1"}),
    "reopen_ticket": (STAFF, lambda s: {
        "ticket_id": s.ticket("shipped").pk, "reason": "Still broken"}),
    "close_ticket": (STAFF, lambda s: {"ticket_id": s.ticket().pk, "message": "Not needed"}),
    "edit_ticket": (STAFF, lambda s: _edit(s)),
    "approve_p1": (STAFF, lambda s: {"ticket_id": _wide(s)}),
    "open_outbreak": (STAFF, lambda s: {"numbers": [
        s.ticket().number,
        factories.make_ticket(engineer=s.engineer, now=s.now).number,
    ]}),
    "link_ticket": (STAFF, lambda s: {
        "outbreak_id": _outbreak(s).pk, "number": s.ticket().number}),
    "unlink_ticket": (STAFF, _out),
    "merge_tickets": (STAFF, lambda s: {"source_id": s.ticket().pk, "number": s.ticket().number}),
    "unmerge_ticket": (STAFF, lambda s: {"source_id": _merged(s)}),
    "split_report": (STAFF, lambda s: {"report_id": _joined(s)}),
    "approve_mail": (STAFF, lambda s: {"mail_id": _mail(s, state="held")}),
    "dismiss_mail": (STAFF, lambda s: {"mail_id": _mail(s, state="held")}),
    "retry_mail": (STAFF, lambda s: {"mail_id": _mail(s, state="failed")}),
    "file_mail": (STAFF, lambda s: {"mail_id": _mail(s, state="set_aside", why="spam")}),
    "ship_outbreak": (STAFF, lambda s: {
        "outbreak_id": _outbreak(s).pk, "ticket_ids": [], "releases": {}}),
    "close_outbreak": (STAFF, lambda s: {"outbreak_id": _outbreak(s).pk}),
    "move_due": (STAFF, lambda s: {
        "ticket_id": s.ticket(severity="S3").pk, "due_at": s.now + timedelta(days=2),
        "reason": "They asked for it."}),
    "publish_title": (STAFF, lambda s: {
        "ticket_id": s.ticket().pk, "title": "Payments fail for some"}),
    "link_pull_request": (STAFF, lambda s: {
        "ticket_id": s.ticket().pk, "url": "https://git.test/pull/1"}),
    "mark_present": (STAFF, lambda s: {"ticket_id": s.ticket().pk}),
    "log_time": (STAFF, lambda s: {"ticket_id": s.ticket().pk, "minutes": 5}),
    "start_timer": (STAFF, lambda s: {"ticket_id": s.ticket().pk}),
}  # fmt: skip
# One's own file that hangs on nothing, clock, time and views: tested one by one.
ONE_S_OWN = {
    "upload_attachment", "discard_timer", "stop_timer", "void_time", "change_view", "delete_view",
}  # fmt: skip


def test_every_action_with_an_actor_is_in_the_table() -> None:
    assert set(TABLE) | ONE_S_OWN == set(ACTIONS)


def _written() -> tuple[int, int, int]:
    return TicketEvent.objects.count(), ClientEvent.objects.count(), OutboxMessage.objects.count()


@pytest.mark.slow
def test_only_the_roles_of_the_table_may(scene: Scene) -> None:
    for name in TABLE:
        with transaction.atomic():
            _check_roles(name, scene)
            transaction.set_rollback(True)


def _check_roles(name: str, scene: Scene) -> None:
    action, (allowed, arguments) = ACTIONS[name], TABLE[name]
    takes_now = "now" in inspect.signature(action).parameters
    hint = typing.get_type_hints(action)["actor"]
    kinds = typing.get_args(hint) or (hint,)
    given = arguments(scene)
    if takes_now:
        given["now"] = scene.now
    before = _written()
    for who, actor in scene.actors.items():
        if not isinstance(actor, kinds):
            continue  # the type checker keeps these out
        given["actor"] = actor
        with transaction.atomic():
            if who in allowed:
                action(**given)
                assert name in KEEP_NO_EVENT or _written()[:2] > before[:2], (name, who)
            else:
                try:
                    with transaction.atomic():
                        action(**given)
                except NotAllowed:
                    pass
                else:
                    pytest.fail(f"{who} may not {name}")
                assert _written() == before, (name, who)
            transaction.set_rollback(True)


def test_a_clock_cannot_be_turned_into_time_by_somebody_who_left(scene: Scene) -> None:
    gone = scene.actors["engineer"]
    ticket_actions.start_timer(ticket_id=scene.ticket().pk, actor=gone, now=scene.now)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        ticket_actions.stop_timer(actor=User.objects.get(pk=gone.pk), now=scene.now)


def test_nobody_voids_the_time_of_another(scene: Scene) -> None:
    entry = ticket_actions.log_time(
        ticket_id=scene.ticket().pk, minutes=5, actor=scene.engineer, now=scene.now
    )
    for who, actor in scene.actors.items():
        if isinstance(actor, User) and who != "engineer":
            refusal = MoveRefused if who == "ops_admin" else NotAllowed
            with pytest.raises(refusal):
                ticket_actions.void_time(entry_id=entry.pk, actor=actor, now=scene.now)
    assert ticket_actions.void_time(
        entry_id=entry.pk, actor=scene.engineer, now=scene.now
    ).voided_at


def test_a_member_may_leave_but_remove_nobody_else(scene: Scene) -> None:
    bob, vera = scene.actors["member"], scene.actors["viewer"]
    with pytest.raises(NotAllowed):
        client_actions.remove_member(member_id=vera.memberships.get().pk, actor=bob, now=scene.now)
    client_actions.remove_member(member_id=bob.memberships.get().pk, actor=bob, now=scene.now)
    assert not bob.memberships.exists()


def test_an_unknown_action_is_a_mistake_in_the_code() -> None:
    with pytest.raises(KeyError):
        may(Role.OPS_ADMIN, "ticket.fly")


def test_a_stranger_may_nothing() -> None:
    assert not [action for action, roles in ALLOWED.items() if Role.STRANGER in roles]


@pytest.mark.parametrize("action", sorted(ALLOWED))
def test_every_right_is_asked_for_somewhere(action: str, request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    sources = [path for app in ("clients", "tickets", "shipops") for path in
               (root / app).rglob("*.py") if path.name != "roles.py"]  # fmt: skip
    templates = (root / "templates").rglob("*.html")
    assert any(f'"{action}"' in path.read_text() for path in [*sources, *templates]), action


def test_a_ticket_of_the_table_ends_where_the_action_says(scene: Scene) -> None:
    ticket = scene.ticket("in_review")
    shipped = ticket_actions.ship_ticket(
        ticket_id=ticket.pk, release="2", actor=scene.engineer, now=scene.now
    )
    assert shipped.state == TicketState.SHIPPED
