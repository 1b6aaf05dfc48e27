"""Giving out and erasing all that is kept of one of the clients' own customers."""

import json
import logging
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CharField, Q, TextField
from django.db.models.functions import Coalesce, Now

from clients.actions.events import record as record_ours
from clients.models import Client, ClientEventKind, User
from clients.queries import role_of
from clients.rules.roles import require
from core import claims, people
from core.actions import blank_messages
from core.errors import InvalidInput, MoveRefused
from core.people import Holding, NotYet, Person
from core.queue import enqueue
from tickets.actions import exporting
from tickets.actions.erasing import blank_mails, erase_comment, erase_report
from tickets.models import Comment, InboundMail, PersonRequest, Report, Reporter, StatusLink
from tickets.queries import rights
from tickets.queries.mail import mails_from

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=15)
_CHUNK = 65_536
# What a Reporter has that says who somebody is: all its texts.
_NOBODY: dict[str, Any] = {
    field.name: None if field.null else ""
    for field in Reporter._meta.concrete_fields
    if isinstance(field, CharField | TextField)
}


@transaction.atomic
def erase_person(
    *, client_id: int, actor: User | None, now: datetime, reporter_id: int = 0, email: str = ""
) -> PersonRequest:
    """Have all be blanked that is kept of a person at a client, named by a row or an address.

    A task does it, in parts, until nothing is left; what is already running is not begun again.
    Raises InvalidInput for an unknown person, MoveRefused for one of the team.
    """
    rows = _rows(client_id, actor, reporter_id, email)
    if rights.is_of_the_team(client_id, rows):
        raise MoveRefused("This person is of the team. Remove them from it first.")
    keys = [row.pk for row in rows]
    running = PersonRequest.objects.filter(
        kind=PersonRequest.Kind.ERASE, client_id=client_id, reporters=keys, finished_at=None
    ).first()
    if running:
        return running
    return _keep(PersonRequest.Kind.ERASE, client_id, keys, actor, now)


def export_person(
    *, client_id: int, actor: User | None, now: datetime, reporter_id: int = 0, email: str = ""
) -> Iterator[bytes]:
    """Give all that is kept of a person at a client as a ZIP of JSON and files, piece by piece.

    That it was asked for is kept before the first piece. Raises InvalidInput for an unknown person.
    """
    with transaction.atomic():
        rows = _rows(client_id, actor, reporter_id, email)
        keys = [row.pk for row in rows]
        _keep(PersonRequest.Kind.EXPORT, client_id, keys, actor, now)
    return _archive(rights.person_of(client_id, rows))


def run_erasures(*, now: datetime) -> int:
    """Erase whoever is to be erased, one after the other; gives how many were taken up."""
    due = claims.claim(PersonRequest.objects.all(), now=now, lease=LEASE)
    for request in due:
        try:
            _erase(request, now)
        except NotYet as waiting:
            claims.back_off(request, now=now, error=str(waiting))
        except Exception as error:  # the outermost loop: it is tried again, and told of
            logger.exception("erasure %s failed", request.pk)
            claims.back_off(request, now=now, error=type(error).__name__)
    return len(due)


def forget_reporter(reporter_id: int) -> None:
    """Blank by what a person was known of whom nothing else is kept; a member stays one."""
    unknown = Reporter.objects.filter(pk=reporter_id, user=None)
    if not Report.objects.filter(reporter=reporter_id, erased_at=None).exists():
        unknown.update(**_NOBODY)
        StatusLink.objects.filter(report__reporter=reporter_id).delete()


def register_holdings() -> None:
    """Name what tickets keeps of a person."""
    none = _erase_nothing
    for order, (name, export, erase) in enumerate(
        [
            ("identity", exporting.export_identity, none),
            ("reports", exporting.export_reports, _erase_reports),
            ("comments", exporting.export_comments, _erase_comments),
            ("mails", exporting.export_mails, _erase_mails),
            ("mails_in", exporting.export_mails_in, _erase_mails_in),
        ]
    ):
        people.register(Holding(name, export, erase, order=order))


def _rows(client_id: int, actor: User | None, reporter_id: int, email: str) -> list[Reporter]:
    Client.objects.select_for_update(no_key=True).get(pk=client_id)
    require(role_of(actor, client_id), "person.manage")
    rows = rights.same_person(client_id, reporter_id=reporter_id, email=email)
    if not rows:
        raise InvalidInput("Nobody here is known by that.", field="email")
    return rows


