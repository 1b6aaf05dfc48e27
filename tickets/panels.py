"""What tickets shows on the pages of the apps below."""

from typing import Any

from django.utils import timezone

from clients.models import User
from core.panels import Panel, register
from tickets.queries import coming_shifts, queue, running_timer

MOST = 10


def work_of(person: User) -> dict[str, Any] | None:
    """Give what still stands under a person's name: open tickets, a running clock, shifts."""
    now = timezone.now()
    tickets = list(queue(now=now).filter(assignee=person)[: MOST + 1])
    facts = {
        "tickets": tickets[:MOST],
        "has_more": len(tickets) > MOST,
        "timer": running_timer(person),
        "shift_count": coming_shifts(now).filter(engineer=person).count(),
    }
    return {**facts, "person": person} if any(facts.values()) else None


def register_panels() -> None:
    """Put the panels of tickets on their pages."""
    register(Panel("work", "person", work_of, "tickets/work_panel.html", order=10))
