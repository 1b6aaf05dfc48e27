"""The one door for everything that arrives."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction

from clients.models import ApiKey, Project, User
from clients.queries import first_response_minutes
from clients.rules.roles import Role, require
from core.errors import InvalidInput, KeyReused, MoveRefused
from core.text import clean_text
from tickets.actions.attachments import tie_attachments
from tickets.actions.storing import store_report
from tickets.models import Report, SignalKind, Source
from tickets.queries.access import Actor, role_of, role_on
from tickets.rules.hours import add_business_minutes
from tickets.rules.priority import priority_of
from tickets.rules.signals import page_path
from tickets.rules.words import Priority, Severity

MOST_TEXT = 50_000
MOST_SIGNALS = 50


@dataclass(frozen=True)
class Sender:
    """Who reports, as far as the source knows: a member, or a name and mail address."""

    user: User | None = None
    email: str = ""
    name: str = ""


@dataclass(frozen=True)
class Content:
    """What a report says, as it is stored."""

    fields: dict[str, str]
    signals: list[tuple[str, str]]
    sender: Sender

    def digest(self, files: Iterable[int] = ()) -> str:
        """Give the hash by which the same content is known again."""
        user = self.sender.user
        person = [user.pk if user else None, self.sender.email, self.sender.name]
        content = json.dumps([self.fields, self.signals, person, list(files)], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


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
    source_key: str = "",
    received_at: datetime | None = None,
) -> tuple[Report, bool]:
    """Store a report, exactly as it came, and have it triaged; gives it and whether it is new.

    The same ``source_key`` of a project's source again gives the first report; with another
    content it raises KeyReused. Raises InvalidInput, naming the field, for an empty or over-long
    text, a bad mail address or key, a member of another client, an unknown severity or signal, or
    files that cannot be tied.
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
    )
    if source_key and not (len(source_key) <= 200 and source_key.isprintable()):
        raise InvalidInput("A key has at most 200 printable characters.", field="source_key")
    files = sorted(set(attachment_ids))
    digest = content.digest(_own_files(actor, files)) if source_key else ""
    try:
        with _whole(files):
            project = _project(project_id, actor)
            require(role_on(actor, project), "report.file")
            if project.archived_at:
                raise MoveRefused("This project is archived.", field="project")
            user = content.sender.user
            if user and role_of(user, project.client_id) == Role.STRANGER:
                raise InvalidInput("This person is not of the team.", field="reporter")
            if source_key and (known := find_known(project_id, source, source_key, digest)):
                return known, False
            arrived = received_at or now
            minutes = None  # an import was sent elsewhere, and promised nothing here
            if source != Source.IMPORT:
                minutes = _promised(actor, project, _priority(claimed_severity))
            report = Report(
                client_id=project.client_id,
                project=project,
                source=source,
                source_key=source_key or None,
                source_hash=digest,
                api_key=actor if isinstance(actor, ApiKey) else None,
                received_at=arrived,
                respond_by_at=_after(arrived, minutes),
                **content.fields,
            )
            store_report(
                report,
                user=user,
                email=content.sender.email,
                name=content.sender.name,
                signals=content.signals,
                actor=actor,
                triage_later=source != Source.IMPORT,  # which triages its own rows at once
                now=now,
            )
            tie_attachments(files, report=report, actor=actor)
            return report, True
    except IntegrityError:
        if source_key and (known := find_known(project_id, source, source_key, digest)):
            return known, False
        raise


def check_report(
    *,
    text: str,
    title: str = "",
    page_url: str = "",
    user_agent: str = "",
    device: str = "",
    sender: Sender | None = None,
    signals: Iterable[tuple[str, str]] = (),
    claimed_severity: str = "",
) -> Content:
    """Give what would be stored. Raises InvalidInput as receive_report does."""
    fields = _checked(text, title, page_url, user_agent, device, claimed_severity)
    return Content(fields, _checked_signals(signals, fields["page_url"]), _checked_sender(sender))


