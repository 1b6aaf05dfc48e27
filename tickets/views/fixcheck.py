from datetime import datetime

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from clients.portal import add_refusal, link_page
from core.errors import Refused
from tickets.actions import answer_fix_check
from tickets.forms import StillBrokenForm
from tickets.queries import find_fix_check, own_report

OPENED_AN_HOUR = 120


@link_page("fix_check", most_an_hour=OPENED_AN_HOUR, closed="portal/fix_check_closed.html")
def fix_check(request: HttpRequest, token: str, now: datetime) -> HttpResponseBase:
    """Ask "does it work for you?"; only the buttons answer."""
    check = find_fix_check(token, now=now)
    form = StillBrokenForm(request.POST if request.method == "POST" else None)
    chosen = request.POST.get("answer", "")
    if form.is_valid() and chosen in {"works", "broken"}:
        works = chosen == "works"
        try:
            ticket = answer_fix_check(
                token=token, works=works, comment=form.cleaned_data["comment"], now=now
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            context = {"ticket": ticket, "works": works}
            return render(request, "portal/fix_check_done.html", context)
    own = own_report(check.ticket_id, check.reporter_id)
    context = {"check": check, "own": own, "form": form, "now": now}
    return render(request, "portal/fix_check.html", context, status=422 if form.errors else 200)
