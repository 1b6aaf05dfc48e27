from datetime import datetime

from django.db.models import QuerySet

from clients.models import User
from tickets.models import Macro, OnCallShift, Ticket, TicketLink, TimeEntry, Timer


def running_timer(user: User) -> Timer | None:
    """Give the user's running clock, with its ticket."""
    return Timer.objects.filter(engineer=user).select_related("ticket").first()


def links_of(ticket: Ticket) -> list[TicketLink]:
    """List the pages that belong to a ticket, each once: merged tickets may both have had one."""
    links = ticket.links.select_related("added_by").order_by("url", "pk").distinct("url")
    return sorted(links, key=lambda link: link.pk)


def time_of(ticket: Ticket) -> QuerySet[TimeEntry]:
    """List the time logged on a ticket, newest first, voided entries too."""
    return ticket.time_entries.select_related("engineer").order_by("-logged_at", "-pk")


def macros(*, active_only: bool = True) -> QuerySet[Macro]:
    """List the saved replies by name; unless told otherwise those in use."""
    return Macro.objects.filter(is_active=True) if active_only else Macro.objects.all()


def coming_shifts(now: datetime) -> QuerySet[OnCallShift]:
    """List the on-call shifts that have not ended, next first."""
    return (
        OnCallShift.objects.filter(ends_at__gt=now)
        .select_related("engineer")
        .order_by("starts_at", "pk")
    )


def past_shifts(now: datetime) -> QuerySet[OnCallShift]:
    """List the on-call shifts that are over, latest first."""
    return (
        OnCallShift.objects.filter(ends_at__lte=now)
        .select_related("engineer")
        .order_by("-starts_at", "-pk")
    )
