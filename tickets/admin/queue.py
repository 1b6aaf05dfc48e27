"""The queue: what is worked next, and why."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients.console import Console, console_page, refusals_as_messages, show
from clients.queries import client_projects, clients_for, projects_for, staff
from tickets.actions import approve_p1, take_next
from tickets.admin.waiting import waiting_of
from tickets.models import Ticket
from tickets.queries import clients_with_work, get_ticket_for, queue
from tickets.rules.states import OPEN
from tickets.rules.words import Priority

PAGE_SIZE = 50
# Deeper pages cost more and nobody reads them: filters narrow the list instead.
MOST_PAGES = 20
# Longer menus are not read: the search in the header leads to any client, and from there back here.
MOST_CLIENTS = 300
MOST_PROJECTS = 200


class QueueFilter(forms.Form):
    """What the queue is narrowed to; a value that makes no sense counts as not given."""

    state = forms.ChoiceField(required=False, choices=[(s.value, s.label) for s in OPEN])
    priority = forms.ChoiceField(required=False, choices=Priority.choices)
    client = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    project = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    assignee = forms.CharField(required=False, max_length=20)
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES)

    def wanted(self) -> dict[str, Any]:
        """Give the filters that are set."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


@console_page("ticket.work")
def queue_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Show the open tickets in the order they are worked; take the next one."""
    if request.method == "POST":
        return _act(request, console)
    wanted = QueueFilter(request.GET).wanted()
    page = wanted.pop("page", 1)
    menus = _menus(console, wanted)
    first = (page - 1) * PAGE_SIZE
    found = list(_narrowed(queue(now=console.now), wanted, console)[first : first + PAGE_SIZE + 1])
    waiting, waiting_s1 = waiting_of(request)
    return show(
        request,
        console,
        "console/queue.html",
        {
            "title": "Queue",
            "tickets": found[:PAGE_SIZE],
            "first": first,
            "last": first + min(len(found), PAGE_SIZE),
            "page": page,
            "is_last_shown_page": page == MOST_PAGES,
            "has_next": len(found) > PAGE_SIZE,
            "link": "?" + urlencode(wanted) + ("&" if wanted else ""),
            "wanted": wanted,
            "states": [(s.value, s.label) for s in OPEN],
            "priorities": Priority.choices,
            **menus,
            "people": list(staff().order_by("name")),
            "waiting": waiting,
            "waiting_s1": waiting_s1,
        },
    )


def _menus(console: Console, wanted: dict[str, Any]) -> dict[str, Any]:
    """Give the clients with open tickets, and the apps of the client that is chosen.

    An app brings its client along; one of another client counts as not given.
    """
    project = None
    if "project" in wanted:
        project = projects_for(console.user).filter(pk=wanted["project"]).first()
        if project is None or wanted.setdefault("client", project.client_id) != project.client_id:
            del wanted["project"]
            project = None
    clients = list(clients_with_work(console.user)[: MOST_CLIENTS + 1])
    chosen = wanted.get("client")
    shown = clients[:MOST_CLIENTS]
    if chosen and chosen not in {client.pk for client in shown}:
        shown += [project.client] if project else clients_for(console.user).filter(pk=chosen)
    return {
        "clients": shown,
        "has_more_clients": len(clients) > MOST_CLIENTS,
        "projects": list(client_projects(chosen)[:MOST_PROJECTS]) if chosen else [],
    }


def _narrowed(rows: QuerySet[Ticket], wanted: dict[str, Any], console: Console) -> QuerySet[Ticket]:
    for field in ("state", "priority"):
        if field in wanted:
            rows = rows.filter(**{field: wanted[field]})
    for field in ("client", "project"):
        if field in wanted:
            rows = rows.filter(**{f"{field}_id": wanted[field]})
    match wanted.get("assignee", ""):
        case "me":
            rows = rows.filter(assignee=console.user)
        case "nobody":
            rows = rows.filter(assignee=None)
        case number if number.isascii() and number.isdigit():
            rows = rows.filter(assignee_id=int(number[:18]))
    return rows


def _act(request: HttpRequest, console: Console) -> HttpResponseBase:
    number = request.POST.get("number", "")
    with refusals_as_messages(request):
        if request.POST.get("do") == "approve_p1" and number.isascii() and number.isdigit():
            ticket = get_ticket_for(console.user, int(number[:18]))
            approve_p1(ticket_id=ticket.pk, actor=console.user, now=console.now)
            messages.success(request, f"#{ticket.number} is P1 now.")
        elif request.POST.get("do") == "take_next":
            ticket = take_next(actor=console.user, now=console.now)
            messages.success(request, f"#{ticket.number} is yours.")
            return redirect("admin:tickets_workbench", number=ticket.number)
    return redirect(request.get_full_path())
