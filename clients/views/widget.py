from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clients import widget_pages as pages
from clients.pages import new_form_key, sent_once
from clients.portal import Portal, number_of, portal_page, show
from clients.queries import client_projects
from core.errors import LimitReached, NotAllowed, Refused


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
def widget(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """Show an owner how to put the widget on the pages of each app, and take changes to that."""
    if not portal.may("key.manage"):
        raise NotAllowed
    refusal, failed, status = None, ("", 0), 200
    if request.method == "POST":
        with sent_once(request, portal.user) as is_first:
            if not is_first:
                return redirect("widget")
            try:
                messages.success(request, _change(request, portal))
                return redirect("widget")
            except (LimitReached, NotAllowed):
                raise
            except Refused as refused:
                refusal, status = refused, 422
                failed = (request.POST.get("action", ""), number_of(request.POST.get("project")))
    projects = client_projects(portal.client.pk)
    context = {
        "nav": "settings",
        "form_key": new_form_key(),
        "refusal": refusal,
        "failed": failed[0],
        "failed_project": failed[1],
        "failed_key": number_of(request.POST.get("key")),
        "typed": request.POST if refusal else {},
        **pages.facts_of(projects, with_secrets=portal.may("identity.manage")),
    }
    return show(request, portal, "portal/widget.html", context, status=status)


def _change(request: HttpRequest, portal: Portal) -> str:
    pk = number_of(request.POST.get("project"))
    project = client_projects(portal.client.pk).get(pk=pk)
    change = pages.CHANGES.get(request.POST.get("action", ""))
    if change is None:
        raise NotAllowed
    return change(project, request.POST.dict(), portal.user, portal.now)
