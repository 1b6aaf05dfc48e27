"""What tickets shows on the pages of the apps below."""

from typing import Any

from django.utils import timezone

from clients.models import Client, User
from core.charts import day_bars
from core.panels import Panel, register
from tickets.models import ShareAccount
from tickets.queries import coming_shifts, open_tickets, running_timer
from tickets.queries.rights import people_of
from tickets.queries.shares import RECENT_WEEKS, recent_share, waits_for_us, weeks_of

MOST = 10


def work_of(person: User) -> dict[str, Any] | None:
    """Give what still stands under a person's name: open tickets, a running clock, shifts."""
    now = timezone.now()
    tickets = list(open_tickets().filter(assignee=person)[: MOST + 1])
    facts = {
        "tickets": tickets[:MOST],
        "has_more": len(tickets) > MOST,
        "timer": running_timer(person),
        "shift_count": coming_shifts(now).filter(engineer=person).count(),
    }
    return {**facts, "person": person} if any(facts.values()) else None


def share_of_client(client: Client) -> dict[str, Any] | None:
    """Give what a client received of our work, week by week, beside its share."""
    now = timezone.now()
    weeks = weeks_of(client.pk, now)
    if not any(share.of_minutes for _, share in weeks):
        return None
    days = [week for week, _ in weeks]
    received = [round(share.minutes / 60, 1) for _, share in weeks]
    due = [round(share.due_minutes / 60, 1) for _, share in weeks]
    names = ["received", "would be its share"]
    account = ShareAccount.objects.filter(client=client).first()
    return {
        "client": client,
        "weeks": weeks[::-1],
        "chart": day_bars(days, [received, due], names=names, unit=" h", label="%-d %b"),
        "recent": recent_share(weeks),
        "recent_weeks": RECENT_WEEKS,
        "account": account,
    }


def people_of_client(client: Client) -> dict[str, Any]:
    """Give how many reported something to a client, and where to find them."""
    return {"client": client, "count": people_of(client.pk).count()}


def own_share(client: Client) -> dict[str, Any] | None:
    """Give a client's own share for its own eyes: nothing that another client's work tells."""
    weeks = weeks_of(client.pk, timezone.now())
    if not any(share.minutes for _, share in weeks):
        return None
    recent = recent_share(weeks)
    received = [round(share.minutes / 60, 1) for _, share in weeks]
    days = [week for week, _ in weeks]
    return {
        "weeks": [(week, share.minutes, share.percent) for week, share in weeks[::-1]],
        "chart": day_bars(days, [received], names=["worked for you"], unit=" h", label="%-d %b"),
        "recent": recent,
        # Less than its share without anything waiting is what it asked for, and no neglect.
        "asked_for_less": (recent.percent or 0) < 100 and not waits_for_us(client.pk),
        "recent_weeks": RECENT_WEEKS,
    }


def register_panels() -> None:
    """Put the panels of tickets on their pages."""
    register(Panel("share", "client", share_of_client, "tickets/share_panel.html", order=60))
    register(Panel("share", "portal.home", own_share, "tickets/own_share_panel.html", order=60))
    register(Panel("people", "client", people_of_client, "tickets/people_panel.html", order=90))
    register(Panel("work", "person", work_of, "tickets/work_panel.html", order=10))
