import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from clients.models import ApiKey, User
from core.errors import InvalidInput, KeyReused
from core.tokens import random_token
from tickets.gateways import files
from tickets.models import Attachment, Comment, Report
from tickets.queries.access import Actor
from tickets.rules.attachments import prepare_file

LOOSE_HOURS = 24


def upload_attachment(
    *, name: str, data: bytes, actor: Actor, now: datetime, source_key: str = ""
) -> Attachment:
    """Judge and store a file that an action will tie to a report or comment within a day.

    The row stands before the file is written, so that nothing is stored that no row knows. The same
    ``source_key`` of an API key again gives the first file, and writes it where that was cut short;
    with another content it raises KeyReused. Goes to the storage: never call it inside a
    transaction. Raises InvalidInput as ``prepare_file`` does.
    """
    digest = _digest(name, data) if source_key else ""
    known = _known(actor, source_key, digest)
    prepared = prepare_file(name, data, most_bytes=settings.ATTACHMENT_MAX_BYTES)
    if known is None:
        attachment = Attachment(
            name=prepared.name,
            path=files.path_for(random_token(), now=now),
            content_type=prepared.content_type,
            size=len(prepared.data),
            sha256=hashlib.sha256(prepared.data).hexdigest(),
            is_image=prepared.is_image,
            uploaded_at=now,
            source_key=source_key or None,
            source_hash=digest,
            **_uploader(actor),
        )
        try:
            with transaction.atomic():
                attachment.save()
        except IntegrityError:
            # The same request came at the same moment, and was faster.
            known = _known(actor, source_key, digest)
            if known is None:
                raise
    if known:
        files.mend_file(known.path, prepared.data, size=known.size)
        return known
    files.write_file(attachment.path, prepared.data)
    return attachment


def tie_attachments(
    attachment_ids: Iterable[int],
    *,
    actor: Actor,
    report: Report | None = None,
    comment: Comment | None = None,
) -> None:
    """Tie loose files of the same uploader to a report or a comment, in the caller's transaction.

    Raises InvalidInput for too many files, or one that is not loose or not the actor's own.
    """
    wanted = set(attachment_ids)
    if not wanted:
        return
    if len(wanted) > settings.ATTACHMENT_MAX_COUNT:
        most = settings.ATTACHMENT_MAX_COUNT
        raise InvalidInput(f"At most {most} files, please.", field="attachments")
    loose = Attachment.objects.filter(
        pk__in=wanted,
        report=None,
        comment=None,
        **_uploader(actor),
    )
    if loose.update(report=report, comment=comment) != len(wanted):
        raise InvalidInput("A file is no longer there; attach it again.", field="attachments")


def _uploader(actor: Actor) -> dict[str, User | ApiKey | None]:
    """Name whose file it is: only the same person or key may tie it."""
    return {
        "uploaded_by": actor if isinstance(actor, User) else None,
        "uploaded_key": actor if isinstance(actor, ApiKey) else None,
    }


def _known(actor: Actor, source_key: str, digest: str) -> Attachment | None:
    if not source_key or not isinstance(actor, ApiKey):
        return None
    known = Attachment.objects.filter(uploaded_key=actor, source_key=source_key).first()
    if known and known.source_hash != digest:
        raise KeyReused("This key was used before, with another content.")
    return known


def _digest(name: str, data: bytes) -> str:
    content = name.encode(errors="replace") + b"\0" + data
    return hashlib.sha256(content).hexdigest()


def sweep_loose_attachments(*, now: datetime) -> int:
    """Drop files nobody tied within a day; gives how many."""
    dropped = 0
    while True:
        with transaction.atomic():
            loose = (
                Attachment.objects.select_for_update(skip_locked=True)
                .filter(
                    report=None,
                    comment=None,
                    uploaded_at__lt=now - timedelta(hours=LOOSE_HOURS),
                )
                .first()
            )
            if loose is None:
                return dropped
            path = loose.path
            loose.delete()
        files.delete_file(path)
        dropped += 1
