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
from tickets.queries import clients_with_work, get_ticket_for, open_tickets
from tickets.queries.order import takeable
from tickets.queries.receipts import Line, lines_of
from tickets.queries.takers import BEGUN_CAP, Taker, taker_of
from tickets.rules.states import BEGUN, OPEN
from tickets.rules.words import Priority

PAGE_SIZE = 50
# Deeper pages cost more and nobody reads them: filters narrow the list instead.
MOST_PAGES = 10
# Longer menus are not read: the search in the header leads to any client, and from there back here.
MOST_CLIENTS = 300
MOST_PROJECTS = 200


# The tabs beside the order in which work is taken; "open" lists everything by priority and age.
TABS = [
    ("", "Next up"), *((state.value, state.label) for state in BEGUN), ("open", "All open"),
]  # fmt: skip


class QueueFilter(forms.Form):
    """What the queue is narrowed to; a value that makes no sense counts as not given."""

    state = forms.ChoiceField(
        required=False, choices=[("open", "All"), *((s.value, s.label) for s in OPEN)]
    )
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
    """Show what is taken next and why, or the open tickets by state; take the next one."""
    if request.method == "POST":
        return _act(request, console)
    wanted = QueueFilter(request.GET).wanted()
    page = wanted.pop("page", 1)
    menus = _menus(console, wanted)
    # Somebody's tickets are looked at as they are, not for their turn.
    is_order = "state" not in wanted and "assignee" not in wanted
    tab = "" if is_order else wanted.get("state", "open")
    first = (page - 1) * PAGE_SIZE
    taker = taker_of(console.user)
    rows: list[Line] | list[Ticket]
    if is_order:
        some = _narrowed(takeable(taker), wanted, console) if wanted else None
        rows = lines_of(taker, now=console.now, first=first, most=PAGE_SIZE + 1, rows=some)
    else:
        rows = list(_narrowed(open_tickets(), wanted, console)[first : first + PAGE_SIZE + 1])
    waiting, waiting_s1 = waiting_of(request)
    return show(
        request,
        console,
        "console/queue.html",
        {
            "title": "Queue",
            "is_order": is_order,
            "rows": rows[:PAGE_SIZE],
            "tabs": _tabs(wanted, tab, taker),
            "first": first,
            "last": first + min(len(rows), PAGE_SIZE),
            "page": page,
            "is_last_shown_page": page == MOST_PAGES,
            "has_next": len(rows) > PAGE_SIZE,
            "link": "?" + urlencode(wanted) + ("&" if wanted else ""),
            "wanted": wanted,
            "narrowed": wanted.keys() - {"state"},
            "priorities": Priority.choices,
            **menus,
            # Whose tickets they are is asked of the lists; their turn is everybody's own.
            "people": [] if is_order else list(staff().order_by("name")),
            "most_begun": BEGUN_CAP,
            "waiting": waiting,
            "waiting_s1": waiting_s1,
        },
    )


def _tabs(wanted: dict[str, Any], chosen: str, taker: Taker) -> list[dict[str, Any]]:
    """Give the tabs with how many each state has, all clients together."""
    others = {name: value for name, value in wanted.items() if name not in ("state", "assignee")}
    return [
        {
            "label": label,
            "link": "?" + urlencode({**others, **({"state": state} if state else {})}),
            "count": taker.begun.get(state),
            "is_chosen": state == chosen,
        }
        for state, label in TABS
    ]


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
    if wanted.get("state", "open") != "open":
        rows = rows.filter(state=wanted["state"])
    if "priority" in wanted:
        rows = rows.filter(priority=wanted["priority"])
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