def _keep(
    kind: str, client_id: int, keys: list[int], actor: User | None, now: datetime
) -> PersonRequest:
    is_erasure = kind == PersonRequest.Kind.ERASE
    request = PersonRequest.objects.create(
        kind=kind,
        client_id=client_id,
        reporters=keys,
        asked_by=actor,
        asked_at=now,
        due_at=now if is_erasure else None,
        finished_at=None if is_erasure else now,
    )
    event = ClientEventKind.PERSON_ERASED if is_erasure else ClientEventKind.PERSON_EXPORTED
    data = {"request": request.pk}
    record_ours(event, actor=actor, at=now, client=request.client, data=data)
    if is_erasure:
        enqueue("tickets.tasks.erase_people")
    return request


def _erase(request: PersonRequest, now: datetime) -> None:
    """Blank what each holding has, and last by what the person was known: till then all is found
    again by a run that goes on."""
    rows = list(Reporter.objects.filter(pk__in=request.reporters).select_related("user"))
    person = rights.person_of(request.client_id, rows)
    for holding in people.holdings():
        blanked = holding.erase(person, now)
        request.counts[holding.name] = request.counts.get(holding.name, 0) + blanked
        request.save(update_fields=["counts"])
    with transaction.atomic():
        StatusLink.objects.filter(report__reporter__in=person.reporter_ids).delete()
        counted = Q(user__isnull=False) | ~Q(signed_id="")
        # Whoever counted as a member, or as signed, still does.
        Reporter.objects.filter(counted, pk__in=person.reporter_ids).update(
            user=None, email_confirmed_at=Coalesce("email_confirmed_at", Now())
        )
        Reporter.objects.filter(pk__in=person.reporter_ids).update(**_NOBODY)
        claims.finish(request, finished_at=now, counts=request.counts)
        enqueue("tickets.tasks.recount_words_of", client_id=person.client_id)


def _erase_reports(person: Person, now: datetime) -> int:
    left = rights.reports_by(person).filter(erased_at=None).values_list("pk", flat=True)
    return sum(erase_report(report_id=pk, now=now) for pk in list(left))


def _erase_comments(person: Person, now: datetime) -> int:
    said = rights.comments_by(person)
    left = said.exclude(body="") | said.filter(attachments__isnull=False)
    found = list(left.distinct().values_list("pk", flat=True))
    for pk in found:
        erase_comment(comment_id=pk, now=now)
    of_users = said.filter(author_user__in=person.user_ids).values("pk")
    Comment.objects.filter(pk__in=of_users).update(
        author_user=None, author_reporter=person.reporter_ids[0]
    )
    return len(found)


def _erase_mails(person: Person, now: datetime) -> int:
    """Blank the copies of all mails about what the person reported: others quote their words."""
    reports = rights.reports_by(person)
    blanked, waiting = blank_messages(
        recipients=person.emails,
        references=rights.references_of(reports),
        numbers=list(reports.values_list("pk", flat=True)),
    )
    if waiting:
        raise NotYet("Mails about what they reported are still leaving.")
    return blanked


def _erase_mails_in(person: Person, now: datetime) -> int:
    """Blank the mails that came in from the person; that they came, and what of, stays."""
    left = mails_from(person).exclude(raw=b"")
    if left.filter(state=InboundMail.State.WAITING).exists():
        raise NotYet("A mail of theirs is still being read.")
    found = left.count()
    notes = Comment.objects.filter(pk__in=left.exclude(comment=None).values("comment"))
    for pk in list(notes.exclude(body="").values_list("pk", flat=True)):
        erase_comment(comment_id=pk, now=now)
    blank_mails(left)
    return found


def _erase_nothing(person: Person, now: datetime) -> int:
    """Leave by what the person is known to the end of the erasure."""
    return 0


def _archive(person: Person) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for holding in people.holdings():
            for name, part in holding.export(person):
                with archive.open(name, "w", force_zip64=True) as entry:
                    for chunk in _chunks(part):
                        entry.write(chunk)
                        yield sink.taken()
                yield sink.taken()
    yield sink.taken()


def _chunks(part: Any) -> Iterator[bytes]:
    if not hasattr(part, "read"):
        yield json.dumps(part, ensure_ascii=False, indent=2).encode()
        return
    while chunk := part.read(_CHUNK):
        yield chunk


class _Sink:
    """What an archive is written to: it keeps no more than was not taken yet."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep what is written until it is taken."""
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: it is taken by whoever sends it on."""

    def taken(self) -> bytes:
        """Give what was written since the last time."""
        taken, self._written = b"".join(self._written), []
        return taken
