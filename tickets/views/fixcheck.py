from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from clients.portal import add_refusal, too_many
from core.errors import LimitReached, Refused
from core.limits import check_limit, client_address
from tickets.actions import answer_fix_check
from tickets.forms import StillBrokenForm
from tickets.models import FixCheck
from tickets.queries import find_fix_check, own_report

OPENED_AN_HOUR = 120


@require_http_methods(["GET", "HEAD", "POST"])
def fix_check(request: HttpRequest, token: str) -> HttpResponseBase:
    """Ask "does it work for you?" without an account; only the buttons answer."""
    try:
        response = _answer(request, token)
    except LimitReached as refusal:
        response = too_many(request, refusal)
    except FixCheck.DoesNotExist:
        response = render(request, "portal/fix_check_closed.html", status=404)
    # Never the token in a Referer; with no-referrer browsers would send "Origin: null", which the
    # check against forged forms refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    add_never_cache_headers(response)
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponseBase:
    now = timezone.now()
    address = client_address(request)
    check_limit("fix_check", address, most=OPENED_AN_HOUR, seconds=3600, now=now)
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
