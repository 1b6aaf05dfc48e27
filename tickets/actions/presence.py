from datetime import datetime

from clients.models import User
from tickets.models import Presence


def mark_present(*, ticket_id: int, actor: User, now: datetime) -> None:
    """Note that the user has the ticket open."""
    Presence.objects.update_or_create(ticket_id=ticket_id, user=actor, defaults={"seen_at": now})
