"""Clients: the list, and one client with everything that belongs to the account."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients import actions
from clients.admin.events import history_page
from clients.console import Console, console_page, show, whole, whole_or_none
from clients.models import Client, Member, Retainer
from clients.queries import (
    all_projects,
    clients_overview,
    get_client_for,
    history_of,
    invitations_of,
    members_of,
    plan_versions,
    retainers_of,
    staff,
)
from clients.rules.retainers import RETAINER_MOVES, RetainerState
from clients.rules.roles import CLIENT_ROLES
from core.errors import InvalidInput, Refused

CLIENTS_A_PAGE = 50
# What the buttons say, in the order in which they stand.
_MOVES = {
    RetainerState.TRIALING: "Start the trial",
    RetainerState.ACTIVE: "Activate",
    RetainerState.PAUSED: "Pause",
    RetainerState.PAST_DUE: "Mark as past due",
    RetainerState.SUSPENDED: "Suspend",
    RetainerState.ENDED: "End for good",
}


@console_page("client.read")
def clients_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """List all clients with their plan, apps and members; open a new account."""
    context: dict[str, Any] = {"typed": {}, "refusal": None}
    if request.method == "POST":
        try:
            client = _create(request, console)
        except Refused as refusal:
            context |= {"typed": request.POST.dict(), "refusal": refusal}
        else:
            messages.success(request, f"{client.name} has an account. Next: a member and an app.")
            return redirect("admin:clients_client", pk=client.pk)
    rows = clients_overview().order_by("name", "pk")
    if wanted := request.GET.get("q", "").strip()[:100].replace("\x00", ""):
        rows = rows.filter(name__icontains=wanted)
    page = Paginator(rows, CLIENTS_A_PAGE).get_page(request.GET.get("page"))
    context |= {
        "title": "Clients",
        "rows": list(page),
        "pages": page,
        "pages_of": urlencode({"q": wanted}) if wanted else "",
        "q": wanted,
        "states": dict(RetainerState.choices),
        "people": list(staff().order_by("name")),
        "may_create": console.may("client.create"),
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/clients.html", context, status=status)


@console_page("client.read")
def client_page(request: HttpRequest, console: Console, pk: int) -> HttpResponseBase:
    """Show an account with its history; take one change of it."""
    client = get_client_for(console.user, pk)
    context: dict[str, Any] = {"typed": {}, "refusal": None, "failed": ""}
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do not in _CHANGES:
            return redirect("admin:clients_client", pk=pk)
        try:
            messages.success(request, _CHANGES[do](request, console, client))
        except Refused as refusal:
            context |= {"typed": request.POST.dict(), "refusal": refusal, "failed": do}
            client = get_client_for(console.user, pk)
        else:
            return redirect("admin:clients_client", pk=pk)
    context |= _facts(console, client) | history_page(request, history_of(client.pk))
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/client.html", context, status=status)


def _facts(console: Console, client: Client) -> dict[str, Any]:
    retainers = list(retainers_of(client.pk))
    running = next((row for row in retainers if row.state != RetainerState.ENDED), None)
    return {
        "title": client.name,
        "crumb": ("/console/clients/", "Clients"),
        "client": client,
        "members": list(members_of(client.pk)),
        "invitations": list(invitations_of(client.pk)[:50]),
        "projects": list(all_projects(client.pk)),
        "running": running,
        "retainers": retainers,
        "retainer_moves": _retainer_moves(console, running),
        "versions": list(plan_versions()) if running is None else [],
        "people": list(staff().order_by("name")),
        "roles": [(role.value, role.label) for role in CLIENT_ROLES],
        "may": {
            "change": console.may("client.change"),
            "lead": console.may("client.set_lead"),
            "members": console.may("member.invite"),
            "project": console.may("project.create"),
            "retainer": console.may("retainer.start"),
        },
    }


def _retainer_moves(console: Console, running: Retainer | None) -> list[tuple[str, str]]:
    """Give the moves of the running retainer that its state allows, with their words."""
    if running is None or not console.may("retainer.move"):
        return []
    allowed = RETAINER_MOVES[RetainerState(running.state)]
    return [(state.value, words) for state, words in _MOVES.items() if state in allowed]


def _create(request: HttpRequest, console: Console) -> Client:
    data = request.POST
    return actions.create_client(
        name=data.get("name", ""),
        slug=data.get("slug", "").strip(),
        time_zone=data.get("time_zone", "").strip() or "UTC",
        lead_id=whole_or_none(data, "lead"),
        actor=console.user,
        now=console.now,
    )


def _change(request: HttpRequest, console: Console, client: Client) -> str:
    actions.change_client(
        client_id=client.pk,
        name=request.POST.get("name", ""),
        time_zone=request.POST.get("time_zone", "").strip(),
        notes=request.POST.get("notes", ""),
        actor=console.user,
        now=console.now,
    )
    return "Saved."


def _set_lead(request: HttpRequest, console: Console, client: Client) -> str:
    changed = actions.set_lead(
        client_id=client.pk,
        lead_id=whole_or_none(request.POST, "lead"),
        actor=console.user,
        now=console.now,
    )
    return f"{changed.lead or 'Nobody'} leads {changed.name}."


def _invite(request: HttpRequest, console: Console, client: Client) -> str:
    invitation = actions.invite_member(
        client_id=client.pk,
        email=request.POST.get("email", ""),
        role=request.POST.get("role", ""),
        actor=console.user,
        now=console.now,
    )
    return f"{invitation.email} is invited; the link works for 14 days."


def _revoke_invitation(request: HttpRequest, console: Console, client: Client) -> str:
    invitation = invitations_of(client.pk).get(pk=whole(request.POST, "invitation"))
    actions.revoke_invitation(invitation_id=invitation.pk, actor=console.user, now=console.now)
    return f"The invitation of {invitation.email} is taken back."


def _member(request: HttpRequest, client: Client) -> Member:
    member: Member = members_of(client.pk).get(pk=whole(request.POST, "member"))
    return member


def _change_role(request: HttpRequest, console: Console, client: Client) -> str:
    member = actions.change_member_role(
        member_id=_member(request, client).pk,
        role=request.POST.get("role", ""),
        actor=console.user,
        now=console.now,
    )
    return f"{member.user} is {member.get_role_display().lower()} now."


def _remove_member(request: HttpRequest, console: Console, client: Client) -> str:
    member = _member(request, client)
    actions.remove_member(member_id=member.pk, actor=console.user, now=console.now)
    return f"{member.user} is no member any more; what they wrote stays."


def _create_project(request: HttpRequest, console: Console, client: Client) -> str:
    facts = {"name": request.POST.get("name", ""), "url": request.POST.get("url", "")}
    project = actions.create_project(
        client_id=client.pk,
        facts=facts,
        slug=request.POST.get("slug", "").strip(),
        actor=console.user,
        now=console.now,
    )
    return f"{project.name} is under care. Write down its facts next."


def _draft_retainer(request: HttpRequest, console: Console, client: Client) -> str:
    version = plan_versions().filter(pk=whole(request.POST, "version")).first()
    if version is None:
        raise InvalidInput("Choose a plan.", field="version")
    retainer = actions.create_retainer(
        client_id=client.pk, plan_version_id=version.pk, actor=console.user, now=console.now
    )
    return f"Drafted: {retainer.plan_version}. Start it when they agreed."


def _move_retainer(request: HttpRequest, console: Console, client: Client) -> str:
    state = request.POST.get("state", "")
    if state not in RetainerState.values:
        raise InvalidInput("Choose a state.", field="state")
    retainer = retainers_of(client.pk).get(pk=whole(request.POST, "retainer"))
    moved = actions.set_retainer_state(
        retainer_id=retainer.pk, state=state, actor=console.user, now=console.now
    )
    return f"The retainer is {moved.get_state_display().lower()}."


_CHANGES: dict[str, Callable[[HttpRequest, Console, Client], str]] = {
    "change": _change,
    "create_project": _create_project,
    "draft_retainer": _draft_retainer,
    "invite": _invite,
    "lead": _set_lead,
    "move_retainer": _move_retainer,
    "remove_member": _remove_member,
    "revoke_invitation": _revoke_invitation,
    "role": _change_role,
}
