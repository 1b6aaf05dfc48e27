"""What monitoring shows on the pages of the apps below."""

from datetime import timedelta
from typing import Any

from clients.queries import recent_releases
from core.panels import Panel, register
from tickets.models import Ticket

NEAR = timedelta(days=2)
MOST = 3


def deploys_before(ticket: Ticket) -> dict[str, Any] | None:
    """Give the deploys shortly before the first report: what changed before it broke."""
    first = ticket.received_at
    near = recent_releases(ticket.project_id, before=first).filter(deployed_at__gte=first - NEAR)
    rows = [
        {"release": release, "minutes": round((first - release.deployed_at).total_seconds() / 60)}
        for release in near[:MOST]
    ]
    return {"rows": rows} if rows else None


def register_panels() -> None:
    """Put monitoring's panels on their pages."""
    register(Panel("deploys", "ticket", deploys_before, "monitoring/deploys_panel.html", order=10))
