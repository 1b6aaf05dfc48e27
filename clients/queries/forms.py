"""What a project asks whoever reports something."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from clients.models import ProjectForm
from clients.rules.forms import answers_schema


def form_of(project_id: int, number: int | None = None) -> ProjectForm | None:
    """Give the questions that are asked now, or a version of them by its number."""
    forms = ProjectForm.objects.filter(project_id=project_id)
    return (forms.filter(number=number) if number is not None else forms).first()


def forms_of(project_id: int) -> QuerySet[ProjectForm]:
    """List all versions of a project's questions, newest first."""
    return ProjectForm.objects.filter(project_id=project_id).select_related("published_by")


def forms_by_version(versions: Iterable[tuple[int, int]]) -> dict[tuple[int, int], ProjectForm]:
    """Give forms by project and number, in one query; none where none are wanted."""
    wanted = set(versions)
    if not wanted:
        return {}
    which = Q()
    for project_id, number in wanted:
        which |= Q(project_id=project_id, number=number)
    return {(form.project_id, form.number): form for form in ProjectForm.objects.filter(which)}


def schema_for(project_id: int) -> dict[str, Any]:
    """Tell a program what a project asks: version, questions to show, and what may be answered.

    Send the version back with the answers: a form that was open while the questions changed is
    then judged by what it asked.
    """
    form = form_of(project_id)
    return {
        "version": form.number if form else 0,
        "questions": form.asked if form else [],
        "schema": answers_schema(form.questions if form else []),
    }
