"""Who may do what: one table for people and keys, read by every action and every button."""

from django.db.models import TextChoices

from core.errors import NotAllowed


class Role(TextChoices):
    """What somebody is to a client."""

    OWNER = "owner", "Owner"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"
    ENGINEER = "engineer", "Engineer"
    OPS_ADMIN = "ops_admin", "Ops admin"
    API_KEY = "api_key", "API key"
    BROWSER_KEY = "browser_key", "Browser key"
    REPORTER = "reporter", "Reporter"
    SYSTEM = "system", "System"
    STRANGER = "stranger", "Stranger"


CLIENT_ROLES = (Role.OWNER, Role.MEMBER, Role.VIEWER)
ENGINEERS = "Engineers"
OPS_ADMINS = "Ops admins"
STAFF_ROLES = frozenset({Role.ENGINEER, Role.OPS_ADMIN})

_ADMIN = frozenset({Role.OPS_ADMIN, Role.SYSTEM})
_OWNERS = _ADMIN | {Role.OWNER}
_STAFF = STAFF_ROLES | {Role.SYSTEM}
_WRITERS = frozenset({Role.OWNER, Role.MEMBER}) | STAFF_ROLES
_READERS = frozenset({Role.OWNER, Role.MEMBER, Role.VIEWER}) | STAFF_ROLES

ALLOWED: dict[str, frozenset[Role]] = {
    "client.create": _ADMIN,
    "client.read": STAFF_ROLES,
    "client.change": _OWNERS,
    "client.set_lead": _ADMIN,
    "member.invite": _OWNERS,
    "member.change": _OWNERS,
    "project.create": _ADMIN,
    "project.change": _STAFF,
    "form.publish": _STAFF,
    "person.manage": _OWNERS,
    "retention.set": _OWNERS,
    "key.manage": _STAFF | {Role.OWNER},
    "identity.manage": _OWNERS,
    "release.record": _STAFF | {Role.API_KEY},
    "plan.publish": _ADMIN,
    "calendar.publish": _ADMIN,
    "retainer.move": _ADMIN,
    "retainer.start": _ADMIN,
    "staff.manage": _ADMIN,
    "user.deactivate": frozenset({Role.OPS_ADMIN}),
    "report.file": _WRITERS | {Role.API_KEY, Role.BROWSER_KEY, Role.REPORTER, Role.SYSTEM},
    "report.triage": _STAFF,
    "report.join_own": _WRITERS,
    "ticket.read": _READERS | {Role.API_KEY},
    "ticket.watch": _READERS,
    "ticket.work": STAFF_ROLES,
    "ticket.merge": STAFF_ROLES,
    "ticket.move_due": STAFF_ROLES,
    "ticket.reply": _WRITERS | {Role.API_KEY, Role.REPORTER},
    "ticket.note": STAFF_ROLES,
    "ticket.answer_fix": frozenset({Role.OWNER, Role.MEMBER, Role.REPORTER}),
    "alert.acknowledge": STAFF_ROLES,
    "view.save": _READERS,
    "view.share": _WRITERS,
    "view.manage": frozenset({Role.OWNER, Role.OPS_ADMIN}),
    "macro.manage": _STAFF,
    "rota.manage": _ADMIN,
    "engineer.change": _ADMIN,
    "absence.enter": _STAFF,
    "absence.manage": _ADMIN,
    "outbox.retry": frozenset({Role.OPS_ADMIN}),
}


def may(role: Role, action: str) -> bool:
    """Tell whether the role may do the action; an unknown action is a KeyError."""
    return role in ALLOWED[action]


def permission_of(action: str) -> str:
    """Name the Django permission that stands for an action of the table in the console."""
    assert action in ALLOWED, action
    return f"clients.{action}"


def require(role: Role, action: str) -> None:
    """Raises NotAllowed unless the role may do the action."""
    if not may(role, action):
        raise NotAllowed
