from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from clients.portal import Portal, account_page, show
from clients.queries import latest_releases
from tickets.queries import (
    has_reported,
    open_fix_checks,
    recently_shipped,
)
from tickets.queries.pressing import pressing_reports, pressing_tickets
from tickets.rules.words import Priority
from tickets.views.rows import Row, rows_of

SHOWN = 6
SHIPPED_DAYS = 30


@require_safe
@account_page
def portal_home(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """Say how things stand: all quiet and the proof of it, or what is open and what comes next."""
    if portal.member is None:
        return show(request, portal, "portal/no_client.html", {"nav": "home"})
    client_id = portal.client.pk
    tickets = list(pressing_tickets(portal.user, client_id=client_id)[: SHOWN + 1])
    reports = list(pressing_reports(portal.user, client_id=client_id)[: SHOWN + 1])
    rows = rows_of(tickets, reports, portal.user, portal.now)
    asked = [row for row in rows if row.standing.asks]
    rows.sort(key=lambda row: (not row.standing.asks, row.priority != Priority.P1))
    checks = list(open_fix_checks(portal.user, client_id))
    context = {
        "nav": "home",
        "lamp": _lamp(rows, waiting=len(asked) + len(checks)),
        "rows": rows[:SHOWN],
        "has_more": len(rows) > SHOWN,
        "checks": checks,
        "asked": len(asked),
        "shipped": recently_shipped(client_id, now=portal.now, days=SHIPPED_DAYS)[:4],
        "releases": latest_releases(client_id)[:4],
        "is_new": not has_reported(portal.user, client_id),
        "days": SHIPPED_DAYS,
    }
    return show(request, portal, "portal/home.html", context)


def _lamp(rows: list[Row], *, waiting: int) -> str:
    """Choose the lamp's colour: what is on fire first, then what waits for the reader."""
    if any(row.priority == Priority.P1 for row in rows):
        return "bad"
    if waiting:
        return "ask"
    return "busy" if rows else "good"
