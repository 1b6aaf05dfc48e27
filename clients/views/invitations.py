from datetime import datetime

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from clients.actions import accept_invitation
from clients.forms import AcceptForm
from clients.portal import SESSION_CLIENT, link_page
from clients.queries import find_invitation, find_user

OPENED_AN_HOUR = 60
BACKEND = "clients.backends.GroupsBackend"


@link_page("invitation", most_an_hour=OPENED_AN_HOUR, closed="portal/invitation_closed.html")
def invitation(request: HttpRequest, token: str, now: datetime) -> HttpResponseBase:
    """Show what somebody is invited to; only the button accepts."""
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
