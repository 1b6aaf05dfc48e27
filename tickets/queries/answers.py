"""What was answered to a project's own questions, in the words of the version that asked."""

from collections.abc import Iterable
from dataclasses import dataclass

from clients.queries import forms_by_version
from clients.rules.forms import told
from clients.rules.forms.questions import said_in
from tickets.models import Report, ReportDetails


@dataclass(frozen=True)
class Answered:
    """One question as it was asked, and its answer as people read it."""

    label: str
    text: str


def answers_of(reports: Iterable[Report]) -> dict[int, list[Answered]]:
    """Give what was answered with each report, by its number; two queries however many."""
    projects = {report.pk: report.project_id for report in reports}
    details = ReportDetails.objects.filter(report__in=list(projects)).exclude(answers={})
    kept = dict(details.values_list("report_id", "answers"))
    forms = forms_by_version((projects[pk], answers["form"]) for pk, answers in kept.items())
    found = {}
    for pk, answers in kept.items():
        form, given = forms.get((projects[pk], answers["form"])), answers["given"]
        questions = form.questions if form else []
        found[pk] = [
            Answered(said_in(question.label), told(question, given[question.name]))
            for question in questions
            if question.name in given
        ]
    return found
