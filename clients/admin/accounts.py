"""One person: places, access, history, and the button that closes the account."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients import actions
from clients.admin.events import history_page
from clients.admin.people import role_in_groups
from clients.console import Console, console_page, show
from clients.queries import get_person_for, person_history
from clients.rules.roles import Role
from core.errors import Refused


@console_page("client.read")
def person_page(request: HttpRequest, console: Console, pk: int) -> HttpResponseBase:
    """Show who somebody is and what happened to their access; close or open the account."""
    person = get_person_for(console.user, pk)
    refusal = None
    if request.method == "POST":
        try:
            if said := _change(request, console, pk):
                messages.success(request, said)
            return redirect("admin:clients_person", pk=pk)
        except Refused as refused:
            refusal = refused
            person = get_person_for(console.user, pk)
    role = role_in_groups(person)
    context = {
        "title": str(person),
        "crumb": ("/console/clients/user/", "People"),
        "person": person,
        "side": Role(role).label if role else "",
        "refusal": refusal,
        "may_deactivate": console.may("user.deactivate") and person.pk != console.user.pk,
        "may_staff": console.may("staff.manage"),
        **history_page(request, person_history(pk)),
    }
    status = refusal.status if refusal else 200
    return show(request, console, "console/person.html", context, status=status)


def _change(request: HttpRequest, console: Console, pk: int) -> str:
    by: dict[str, Any] = {"user_id": pk, "actor": console.user, "now": console.now}
    match request.POST.get("do", ""):
        case "deactivate":
            person = actions.deactivate_user(**by)
            return f"{person} is signed out everywhere and cannot sign in any more."
        case "reactivate":
            return f"{actions.reactivate_user(**by)} can sign in again, with a mailed code."
    return ""
