"""Event rows of an account in words."""

from clients.models import ClientEvent, ClientEventKind

_K = ClientEventKind
_LABELS = {"past_due": "past due", "ops_admin": "ops admin"}


def describe(event: ClientEvent) -> str:
    """Say what happened, after the actor's name."""
    data = event.data
    person = str(event.user) if event.user else "somebody"
    project = str(event.project) if event.project else "a project"
    match event.kind:
        case _K.CLIENT_CREATED:
            return "opened the account"
        case _K.CLIENT_CHANGED:
            return f"changed {_listed(data)}"
        case _K.LEAD_SET:
            return f"made {event.user or 'nobody'} the lead"
        case _K.MEMBER_INVITED:
            return f"invited somebody as {data.get('role', '')}"
        case _K.INVITATION_REVOKED:
            return "took back an invitation"
        case _K.MEMBER_JOINED:
            return f"joined as {data.get('role', '')}"
        case _K.MEMBER_ROLE_CHANGED:
            return f"made {person} {data.get('to', '')} (was {data.get('from', '')})"
        case _K.MEMBER_REMOVED:
            return f"removed {person}"
        case _K.PROJECT_CHANGED:
            return f"changed {_listed(data)} of {project}"
        case _K.PROJECT_CREATED | _K.PROJECT_ARCHIVED:
            verb = "added" if event.kind == _K.PROJECT_CREATED else "archived"
            return f"{verb} {project}"
        case _K.RELEASE_RECORDED:
            return f"deployed {event.release} of {project}"
        case _K.KEY_CREATED | _K.KEY_REVOKED:
            verb = "made" if event.kind == _K.KEY_CREATED else "revoked"
            return f"{verb} an API key of {project}"
        case _K.RETAINER_CREATED:
            return f"drafted a retainer on {event.plan_version}"
        case _K.RETAINER_MOVED:
            before, after = str(data.get("from", "")), str(data.get("to", ""))
            return f"moved the retainer: {_word(before)} → {_word(after)}"
    return event.get_kind_display().lower()


def _word(code: str) -> str:
    return _LABELS.get(code, code)


def _listed(data: dict[str, list[str]]) -> str:
    return ", ".join(field.replace("_", " ") for field in data.get("fields", [])) or "nothing"
