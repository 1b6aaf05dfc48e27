"""An owner's page of who reported something: give out and erase what is kept of one of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clients.pages import new_form_key, sent_once
from clients.portal import Portal, portal_page, show
from clients.queries import client_projects
from core.errors import LimitReached, NotAllowed, Refused
from tickets import people_pages as pages

_CHANGES = {"erase": pages.erase, "retention": pages.set_retention}


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
def people(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """List who reported something to the client, and what was given out and erased of them."""
    if not portal.may("person.manage"):
        raise NotAllowed
    client_id = portal.client.pk
    if request.method == "POST":
        with sent_once(request, portal.user) as is_first:
            return _change(request, portal) if is_first else redirect("people")
    context = {
        "nav": "settings",
        "form_key": new_form_key(),
        "projects": client_projects(client_id),
        **pages.facts_of(client_id, request.GET.get("q", "")),
    }
    return show(request, portal, "portal/people.html", context)


def _change(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    who = (portal.user, portal.now)
    action, client_id = request.POST.get("action", ""), portal.client.pk
    try:
        if action == "export":
            return pages.export(client_id, request.POST, *who)
        if action in _CHANGES:
            messages.success(request, _CHANGES[action](client_id, request.POST, *who))
    except (LimitReached, NotAllowed):
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("people")
