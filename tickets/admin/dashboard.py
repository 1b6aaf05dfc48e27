"""Today: what needs somebody now, and how the work goes."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from clients.console import Console, console_page, show
from clients.queries import staff
from core.charts import day_bars
from tickets.admin.waiting import waiting_of
from tickets.queries import (
    arrivals_and_ships,
    fix_answers,
    load_by_engineer,
    median_response_minutes,
    now_on_call,
    open_alerts,
    open_by_priority,
    open_outbreaks,
    proposal_accuracy,
    triage_counts,
)
from tickets.queries.absences import away_now
from tickets.queries.receipts import lines_of
from tickets.queries.takers import taker_of
from tickets.rules.words import Priority

DAYS = 14
FIX_DAYS = 90
NEXT_TICKETS = 5
MOST_ALERTS = 5
MOST_AWAY = 12
MOST_OUTBREAKS = 3
# Beyond this nobody reads them one by one.
MOST_ALL_ALERTS = 500


@console_page("ticket.work")
def dashboard(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Show alerts, what waits, what is next, and the last two weeks in numbers."""
    people = list(staff().order_by("name"))
    waiting, waiting_s1 = waiting_of(request)
    alerts = list(open_alerts()[:MOST_ALL_ALERTS])
    shown = len(alerts) if request.GET.get("alerts") == "all" else MOST_ALERTS
    outbreaks = list(open_outbreaks()[: MOST_OUTBREAKS + 1])
    context = {
        "title": "Today",
        "alerts": alerts[:shown],
        "more_alerts": len(alerts[shown:]),
        "outbreaks": outbreaks[:MOST_OUTBREAKS],
        "has_more_outbreaks": len(outbreaks) > MOST_OUTBREAKS,
        "waiting": waiting,
        "waiting_s1": waiting_s1,
        "asked": triage_counts()["asked"],
        "on_call": list(now_on_call(console.now)),
        "away": list(away_now(console.now)[:MOST_AWAY]),
        "rows": lines_of(taker_of(console.user), now=console.now, first=0, most=NEXT_TICKETS),
        "accuracy": _accuracy(),
        **_open(),
        **_flow(console),
        **_responses(console),
        **_fixes(console),
        **_load(console, people),
    }
    return show(request, console, "console/dashboard.html", context)


def _open() -> dict[str, Any]:
    counts = open_by_priority()
    most = max(counts.values()) or 1
    rows = [
        {"priority": value, "label": label, "count": counts[value], "share": counts[value] / most}
        for value, label in Priority.choices
    ]
    return {"open_rows": rows, "open_total": sum(counts.values())}


def _flow(console: Console) -> dict[str, Any]:
    rows = arrivals_and_ships(now=console.now, days=DAYS)
    arrived, shipped = [row.arrived for row in rows], [row.shipped for row in rows]
    chart = day_bars([row.day for row in rows], [arrived, shipped], names=["reported", "shipped"])
    return {
        "flow": chart,
        "flow_rows": rows,
        "flow_totals": (sum(arrived), sum(shipped)),
        "flow_imported": sum(row.imported for row in rows),
    }


def _responses(console: Console) -> dict[str, Any]:
    measured = {
        day: minutes for day, minutes, _ in median_response_minutes(now=console.now, days=DAYS)
    }
    today = console.now.date()
    days = [today - timedelta(days=DAYS - 1 - offset) for offset in range(DAYS)]
    hours = [round(measured.get(day, 0) / 60, 1) for day in days]
    return {
        "responses": day_bars(days, [hours], names=["to the first response"], unit=" h"),
        "response_rows": [(day, measured[day]) for day in days if day in measured],
    }


def _fixes(console: Console) -> dict[str, Any]:
    rows = fix_answers(now=console.now, days=FIX_DAYS)
    works, broken = [row.works for row in rows], [row.broken for row in rows]
    answered = sum(works) + sum(broken)
    names = ["say it works", "say it is still broken"]
    return {
        "fixes": day_bars(
            [row.monday for row in rows], [works, broken], names=names, label="%-d %b"
        ),
        "fix_rows": [row for row in rows if row.works or row.broken],
        "fix_days": FIX_DAYS,
        "fix_answered": answered,
        "fix_works": sum(works),
        "fix_share": round(100 * sum(works) / answered) if answered else None,
    }


def _load(console: Console, people: list[Any]) -> dict[str, Any]:
    rows = load_by_engineer(people=people, now=console.now)
    most = max((int(str(row["estimate_minutes"])) for row in rows), default=0) or 1
    return {
        "load": [{**row, "share": int(str(row["estimate_minutes"])) / most} for row in rows],
    }


def _accuracy() -> dict[str, Any] | None:
    counts = proposal_accuracy()
    if not counts["decided"]:
        return None
    return {
        **counts,
        "kind_share": round(100 * counts["kind_right"] / counts["decided"]),
        "severity_share": round(100 * counts["severity_right"] / counts["decided"]),
    }
