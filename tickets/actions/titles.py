from datetime import datetime

from django.db import transaction

from clients.models import User
from core.validation import check_fields
from tickets.actions.events import record
from tickets.actions.locks import lock_ticket
from tickets.models import Ticket, TicketEventKind


@transaction.atomic
def publish_title(*, ticket_id: int, title: str, actor: User, now: datetime) -> Ticket:
    """Give a ticket words that may be shown to anybody who types a problem like it; none for "".

    Raises InvalidInput for more than a line of 200 characters.
    """
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.work")
    words = " ".join(title.split())
    if words == ticket.public_title:
        return ticket
    ticket.public_title = words
    check_fields(ticket)
    ticket.save(update_fields=["public_title"])
    data = {"is_public": bool(words)}
    record(ticket, TicketEventKind.TITLE_PUBLISHED, actor=actor, at=now, data=data)
    return ticket
