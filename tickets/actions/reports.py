"""The one door for everything that arrives."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from clients.models import ApiKey, Project
from clients.queries import first_response, form_of, known_calendars
from clients.rules.forms import check_answers
from clients.rules.roles import Role, require
from core.calendars import Calendar, NeverOpen
from core.errors import InvalidInput, KeyReused, MoveRefused
from tickets.actions.attachments import FilesGone, check_files
from tickets.actions.content import Content, Sender, check_report
from tickets.actions.status_links import NewLink
from tickets.actions.storing import store_report
from tickets.models import Report, Source
from tickets.queries.access import Actor, role_of, role_on
from tickets.rules.priority import priority_of
from tickets.rules.words import Priority, Severity


def receive_report(
    *,
    project_id: int,
    source: Source,
    text: str,
    actor: Actor,
    now: datetime,
    title: str = "",
    page_url: str = "",
    user_agent: str = "",
    device: str = "",
    sender: Sender | None = None,
    signals: Iterable[tuple[str, str]] = (),
    attachment_ids: Iterable[int] = (),
    claimed_severity: str = "",
    context: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    form_version: int | None = None,
    source_key: str = "",
    link: NewLink | None = None,
    received_at: datetime | None = None,
) -> tuple[Report, bool]:
    """Store a report, exactly as it came, and have it triaged; gives it and whether it is new.

    ``answers`` are those to the project's own questions, by name, and ``form_version`` the version
    that asked; without answers none is asked for. ``link`` becomes its sender's link. The same
    ``source_key`` of a project's source again gives the first report; with another content it
    raises KeyReused. Raises InvalidInput, naming the field, for an empty or over-long text, a bad
    mail address or key, a member of another client, an unknown severity or signal, answers that do
    not fit, or files that cannot be tied; KeyChanged for a used or recalled key that no longer
    stands.
    """
    content = check_report(
        text=text,
        title=title,
        page_url=page_url,
        user_agent=user_agent,
        device=device,
        sender=sender,
        signals=signals,
        claimed_severity=claimed_severity,
        context=context,
        answers=_answered(project_id, answers, form_version),
    )
    files = check_files(attachment_ids)
    digest = _digest(content, source_key, actor, files)
    try:
        with _savepoint():
            project = _open_project(project_id, actor, content.sender)
            arrived = received_at or now
            report = Report(
                client_id=project.client_id,
                project=project,
                source=source,
                source_key=source_key or None,
                source_hash=digest,
                api_key=actor if isinstance(actor, ApiKey) else None,
                received_at=arrived,
                respond_by_at=_promise(actor, project, source, arrived),
                **content.fields,
            )
            # An import triages its own rows at once.
            triage_later = source != Source.IMPORT
            store_report(
                report,
                content,
                files=files,
                link=link,
                actor=actor,
                triage_later=triage_later,
                now=now,
            )
            return report, True
    except (IntegrityError, FilesGone):
        # If this is the same again, its files are no longer loose.
        if source_key and (known := find_known(project_id, source, source_key, digest)):
            return known, False
        raise


def _answered(
    project_id: int, answers: Mapping[str, Any] | None, form_version: int | None
) -> dict[str, Any] | None:
    """Give the answers as they are stored, with the version of the questions; None for none."""
    if answers is None:
        return None
    form = form_of(project_id, form_version) or form_of(project_id)
    given = check_answers(form.questions if form else [], answers)
    return {"form": form.number, "given": given} if form and given else None


def find_known(project_id: int, source: str, source_key: str, digest: str) -> Report | None:
    """Give the report that came under this key; raises KeyReused if its content was another."""
    known = Report.objects.filter(
        project_id=project_id, source=source, source_key=source_key
    ).first()
    if known and known.source_hash != digest:
        raise KeyReused("This key was used before, with another content.")
    return known


def respond_by(client_id: int, severity: str, start: datetime) -> datetime | None:
    """Give the promised instant of a first response: the plan's target in its calendar.

    None while no retainer is served: then nothing is promised.
    """
    return _after(start, first_response(client_id, _priority(severity)))


def _priority(severity: str) -> Priority:
    return priority_of(Severity(severity), 0, p1_approved=False)


def _after(start: datetime, promised: tuple[int, Calendar] | None) -> datetime | None:
    if promised is None:
        return None
    minutes, calendar = promised
    try:
        return calendar.add_minutes(start, minutes)
    except NeverOpen:
        return None


def _savepoint() -> AbstractContextManager[None]:
    """Keep a taken key from spoiling the transaction it is in; one statement alone needs none."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def _open_project(project_id: int, actor: Actor, sender: Sender) -> Project:
    """Give the project, if the actor may file its reports for this sender; a key brings it along.

    Raises NotAllowed, MoveRefused for an archived one, InvalidInput for a person of another team.
    """
    if isinstance(actor, ApiKey) and actor.project_id == project_id:
        project = actor.project
    else:
        project = Project.objects.get(pk=project_id)
    require(role_on(actor, project), "report.file")
    if project.archived_at:
        raise MoveRefused("This project is archived.", field="project")
    if sender.user and role_of(sender.user, project.client_id) == Role.STRANGER:
        raise InvalidInput("This person is not of the team.", field="reporter")
    return project


def _promise(actor: Actor, project: Project, source: Source, arrived: datetime) -> datetime | None:
    """Give the promised instant of a first response; a key brings its plan's terms along.

    By S3 until a severity is proposed: what its sender claims decides nothing. An import was sent
    elsewhere, and is promised nothing here.
    """
    if source == Source.IMPORT:
        return None
    priority = _priority(Severity.S3)
    if isinstance(actor, ApiKey) and actor.promises is not None:
        known = known_calendars(actor.calendar_mark).by_pk
        for promised, minutes, calendar_id in actor.promises:
            if promised == priority:
                return _after(arrived, (minutes, known[calendar_id]))
        return None
    return _after(arrived, first_response(project.client_id, priority))


def _digest(content: Content, source_key: str, actor: Actor, files: list[int]) -> str:
    """Give the hash by which what came under a key is known again; "" without a key.

    A program names the same files again; a form sent again brings new copies of its own.
    """
    if source_key and not (len(source_key) <= 200 and source_key.isprintable()):
        raise InvalidInput("A key has at most 200 printable characters.", field="source_key")
    return content.digest(files if isinstance(actor, ApiKey) else []) if source_key else ""
