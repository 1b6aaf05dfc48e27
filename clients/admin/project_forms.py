"""A project's own questions: written in YAML, seen as they will be asked, published."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients import actions
from clients.answer_forms import AnswersForm
from clients.console import Console, console_page, show, show_part
from clients.models import Project, ProjectForm
from clients.queries import forms_of, get_project_for
from clients.rules.forms import Question, QuestionType, read_form
from core.errors import Refused

MOST_VERSIONS = 20
EXAMPLE = """\
- name: order
  type: text
  label: {en: Order number, de: Bestellnummer}
  help: It stands on the receipt.
- name: plan
  type: choice
  label: Which plan are you on?
  options: [Free, Pro, Team]
  required: yes
"""


@console_page("form.publish")
def project_form_page(request: HttpRequest, console: Console, pk: int) -> HttpResponseBase:
    """Show what an app asks whoever reports something; publish other questions."""
    project = get_project_for(console.user, pk)
    versions = list(forms_of(pk)[:MOST_VERSIONS])
    source, refusal = versions[0].source if versions else "", None
    questions = versions[0].questions if versions else []
    if request.method == "POST":
        source = request.POST.get("source", "")
        try:
            questions = read_form(source)
            if request.POST.get("do") != "preview":
                return _publish(request, console, project, source, versions)
        except Refused as refused:
            refusal = refused
    context: dict[str, Any] = {
        "refusal": refusal,
        "answers": AnswersForm(questions=questions),
        "asks": len(questions),
    }
    if request.headers.get("HX-Request"):
        return show_part(request, console, "console/parts/project_questions.html", context)
    context |= {
        "title": f"Questions of {project.name}",
        "crumb": (f"/console/projects/{project.pk}/", project.name),
        "project": project,
        "source": source,
        "versions": versions,
        "types": list(QuestionType),
        "example": EXAMPLE,
    }
    status = refusal.status if refusal else 200
    return show(request, console, "console/project_form.html", context, status=status)


def _publish(
    request: HttpRequest,
    console: Console,
    project: Project,
    source: str,
    versions: list[ProjectForm],
) -> HttpResponseBase:
    form = actions.publish_form(
        project_id=project.pk, source=source, actor=console.user, now=console.now
    )
    if form is None or (versions and form.pk == versions[0].pk):
        messages.info(request, "Nothing changed.")
    else:
        messages.success(request, _said(form.questions))
    return redirect("admin:clients_project_form", pk=project.pk)


def _said(questions: list[Question]) -> str:
    if not questions:
        return "Nothing is asked any more. What was answered stays."
    return "Published. Portal, widget and API ask it from now on."
