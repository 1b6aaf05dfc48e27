"""What stands still now: nothing of it is late, whatever its due time says."""

from django.db.models import Case, CharField, Exists, OuterRef, QuerySet, Value, When

from clients.models import Retainer
from clients.rules.retainers import SERVED, RetainerState
from tickets.models import Ticket
from tickets.rules.states import TicketState
from tickets.rules.words import Stop


def is_served(client: str = "client") -> Exists:
    """Tell whether the client's retainer is served: else its promises stand still."""
    return Exists(Retainer.objects.filter(client=OuterRef(client), state__in=SERVED))


def with_stops(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Annotate tickets with ``stop``, the ``Stop`` they stand still for, or nothing."""
    retainers = Retainer.objects.filter(client=OuterRef("client"))
    paused = Exists(retainers.filter(state=RetainerState.PAUSED))
    stop = Case(
        When(state=TicketState.WAITING, then=Value(Stop.WAITING.value)),
        When(is_served(), then=Value("")),
        When(paused, then=Value(Stop.PAUSED.value)),
        default=Value(Stop.INACTIVE.value),
        output_field=CharField(),
    )
    return tickets.annotate(stop=stop)