def find_known(project_id: int, source: str, source_key: str, digest: str) -> Report | None:
    """Give the report that came under this key; raises KeyReused if its content was another."""
    known = Report.objects.filter(
        project_id=project_id, source=source, source_key=source_key
    ).first()
    if known and known.source_hash != digest:
        raise KeyReused("This key was used before, with another content.")
    return known


def respond_by(client_id: int, severity: str, start: datetime) -> datetime | None:
    """Give the promised instant of a first response: the plan's target in business minutes.

    Without a severity S3 counts. None while no retainer is served: then nothing is promised.
    """
    return _after(start, first_response_minutes(client_id, _priority(severity)))


def _priority(severity: str) -> Priority:
    return priority_of(Severity(severity or Severity.S3), 0, p1_approved=False)


def _after(start: datetime, minutes: int | None) -> datetime | None:
    if minutes is None:
        return None
    return add_business_minutes(start, minutes, ZoneInfo(settings.OFFICE_TIME_ZONE))


def _checked(
    text: str, title: str, page_url: str, user_agent: str, device: str, claimed: str
) -> dict[str, str]:
    body = clean_text(text)
    if not body.strip():
        raise InvalidInput("Say in a few words what happened.", field="text")
    if len(body) > MOST_TEXT:
        raise InvalidInput(f"At most {MOST_TEXT:,} characters, please.", field="text")
    if claimed and claimed not in Severity.values:
        raise InvalidInput("Choose one of S1, S2, S3 and S4.", field="claimed_severity")
    if len(page_url) > 2000:
        raise InvalidInput("At most 2,000 characters, please.", field="page_url")
    return {
        "text": body,
        "title": " ".join(clean_text(title).split())[:200],
        "page_url": clean_text(page_url).strip(),
        "user_agent": clean_text(user_agent)[:500],
        "device": clean_text(device)[:200],
        "claimed_severity": claimed,
    }


def _checked_signals(signals: Iterable[tuple[str, str]], page_url: str) -> list[tuple[str, str]]:
    facts = {(kind, clean_text(value).strip()) for kind, value in signals}
    if path := page_path(page_url):
        facts.add((SignalKind.PAGE, path))
    if len(facts) > MOST_SIGNALS:
        raise InvalidInput(f"At most {MOST_SIGNALS} signals, please.", field="signals")
    for kind, value in facts:
        if kind not in SignalKind.values:
            raise InvalidInput(f"Unknown kind of signal: {kind[:40]}", field="signals")
        if not 0 < len(value) <= 300:
            raise InvalidInput("A signal has 1 to 300 characters.", field="signals")
    return sorted(facts)


def _checked_sender(sender: Sender | None) -> Sender:
    if sender is None or sender.user:
        return sender or Sender()
    email = sender.email.strip().lower()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise InvalidInput("This is not a mail address.", field="reporter.email") from None
        if len(email) > 254:
            raise InvalidInput("This is not a mail address.", field="reporter.email")
    return Sender(email=email, name=" ".join(clean_text(sender.name).split())[:120])


def _whole(files: list[int]) -> AbstractContextManager[None]:
    """Open a transaction where there is more than the one statement that stores a report.

    Inside another transaction it is a savepoint, so that a taken key does not spoil that one.
    """
    if files or connection.in_atomic_block:
        return transaction.atomic()
    return nullcontext()


def _project(project_id: int, actor: Actor) -> Project:
    """Give the project; a key brings its own along."""
    if isinstance(actor, ApiKey) and actor.project_id == project_id:
        return actor.project
    return Project.objects.get(pk=project_id)


def _promised(actor: Actor, project: Project, priority: Priority) -> int | None:
    """Give the plan's minutes to the first response; a key brings them along."""
    if isinstance(actor, ApiKey) and actor.promises is not None:
        return dict(actor.promises).get(priority)
    return first_response_minutes(project.client_id, priority)


def _own_files(actor: Actor, files: list[int]) -> list[int]:
    """Give the files that are part of the content: a form sent again brings new copies of its own,
    a program names the same ones."""
    return files if isinstance(actor, ApiKey) else []
