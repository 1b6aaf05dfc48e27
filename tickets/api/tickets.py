from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clients.api.base import READ, KeyView
from core.api.pages import PARAMETERS, page_of, page_schema
from core.api.schema import READ_ERRORS
from tickets.api.shapes import TicketShape
from tickets.models import Ticket
from tickets.queries import get_ticket_for, tickets_for
from tickets.queries.forecasts import prospects


class TicketsView(KeyView):
    """A project's tickets."""

    scopes = {"GET": READ}

    @extend_schema(
        operation_id="list_tickets",
        summary="List tickets",
        description="The project's tickets, newest first.",
        parameters=PARAMETERS,
        responses={200: page_schema(TicketShape, "TicketPage"), **READ_ERRORS},
    )
    def get(self, request: Request) -> Response:
        rows = tickets_for(self.key).select_related("release", "merged_into")
        page = page_of(request, rows, TicketShape, key="-number", context_of=_expected)
        return Response(page)


class TicketView(KeyView):
    """One ticket."""

    scopes = {"GET": READ}

    @extend_schema(
        operation_id="get_ticket",
        summary="Read a ticket",
        responses={200: TicketShape, **READ_ERRORS},
    )
    def get(self, request: Request, number: int) -> Response:
        ticket = get_ticket_for(self.key, number)
        return Response(TicketShape(ticket, context=_expected([ticket])).data)


def _expected(tickets: list[Ticket]) -> dict[str, Any]:
    return {"prospects": prospects(tickets, timezone.now())}
