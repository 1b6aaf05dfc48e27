"""Saved replies: the list and its form, and their text filled in for one report or ticket."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients.console import Console, console_page, show, whole_or_none
from core.errors import Refused
from tickets.actions import save_macro
from tickets.models import Macro, Report, Ticket
from tickets.queries import macros


def filled_macros(about: Report | Ticket, report: Report | None) -> list[dict[str, str]]:
    """Give the saved replies in use, with number, project and reporter put in."""
    reporter = report.reporter if report else None
    facts = {
        "{number}": str(about.number),
        "{project}": about.project.name,
        "{reporter}": str(reporter.user or reporter) if reporter else "there",
    }
    filled = []
    for macro in macros():
        body = macro.body
        for placeholder, value in facts.items():
            body = body.replace(placeholder, value)
        filled.append({"name": macro.name, "body": body})
    return filled


@console_page("macro.manage")
def macros_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """List the saved replies; take a new one or a change."""
    context: dict[str, Any] = {"title": "Saved replies", "typed": {}, "refusal": None}
    if request.method == "POST":
        try:
            macro = save_macro(
                name=request.POST.get("name", ""),
                body=request.POST.get("body", ""),
                macro_id=whole_or_none(request.POST, "macro"),
                is_active="is_active" in request.POST,
                actor=console.user,
                now=console.now,
            )
        except Refused as refusal:
            context |= {"typed": request.POST.dict(), "refusal": refusal}
        else:
            messages.success(request, f"Saved “{macro.name}”.")
            return redirect("admin:tickets_macros")
    edited = _edited(request)
    rows = list(macros(active_only=False).order_by("-is_active", "name"))
    context |= {"rows": rows, "edited": edited}
    status = 422 if context["refusal"] else 200
    return show(request, console, "console/macros.html", context, status=status)


def _edited(request: HttpRequest) -> Macro | None:
    given = request.POST.get("macro") or request.GET.get("edit") or ""
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        return None
    return macros(active_only=False).filter(pk=given).first()
