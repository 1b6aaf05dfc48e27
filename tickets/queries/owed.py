"""When promises stood still, and what they are owed for it: waits for clients, and pauses."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest

from clients.models import ClientEvent, ClientEventKind
from clients.queries import calendar_of, terms_of
from clients.rules.retainers import SERVED
from core.calendars import Calendar, NeverOpen
from tickets.models import Ticket, TicketEvent, TicketEventKind
from tickets.rules.states import OPEN, TicketState
from tickets.rules.stops import closed_stops, stops_of

_K = TicketEventKind
Owed = tuple[datetime, datetime]
UNBEGUN = [TicketState.QUEUED, TicketState.WAITING]
# A move of a retainer is looked at for so long; what it owes is derived from the events.
_LOOK_BACK = timedelta(days=30)
# More than it takes until a move of a retainer is seen by whoever moves a due time.
_MOVING = timedelta(minutes=1)
_ENDS_WAITING = [
    _K.TICKET_RESUMED, _K.TICKET_PUT_BACK, _K.TICKET_STARTED, _K.TICKET_CLOSED, _K.TICKET_REOPENED,
    _K.TICKET_MERGED,
]  # fmt: skip


# A part that was waiting waits again when it is taken out.
BEGINS_WAITING = Q(kind=_K.TICKET_WAITING) | Q(
    kind=_K.TICKET_UNMERGED, data__state=TicketState.WAITING
)


def owed_stops(
    tickets: Sequence[Ticket], now: datetime, *, lasting: bool = False
) -> dict[int, list[Owed]]:
    """Give the times in which promises stood still and by which they were not moved yet, in order.

    By the tickets' numbers, of those that have any; however many tickets, two statements. With
    ``lasting`` what stands still yet did so until now.
    """
    served: dict[int, list[tuple[datetime, bool]]] = {each.client_id: [] for each in tickets}
    moves = ClientEvent.objects.filter(client__in=served, kind=ClientEventKind.RETAINER_MOVED)
    for client, at, to in moves.order_by("at", "pk").values_list("client", "at", "data__to"):
        served[client].append((at, to not in SERVED))
    waits: dict[int, list[tuple[datetime, bool]]] = {each.pk: [] for each in tickets}
    since = {each.pk: each.committed_at for each in tickets if each.committed_at}
    told = TicketEvent.objects.filter(
        Q(kind__in=[*_ENDS_WAITING, _K.DUE_MOVED]) | BEGINS_WAITING, ticket__in=waits
    ).order_by("at", "pk")
    for pk, at, kind, until in told.values_list("ticket", "at", "kind", "data__until"):
        if kind == _K.DUE_MOVED:
            # What moved it otherwise was decided in the knowledge of all that stood still by then.
            since[pk] = max(since[pk], datetime.fromisoformat(until) if until else at)
        else:
            waits[pk].append((at, kind not in _ENDS_WAITING))
    owed = {}
    for ticket in tickets:
        stops = [*stops_of(waits[ticket.pk]), *stops_of(served[ticket.client_id])]
        begin = since[ticket.pk]
        over = closed_stops(
            (start, now if lasting else None) if end is None else (start, end)
            for start, end in stops
        )
        found = [(max(start, begin), end) for start, end in over if begin < end <= now]
        if found:
            owed[ticket.number] = found
    return owed


def owing(now: datetime) -> QuerySet[Ticket]:
    """List the open promises since whose last move a retainer came back that was not served."""
    moved = TicketEvent.objects.filter(ticket=OuterRef("pk"), kind=_K.DUE_MOVED).order_by("-at")
    back = ClientEvent.objects.filter(
        client=OuterRef("client"),
        kind=ClientEventKind.RETAINER_MOVED,
        at__gt=OuterRef("counted_at"),
        at__gte=now - _LOOK_BACK,
        data__to__in=SERVED,
    ).exclude(data__from__in=SERVED)
    last = Subquery(moved.values("at")[:1]) - _MOVING
    promised = Ticket.objects.filter(state__in=OPEN, due_at__isnull=False)
    return promised.alias(counted_at=Greatest("committed_at", last)).filter(Exists(back))


def clients_owing(now: datetime) -> list[int]:
    """List the clients with promises that may be owed a pause."""
    return list(owing(now).order_by("client").values_list("client", flat=True).distinct())


def move_calendar(ticket: Ticket) -> Calendar:
    """Give the calendar a promise moves by: that of its terms, else the house's."""
    terms = terms_of(ticket.client_id)
    return calendar_of(terms.targets[ticket.priority].calendar_id if terms else None)


def later(calendar: Calendar, due_at: datetime, start: datetime, end: datetime) -> datetime:
    """Move a due time by the open time that passed."""
    try:
        return calendar.add(due_at, calendar.between(start, end))
    except NeverOpen:
        return due_at
