"""What billing shows on the pages of the apps below."""

from typing import Any

from billing.queries import monthly_revenue
from clients.models import User
from core.panels import Panel, register


def revenue(viewer: User) -> dict[str, Any] | None:
    """Give the dashboard what comes in a month; money is for ops admins only."""
    if not viewer.has_right("plan.publish"):
        return None
    return {"totals": monthly_revenue()}


def register_panels() -> None:
    """Put billing's panels on their pages."""
    register(Panel("revenue", "dashboard", revenue, "billing/revenue_panel.html", order=10))
