from datetime import datetime

from django.db import transaction

from clients.actions.events import record
from clients.models import ClientEventKind, Project, ProjectForm, User
from clients.queries import role_of
from clients.rules.forms import read_form
from clients.rules.roles import require
from core.errors import MoveRefused


@transaction.atomic
def publish_form(
    *, project_id: int, source: str, actor: User | None, now: datetime
) -> ProjectForm | None:
    """Ask these questions from now on, written in YAML; none at all for an empty text.

    The same text again changes nothing. Raises InvalidInput, naming the line, for what is wrong in
    it, and MoveRefused for an archived project.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    require(role_of(actor, project.client_id), "form.publish")
    if project.archived_at:
        raise MoveRefused("This project is archived.")
    source = source.replace("\r\n", "\n").strip()
    questions = read_form(source)
    newest = project.forms.first()
    if source == (newest.source if newest else ""):
        return newest
    form = ProjectForm.objects.create(
        project=project,
        number=newest.number + 1 if newest else 1,
        source=source,
        asked=[question.to_json() for question in questions],
        published_at=now,
        published_by=actor,
    )
    record(
        ClientEventKind.FORM_PUBLISHED,
        actor=actor,
        at=now,
        client=project.client,
        project=project,
        data={"version": form.number, "questions": len(questions)},
    )
    return form
