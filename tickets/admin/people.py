"""Who reported something to a client: give out and erase what is kept of one of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients.console import Console, console_page, show
from clients.queries import all_projects, get_client_for
from core.errors import Refused
from tickets import people_pages as pages

_CHANGES = {"erase": pages.erase, "retention": pages.set_retention}


@console_page("person.manage")
def reporters_page(request: HttpRequest, console: Console, pk: int) -> HttpResponseBase:
    """List a client's reporters, and what was given out and erased of them."""
    client = get_client_for(console.user, pk)
    who = (console.user, console.now)
    refusal = None
    if request.method == "POST":
        do = request.POST.get("do", "")
        try:
            if do == "export":
                return pages.export(pk, request.POST, *who)
            if do in _CHANGES:
                messages.success(request, _CHANGES[do](pk, request.POST, *who))
            return redirect("admin:tickets_reporters", pk=pk)
        except Refused as refused:
            refusal = refused
    context = {
        "title": f"People of {client.name}",
        "crumb": (f"/console/clients/{client.pk}/", client.name),
        "client": client,
        "projects": list(all_projects(pk)),
        "refusal": refusal,
        **pages.facts_of(pk, request.GET.get("q", "")),
    }
    status = refusal.status if refusal else 200
    return show(request, console, "console/reporters.html", context, status=status)
