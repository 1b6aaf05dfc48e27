"""The widget of a project: the keys that stand in its pages, and the line to copy."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients import widget_pages as pages
from clients.console import Console, console_page, show, whole_or_none
from clients.queries import get_project_for
from core.errors import InvalidInput, Refused


@console_page("key.manage")
def project_widget_page(request: HttpRequest, console: Console, pk: int) -> HttpResponseBase:
    """Show how to put the widget on an app's pages; take one change."""
    project = get_project_for(console.user, pk)
    refusal, typed = None, {}
    if request.method == "POST":
        try:
            change = pages.CHANGES.get(request.POST.get("do", ""))
            if change is None:
                raise InvalidInput("There is nothing like that to do.")
            messages.success(
                request, change(project, request.POST.dict(), console.user, console.now)
            )
            return redirect("admin:clients_project_widget", pk=pk)
        except Refused as refused:
            refusal, typed = refused, request.POST.dict()
    may_identity = console.may("identity.manage")
    context: dict[str, Any] = {
        "title": f"Widget of {project.name}",
        "crumb": (f"/console/projects/{project.pk}/", project.name),
        "project": project,
        "refusal": refusal,
        "typed": typed,
        "failed": typed.get("do", ""),
        "failed_key": whole_or_none(typed, "key") if typed else None,
        **pages.facts_of([project], with_secrets=may_identity),
    }
    status = refusal.status if refusal else 200
    return show(request, console, "console/project_widget.html", context, status=status)
