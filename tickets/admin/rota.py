"""The rota: who is woken, and when."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients.console import Console, console_page, show, whole
from clients.queries import staff
from clients.rules.times import read_moment
from core.errors import Refused
from tickets.actions import add_shift, end_shift
from tickets.queries import coming_shifts, now_on_call, past_shifts
from tickets.queries.absences import away_in

# A day at either end of the calendar has no name in another time zone.


@console_page("ticket.work")
def rota(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Show who is on call; an ops admin adds and ends shifts."""
    context: dict[str, Any] = {"typed": {}, "refusal": None}
    if request.method == "POST":
        try:
            if "end" in request.POST:
                end_shift(shift_id=whole(request.POST, "end"), actor=console.user, now=console.now)
                messages.success(request, "The rota is changed.")
                return redirect("admin:tickets_rota")
            shift = add_shift(
                engineer_id=whole(request.POST, "engineer"),
                starts_at=_read(request, "starts_at", console),
                ends_at=_read(request, "ends_at", console),
                actor=console.user,
                now=console.now,
            )
        except Refused as refusal:
            context |= {"typed": request.POST.dict(), "refusal": refusal}
        else:
            messages.success(request, f"{shift.engineer} is on the rota.")
            return redirect("admin:tickets_rota")
    coming = list(coming_shifts(console.now)[:60])
    context |= {
        "title": "On call",
        "on_call": list(now_on_call(console.now)),
        "coming": coming,
        "away": away_in(coming, console.now),
        "past": list(past_shifts(console.now)[:20]),
        "people": list(staff().order_by("name")),
        "may_add": console.may("rota.manage"),
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/rota.html", context, status=status)


def _read(request: HttpRequest, field: str, console: Console) -> datetime:
    zone = ZoneInfo(console.user.time_zone)
    return read_moment(request.POST.get(field, ""), zone, field=field)
