from datetime import datetime
from typing import Any

from clients.models import ApiKey, User
from tickets.models import Report, Reporter, Ticket, TicketEvent, TicketEventKind
from tickets.queries.access import Actor


def record(
    about: Report | Ticket,
    kind: TicketEventKind,
    *,
    actor: Actor,
    at: datetime,
    data: dict[str, Any] | None = None,
    **references: Any,
) -> TicketEvent:
    """Append an event row about a report or a ticket; ``references`` are further foreign keys."""
    subject = {"report": about} if isinstance(about, Report) else {"ticket": about}
    return TicketEvent.objects.create(
        kind=kind,
        at=at,
        client_id=about.client_id,
        actor_user=actor if isinstance(actor, User) else None,
        actor_key=actor if isinstance(actor, ApiKey) else None,
        actor_reporter=actor if isinstance(actor, Reporter) else None,
        data=data or {},
        **{**subject, **references},
    )
