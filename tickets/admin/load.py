"""The load: how full the coming weeks are, and whether more is sold than can be done."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from clients.console import Console, console_page, show
from tickets.admin.due import with_tickets
from tickets.queries.load import FULL, MOST_OPEN, WEEKS, Load, Week, load

WIDTH, HEIGHT = 560, 160
_GAP = 12


@dataclass(frozen=True)
class Column:
    """A week of the picture: its hours as a frame, committed work in it, and what is due."""

    week: Week
    x: float
    width: float
    middle: float
    frame: float
    in_hand: float
    finishing: float
    due: float
    top: float  # where the percentage stands

    @property
    def tone(self) -> str:
        """Tell how full the week is, as the picture colours it."""
        if not self.week.is_full:
            return "good"
        return "bad" if self.week.most > self.week.capacity else "warn"


@console_page("ticket.work")
def load_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Show the coming weeks, what stands behind them, and plain warnings."""
    found = load(console.now)
    context: dict[str, Any] = {
        "title": "Load",
        "load": found,
        "columns": columns(found.weeks),
        "full_weeks": [week for week in found.weeks if week.is_full],
        "full_percent": round(100 * FULL),
        "weeks_ahead": WEEKS,
        "most_open": MOST_OPEN,
        "hands": _hands(found),
        "late_in_hand": with_tickets(found.late_in_hand),
        "sold": found.sold,
        "sold_most": max(found.sold.minutes, found.sold.capacity) or 1,
        "width": WIDTH,
        "height": HEIGHT,
    }
    return show(request, console, "console/load.html", context)


def columns(weeks: list[Week]) -> list[Column]:
    """Draw the weeks side by side, on a scale that starts at zero."""
    top = max((max(week.capacity, week.planned, week.due) for week in weeks), default=0) or 1
    slot = WIDTH / max(1, len(weeks))

    def height(minutes: int) -> float:
        return round(minutes / top * HEIGHT, 1)

    return [
        Column(
            week=week,
            x=round(place * slot + _GAP / 2, 1),
            width=round(slot - _GAP, 1),
            middle=round((place + 0.5) * slot, 1),
            frame=height(week.capacity),
            in_hand=height(week.in_hand),
            finishing=height(week.finishing),
            due=height(week.due),
            top=height(max(week.capacity, week.planned, week.due)),
        )
        for place, week in enumerate(weeks)
    ]


def _hands(found: Load) -> list[dict[str, Any]]:
    most = max((hand.left_minutes for hand in found.hands), default=0) or 1
    return [{"hand": hand, "share": hand.left_minutes / most} for hand in found.hands]
