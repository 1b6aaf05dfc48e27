from datetime import datetime
from typing import Any

from clients.models import ApiKey, ClientEvent, ClientEventKind, User


def record(
    kind: ClientEventKind, *, actor: User | ApiKey | None, at: datetime, **facts: Any
) -> ClientEvent:
    """Append an event row; ``facts`` are its foreign keys and ``data``."""
    return ClientEvent.objects.create(
        kind=kind,
        at=at,
        actor_user=actor if isinstance(actor, User) else None,
        actor_key=actor if isinstance(actor, ApiKey) else None,
        **facts,
    )
