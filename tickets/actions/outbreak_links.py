"""That a ticket is part of an outbreak, also by what was merged into it."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from clients.models import User
from core.errors import InvalidInput
from core.queue import enqueue
from tickets.actions.events import record
from tickets.models import Outbreak, Sighting, Ticket, TicketEvent, TicketEventKind
from tickets.queries.merging import parts_of
from tickets.queries.outbreaks import NEVER_LINKED, UNMERGED
from tickets.rules.states import TicketState

_K = TicketEventKind
_MERGED = "merged"


def join_outbreak(
    ticket: Ticket, outbreak: Outbreak, *, actor: User | None, now: datetime, reason: str = ""
) -> None:
    """Make a locked ticket part of a locked outbreak, and of no other."""
    leave_outbreak(ticket, actor=actor, now=now)
    _link(ticket, outbreak)
    why = {"reason": reason} if reason else {}
    record(ticket, _K.OUTBREAK_JOINED, actor=actor, at=now, outbreak=outbreak, data=why)


def leave_outbreak(ticket: Ticket, *, actor: User | None, now: datetime, reason: str = "") -> None:
    """Take a locked ticket out of the outbreak it is part of, if any."""
    if ticket.outbreak is None:
        return
    outbreak = ticket.outbreak
    _link(ticket, None)
    why = {"reason": reason} if reason else {}
    record(ticket, _K.OUTBREAK_LEFT, actor=actor, at=now, outbreak=outbreak, data=why)


def carry_outbreak(source: Ticket, target: Ticket, *, actor: User, now: datetime) -> None:
    """Make a locked ticket part of the outbreak of what becomes part of it, if it has none.

    The outbreak is locked, too.
    """
    outbreak = source.outbreak
    if outbreak is None or not outbreak.is_open or target.state in NEVER_LINKED:
        return
    if target.outbreak is None or not target.outbreak.is_open:
        join_outbreak(target, outbreak, actor=actor, now=now, reason=_MERGED)


def part_outbreak(source: Ticket, holder: Ticket, *, now: datetime) -> None:
    """Take a locked ticket out of an outbreak that nothing of it tells of any more.

    What was taken out of it is looked at anew: it may have been found meanwhile. Sightings are
    counted already.
    """
    if holder.outbreak and holder.outbreak.is_open and not _belongs(holder, holder.outbreak):
        leave_outbreak(holder, actor=None, now=now, reason=UNMERGED)
    if source.outbreak is None and source.sightings.update(checked_at=None):
        enqueue("tickets.tasks.detect_outbreaks")


def check_linkable(ticket: Ticket, *, field: str) -> None:
    """Raises InvalidInput for a ticket that cannot become part of an outbreak."""
    if ticket.merged_into:
        into = ticket.merged_into.number
        raise InvalidInput(f"#{ticket.number} is part of #{into}: see there.", field=field)
    if ticket.state == TicketState.CLOSED:
        raise InvalidInput(f"#{ticket.number} is closed. Reopen it first.", field=field)
    if ticket.outbreak and ticket.outbreak.is_open:
        raise InvalidInput(
            f"#{ticket.number} is part of the outbreak “{ticket.outbreak.title}”.", field=field
        )


def _belongs(ticket: Ticket, outbreak: Outbreak) -> bool:
    """Tell whether staff linked it, a part of it was linked, or it shares what others tell of."""
    joins = TicketEvent.objects.filter(ticket=ticket, kind=_K.OUTBREAK_JOINED, outbreak=outbreak)
    last = joins.latest("pk")
    if last.actor_user_id and last.data.get("reason") != _MERGED:
        return True
    if Ticket.objects.filter(pk__in=parts_of(ticket.pk)[1:], outbreak=outbreak).exists():
        return True
    same = Sighting.objects.filter(
        ticket__outbreak=outbreak, kind=OuterRef("kind"), value=OuterRef("value")
    ).exclude(ticket=ticket)
    shared = Q(kind=outbreak.signal_kind, value=outbreak.signal_value) | Exists(same)
    return ticket.sightings.filter(shared).exists()


def _link(ticket: Ticket, outbreak: Outbreak | None) -> None:
    ticket.outbreak = outbreak
    # Nothing that somebody may be editing changes, so the version stays.
    ticket.save(update_fields=["outbreak"])
