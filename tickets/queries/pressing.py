"""What a client should see first."""

from django.db.models import Case, QuerySet, When

from clients.models import User
from tickets.models import Report, Ticket
from tickets.models.tickets import PRESSING
from tickets.queries.lists import client_reports, client_tickets
from tickets.rules.states import ReportState


def pressing_tickets(user: User, *, client_id: int) -> QuerySet[Ticket]:
    """List a client's open tickets: those that wait for the client, then P1, then the newest."""
    return client_tickets(user, client_id=client_id).order_by(PRESSING, "-number")


def pressing_reports(user: User, *, client_id: int) -> QuerySet[Report]:
    """List a client's reports in triage: those that wait for the client first, then the newest."""
    pressing = Case(When(state=ReportState.ASKED, then=0), default=1)
    return client_reports(user, client_id=client_id).order_by(pressing, "-pk")
