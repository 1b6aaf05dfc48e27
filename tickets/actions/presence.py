from datetime import datetime

from clients.models import User
from clients.queries import house_role
from clients.rules.roles import require
from tickets.models import Presence


def mark_present(*, ticket_id: int, actor: User, now: datetime) -> None:
    """Note that somebody of the staff has the ticket open."""
    require(house_role(actor), "ticket.work")
    Presence.objects.update_or_create(ticket_id=ticket_id, user=actor, defaults={"seen_at": now})
