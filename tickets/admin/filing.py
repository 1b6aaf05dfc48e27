"""Filing a report for a client who called, or wrote somewhere else."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients.console import FORM_KEY, Console, console_page, show, whole
from clients.models import Member, Project, User
from clients.queries import members_of, projects_for
from core.errors import InvalidInput, Refused
from tickets.actions import Sender, receive_report
from tickets.admin.moves import Sent, kept_files, store_files
from tickets.models import Report, Source
from tickets.rules.words import Severity


@console_page("report.triage")
def file_report(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Take a report as a client's member told it; it is triaged like every other."""
    projects = list(projects_for(console.user).order_by("client__name", "name"))
    project = _chosen(projects, request.POST.get("project") or request.GET.get("project") or "")
    context: dict[str, Any] = {"typed": {}, "refusal": None, "kept": []}
    if request.method == "POST":
        sent = Sent(request, console)
        try:
            report = _receive(sent, project)
        except Refused as refusal:
            context |= {"typed": request.POST.dict(), "refusal": refusal}
            context["kept"] = kept_files(console, sent.kept)
        else:
            messages.success(request, f"#{report.number} is filed and waits for triage.")
            return redirect("admin:tickets_triage_report", number=report.number)
    context |= {
        "title": "File a report",
        "projects": projects,
        "project": project,
        "members": list(members_of(project.client_id)) if project else [],
        "severities": Severity.choices,
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/file_report.html", context, status=status)


def _receive(sent: Sent, project: Project | None) -> Report:
    if project is None:
        raise InvalidInput("Choose the app it is about.", field="project")
    report, _ = receive_report(
        project_id=project.pk,
        source=Source.STAFF,
        text=sent.text("text"),
        title=sent.text("title"),
        page_url=sent.text("page_url"),
        claimed_severity=sent.text("claimed_severity"),
        sender=_sender(sent, project),
        attachment_ids=store_files(sent),
        source_key=sent.text(FORM_KEY)[:40],
        actor=sent.console.user,
        now=sent.console.now,
    )
    return report


def _sender(sent: Sent, project: Project) -> Sender | None:
    if sent.text("member"):
        return Sender(user=_member(project, whole(sent.request.POST, "member")))
    if sent.text("email") or sent.text("name"):
        return Sender(email=sent.text("email"), name=sent.text("name"))
    return None


def _member(project: Project, pk: int) -> User:
    member: Member | None = members_of(project.client_id).filter(pk=pk).first()
    if member is None:
        raise InvalidInput("This is not a member of the app's client.", field="member")
    return member.user


def _chosen(projects: list[Project], given: str) -> Project | None:
    return next((project for project in projects if str(project.pk) == given), None)
