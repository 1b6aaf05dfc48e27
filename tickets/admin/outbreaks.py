"""One problem of several clients at once: what they share, and the fix that serves them all."""

import re
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients.console import Console, console_page, show, whole
from clients.pages import number_in
from core.errors import InvalidInput, Refused
from tickets.actions import (
    close_outbreak,
    link_ticket,
    open_outbreak,
    ship_outbreak,
    unlink_ticket,
)
from tickets.models import Outbreak, Ticket
from tickets.queries import all_outbreaks, children_of
from tickets.queries.outbreaks import MOST_CHILDREN
from tickets.rules.states import TicketState

OUTBREAKS_A_PAGE = 30


@console_page("ticket.work")
def outbreaks_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """List the outbreaks, open ones first; open one from tickets that belong together."""
    typed = {"numbers": request.GET.get("ticket", "")[:20]}
    context: dict[str, Any] = {"typed": typed, "refusal": None}
    if request.method == "POST":
        try:
            opened = open_outbreak(
                numbers=_numbers(request.POST.get("numbers", "")),
                title=request.POST.get("title", ""),
                actor=console.user,
                now=console.now,
            )
        except Refused as refusal:
            context = {"typed": request.POST.dict(), "refusal": refusal}
        else:
            messages.success(request, "Opened. The leads and who is on call are told.")
            return redirect("admin:tickets_outbreak", pk=opened.pk)
    context |= {
        "title": "Outbreaks",
        "pages": Paginator(all_outbreaks(), OUTBREAKS_A_PAGE).get_page(request.GET.get("page")),
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/outbreaks.html", context, status=status)


@console_page("ticket.work")
def outbreak_page(request: HttpRequest, console: Console, pk: int) -> HttpResponseBase:
    """Show an outbreak with its tickets; add, take out, ship or close."""
    outbreak = all_outbreaks().select_related("opened_by").get(pk=pk)
    context: dict[str, Any] = {"typed": {}, "refusal": None, "failed": ""}
    if request.method == "POST":
        do = request.POST.get("do", "")
        try:
            _act(request, console, do, outbreak)
        except Refused as refusal:
            context = {"typed": request.POST.dict(), "refusal": refusal, "failed": do}
            outbreak = all_outbreaks().select_related("opened_by").get(pk=pk)
        else:
            return redirect("admin:tickets_outbreak", pk=pk)
    children = list(children_of(outbreak)[: MOST_CHILDREN + 1])
    context |= {
        "title": "Outbreak",
        "crumb": ("/console/outbreaks/", "Outbreaks"),
        "outbreak": outbreak,
        "children": children[:MOST_CHILDREN],
        "has_more": len(children) > MOST_CHILDREN,
        "ready": [] if outbreak.state == Outbreak.State.CLOSED else _by_project(children),
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/outbreak.html", context, status=status)


def _act(request: HttpRequest, console: Console, do: str, outbreak: Outbreak) -> None:
    """Make the one call that a form asks for, and say what came of it."""
    data = request.POST
    at: Any = {"outbreak_id": outbreak.pk, "actor": console.user, "now": console.now}
    match do:
        case "add":
            ticket = link_ticket(number=whole(data, "number"), **at)
            messages.success(request, f"#{ticket.number} is part of it.")
        case "out":
            ticket = _child(outbreak, whole(data, "number"))
            unlink_ticket(ticket_id=ticket.pk, **at)
            messages.success(request, f"#{ticket.number} is no longer part of it.")
        case "close":
            close_outbreak(reason=data.get("reason", ""), **at)
            messages.success(request, "Closed. Its tickets stay as they are.")
        case "ship":
            _ship(request, at)


def _ship(request: HttpRequest, at: Any) -> None:
    """Ship what was ticked, with the releases that stand beside it, and tell what stayed behind."""
    data = request.POST
    releases = {
        project_id: version
        for name, version in data.items()
        if isinstance(version, str)
        and (project_id := number_in(name.removeprefix("release-"))) is not None
    }
    wanted = [pk for given in data.getlist("ticket") if (pk := number_in(given)) is not None]
    shipping = ship_outbreak(ticket_ids=wanted, releases=releases, **at)
    for ticket, reason in shipping.refused:
        messages.error(request, f"#{ticket.number} was not shipped: {reason}")
    shipped = ", ".join(f"#{ticket.number}" for ticket in shipping.shipped)
    asked = f" {shipped} shipped; their reporters are asked." if shipped else ""
    messages.success(request, f"The outbreak is shipped.{asked}")


def _child(outbreak: Outbreak, number: int) -> Ticket:
    child = outbreak.tickets.filter(number=number).first()
    if child is None:
        raise InvalidInput(f"#{number} is not part of this outbreak.", field="number")
    return child


def _numbers(typed: str) -> list[int]:
    """Read ticket numbers as people type them: with or without #, between commas or blanks."""
    words = re.split(r"[\s,;]+", typed.strip()[:2000])
    numbers = [number_in(word.lstrip("#")) for word in words if word]
    found = [number for number in numbers if number is not None]
    if len(found) < len(numbers):
        raise InvalidInput("Give the numbers of the tickets, with commas between.", field="numbers")
    return found


def _by_project(children: list[Ticket]) -> list[tuple[Ticket, list[Ticket]]]:
    """Give the tickets that can be shipped, app by app, each with its first for the app's names."""
    found: dict[int, list[Ticket]] = {}
    for child in children:
        if child.state == TicketState.IN_REVIEW:
            found.setdefault(child.project_id, []).append(child)
    return [(tickets[0], tickets) for tickets in found.values()]
