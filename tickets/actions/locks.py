from clients.rules.roles import require
from core.errors import StaleVersion
from tickets.models import Report, Ticket
from tickets.queries.access import Actor, role_of


def lock_ticket(ticket_id: int, *, actor: Actor, action: str, version: int | None = None) -> Ticket:
    """Lock a ticket's row and check that the actor may do the action.

    Raises NotAllowed, or StaleVersion if the row is no longer at the version the actor had read.
    """
    ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
    require(role_of(actor, ticket.client_id), action)
    if version is not None and version != ticket.version:
        last = ticket.events.select_related("actor_user").order_by("-at", "-pk").first()
        who = str(last.actor_user) if last and last.actor_user else "ShipOps"
        what = last.get_kind_display() if last else "changed it"
        raise StaleVersion(
            f"#{ticket.number} changed while you were writing: {who} {what}. "
            "Nothing of yours was saved; look at it again and repeat your change."
        )
    return ticket


def lock_report(report_id: int, *, actor: Actor, action: str) -> Report:
    """Lock a report's row and check that the actor may do the action."""
    report = Report.objects.select_for_update().get(pk=report_id)
    require(role_of(actor, report.client_id), action)
    return report


def save_ticket(ticket: Ticket, *fields: str) -> None:
    """Save the named fields of a locked ticket and move its version on."""
    ticket.version += 1
    ticket.save(update_fields=[*fields, "version"])
