"""Staff: who works on our side, and as what."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients import actions
from clients.actions.users import GROUPS
from clients.admin.events import history_page
from clients.console import Console, console_page, show, whole
from clients.models import User
from clients.queries import house_history, staff_overview
from clients.rules.roles import Role
from core.errors import InvalidInput, Refused

ROLES = [(Role.ENGINEER.value, Role.ENGINEER.label), (Role.OPS_ADMIN.value, Role.OPS_ADMIN.label)]


@console_page("staff.manage")
def staff_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """List the staff; give a colleague an account, another role, or none."""
    context: dict[str, Any] = {"typed": {}, "refusal": None, "failed": ""}
    if request.method == "POST":
        do = request.POST.get("do", "")
        try:
            if do == "create":
                messages.success(request, _create(request, console))
            elif do == "role":
                messages.success(request, _set_role(request, console))
            return redirect("admin:clients_staff")
        except Refused as refusal:
            context |= {"typed": request.POST.dict(), "refusal": refusal, "failed": do}
    context |= {
        "title": "Staff",
        "rows": [(person, role_in_groups(person)) for person in staff_overview()],
        "roles": ROLES,
        **history_page(request, house_history()),
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/staff.html", context, status=status)


def role_in_groups(person: User) -> str:
    """Give what a person is on our side from the groups that are loaded already, "" for nothing."""
    names = {group.name for group in person.groups.all()} if person.is_staff else set()
    if person.is_superuser and person.is_staff:
        return Role.OPS_ADMIN
    return next((role.value for role, name in GROUPS.items() if name in names), "")


def _create(request: HttpRequest, console: Console) -> str:
    person = actions.create_staff(
        email=request.POST.get("email", ""),
        name=request.POST.get("name", ""),
        role=request.POST.get("role", ""),
        time_zone=request.POST.get("time_zone", "").strip() or "UTC",
        actor=console.user,
        now=console.now,
    )
    return f"{person} signs in with a code mailed to {person.email}."


def _set_role(request: HttpRequest, console: Console) -> str:
    person = staff_overview().filter(pk=whole(request.POST, "user")).first()
    if person is None:
        raise InvalidInput("Choose somebody of the staff.", field="user")
    actions.set_staff_role(
        user_id=person.pk,
        role=request.POST.get("role", ""),
        actor=console.user,
        now=console.now,
    )
    return f"The access of {person} is changed."
