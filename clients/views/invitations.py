from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from clients.actions import accept_invitation
from clients.forms import AcceptForm
from clients.models import Invitation
from clients.portal import SESSION_CLIENT, too_many
from clients.queries import find_invitation, find_user
from core.errors import LimitReached
from core.limits import check_limit, client_address

OPENED_AN_HOUR = 60
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what somebody is invited to; only the button accepts, since mail scanners open links."""
    try:
        response = _answer(request, token)
    except LimitReached as refusal:
        response = too_many(request, refusal)
    except Invitation.DoesNotExist:
        response = render(request, "portal/invitation_closed.html", status=404)
    # Never the token in a Referer; with no-referrer browsers would send "Origin: null", which the
    # check against forged forms refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    add_never_cache_headers(response)
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponseBase:
    now = timezone.now()
    address = client_address(request)
    check_limit("invitation", address, most=OPENED_AN_HOUR, seconds=3600, now=now)
    found = find_invitation(token, now=now)
    form = AcceptForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        known = find_user(found.email)
        context = {"invitation": found, "known": known, "form": form, "now": now}
        return render(
            request, "portal/invitation.html", context, status=422 if form.errors else 200
        )

    member, is_new = accept_invitation(token=token, name=form.cleaned_data["name"], now=now)
    if is_new:
        # The link came to the mailbox, as a sign-in code would have. An account that existed
        # before may have a second factor, so that one signs in as ever.
        login(request, member.user, backend=BACKEND)
    request.session[SESSION_CLIENT] = member.client_id
    messages.success(request, f"Welcome to {member.client}.")
    if request.user != member.user:
        return redirect_to_login(reverse("portal_home"))
    return redirect("portal_home")
