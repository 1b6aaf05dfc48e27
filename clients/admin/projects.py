"""A project: what an engineer must know at night, its deploys and its API keys."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients import actions
from clients.actions.projects import PROJECT_FACTS
from clients.console import Console, console_page, show, whole
from clients.models import ApiScope, KeyKind, Project
from clients.queries import api_keys_of, form_of, get_project_for, recent_releases
from core.errors import Refused

MOST_RELEASES = 50


@console_page("project.change")
def project_page(request: HttpRequest, console: Console, pk: int) -> HttpResponseBase:
    """Show an app's facts, deploys and keys; take one change."""
    project = get_project_for(console.user, pk)
    context: dict[str, Any] = {"typed": {}, "refusal": None, "failed": ""}
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do not in _CHANGES and do != "create_key":
            return redirect("admin:clients_project", pk=pk)
        try:
            if do != "create_key":
                messages.success(request, _CHANGES[do](request, console, project))
                return redirect("admin:clients_project", pk=pk)
            # Shown in this answer: to be shown by the next, it would have to be stored.
            context["new_key"] = _create_key(request, console, project)
        except Refused as refusal:
            context |= {"typed": request.POST.dict(), "refusal": refusal, "failed": do}
            context["typed_scopes"] = request.POST.getlist("scopes")
            project = get_project_for(console.user, pk)
    keys = list(api_keys_of(project.pk))
    context |= {
        "title": project.name,
        "crumb": (f"/console/clients/{project.client_id}/", project.client.name),
        "project": project,
        "facts": _fields(project, context["typed"] if context["failed"] == "change" else {}),
        "keys": [key for key in keys if key.kind == KeyKind.SERVER],
        "pages_keys": [key for key in keys if key.kind == KeyKind.BROWSER and not key.revoked_at],
        "releases": list(recent_releases(project.pk)[:MOST_RELEASES]),
        "scopes": ApiScope.choices,
        "asked": len(form.asked) if (form := form_of(pk)) else 0,
        "may_archive": console.may("project.create") and not project.archived_at,
        "may_keys": console.may("key.manage") and not project.archived_at,
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/project.html", context, status=status)


def _fields(project: Project, typed: dict[str, str]) -> list[dict[str, Any]]:
    """Give the facts for the form: name, label, what is typed or stored, and whether it is long."""
    long = {"deploy_steps", "rollback_steps", "contacts"}
    return [
        {
            "name": name,
            "label": str(Project._meta.get_field(name).verbose_name).capitalize(),  # type: ignore[union-attr]
            "value": typed.get(name, getattr(project, name)),
            "is_long": name in long,
            "is_link": name.endswith("url"),
        }
        for name in PROJECT_FACTS
    ]


def _change(request: HttpRequest, console: Console, project: Project) -> str:
    facts = {name: request.POST[name] for name in PROJECT_FACTS if name in request.POST}
    actions.change_project(project_id=project.pk, facts=facts, actor=console.user, now=console.now)
    return "Saved."


def _archive(request: HttpRequest, console: Console, project: Project) -> str:
    actions.archive_project(project_id=project.pk, actor=console.user, now=console.now)
    return f"{project.name} is archived; its keys stopped working."


def _create_key(request: HttpRequest, console: Console, project: Project) -> str:
    key, token = actions.create_api_key(
        project_id=project.pk,
        name=request.POST.get("name", ""),
        scopes=request.POST.getlist("scopes"),
        actor=console.user,
        now=console.now,
    )
    messages.success(request, f"The key “{key.name}” is made. Copy it now.")
    return token


def _revoke_key(request: HttpRequest, console: Console, project: Project) -> str:
    key = api_keys_of(project.pk).get(pk=whole(request.POST, "key"))
    actions.revoke_api_key(key_id=key.pk, actor=console.user, now=console.now)
    return f"The key “{key.name}” stopped working."


def _record_release(request: HttpRequest, console: Console, project: Project) -> str:
    release, is_new = actions.record_release(
        project_id=project.pk,
        version=request.POST.get("version", ""),
        environment=request.POST.get("environment", ""),
        actor=console.user,
        now=console.now,
    )
    return f"{release.version} is recorded." if is_new else f"{release.version} was known already."


def _renew_mail(request: HttpRequest, console: Console, project: Project) -> str:
    actions.renew_mail_address(project_id=project.pk, actor=console.user, now=console.now)
    return f"{project.name} has a new address. Give it to whoever wrote to the old one."


_CHANGES: dict[str, Callable[[HttpRequest, Console, Project], str]] = {
    "archive": _archive,
    "change": _change,
    "record_release": _record_release,
    "renew_mail": _renew_mail,
    "revoke_key": _revoke_key,
}
