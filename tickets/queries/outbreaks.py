"""One problem of several clients at once. Only staff ever read any of this."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When

from tickets.models import Outbreak, Sighting, Ticket, TicketEvent, TicketEventKind
from tickets.queries.stops import with_stops
from tickets.rules.states import OPEN, TicketState

# So many other clients' tickets join as an outbreak opens; each later one joins by itself.
MOST_ALIKE = 200
MOST_CHILDREN = 500
# Nothing is left to be done on these, or it is done on another.
NEVER_LINKED = (TicketState.CLOSED, TicketState.MERGED)

# Why a ticket left an outbreak that only what was taken out of it told of.
UNMERGED = "unmerged"


@dataclass(frozen=True)
class Alike:
    """The tickets in which the same was seen within the window, less those that a person judged."""

    tickets: list[Ticket]

    @property
    def client_count(self) -> int:
        """Count the clients that have it."""
        return len({ticket.client_id for ticket in self.tickets})

    @property
    def outbreaks(self) -> list[Outbreak]:
        """Give the open outbreaks that some of them are part of, the oldest first."""
        found = {ticket.outbreak.pk: ticket.outbreak for ticket in self.tickets if ticket.outbreak}
        return [found[pk] for pk in sorted(found)]

    @property
    def free(self) -> list[int]:
        """Give the keys of those that are part of none."""
        return [ticket.pk for ticket in self.tickets if ticket.outbreak_id is None]


def alike(sighting: Sighting) -> Alike | None:
    """Find the tickets with the same fingerprint or advisory as a sighting's, its own first.

    Closed tickets do not count, nor those that are part of another, nor those that were part of an
    outbreak before: it has ended, or somebody took them out. None if that holds for the sighting's
    own ticket.
    """
    window = timedelta(days=settings.OUTBREAK_WINDOW_DAYS)
    left = TicketEvent.objects.filter(
        ~Q(data__contains={"reason": UNMERGED}),
        ticket=OuterRef("ticket"),
        kind=TicketEventKind.OUTBREAK_LEFT,
    )
    same = (
        Sighting.objects.filter(
            ~Exists(left),
            Q(ticket__outbreak=None) | Q(ticket__outbreak__state=Outbreak.State.OPEN),
            kind=sighting.kind,
            value=sighting.value,
            seen_at__gte=sighting.seen_at - window,
            seen_at__lte=sighting.seen_at + window,
        )
        .exclude(ticket__state__in=NEVER_LINKED)
        .select_related("ticket__outbreak")
        .order_by("-seen_at")
    )
    own = same.filter(pk=sighting.pk).first()
    if own is None:
        return None
    client_id = own.ticket.client_id
    # Apart, so that many tickets of this client hide none of another.
    others = same.exclude(ticket__client=client_id)[:MOST_ALIKE]
    siblings = same.filter(ticket__client=client_id).exclude(pk=own.pk)[:MOST_ALIKE]
    return Alike([found.ticket for found in (own, *others, *siblings)])


def all_outbreaks() -> QuerySet[Outbreak]:
    """List the outbreaks, open ones first, then the newest, with their clients and tickets counted.

    ``live_count`` are tickets on which work is still to be done.
    """
    is_open = Case(When(state=Outbreak.State.OPEN, then=0), default=1)
    lives = ~Q(tickets__state=TicketState.MERGED)
    return Outbreak.objects.annotate(
        client_count=Count("tickets__client", distinct=True, filter=lives),
        ticket_count=Count("tickets", filter=lives),
        live_count=Count("tickets", filter=Q(tickets__state__in=OPEN)),
    ).order_by(is_open, "-opened_at", "-pk")


def open_outbreaks() -> QuerySet[Outbreak]:
    """List the open outbreaks, the newest first, counted."""
    return all_outbreaks().filter(state=Outbreak.State.OPEN)


def outbreak_of(ticket: Ticket) -> Outbreak | None:
    """Give the outbreak a ticket is part of, counted, if it is part of one."""
    return all_outbreaks().get(pk=ticket.outbreak_id) if ticket.outbreak_id else None


def children_of(outbreak: Outbreak) -> QuerySet[Ticket]:
    """List the tickets of an outbreak, by client, as ``with_stops`` does.

    Not those that are part of another by now; taken out again, they are back.
    """
    tickets = Ticket.objects.filter(outbreak=outbreak).exclude(state=TicketState.MERGED)
    return (
        with_stops(tickets)
        .select_related("client", "project", "assignee", "release")
        .order_by("client__name", "client", "number")
    )
