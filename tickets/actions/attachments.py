import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from clients.models import ApiKey, User
from core.errors import InvalidInput
from core.tokens import random_token
from tickets.gateways import files
from tickets.models import Attachment, Comment, Report
from tickets.queries.access import Actor
from tickets.rules.attachments import prepare_file

LOOSE_HOURS = 24


def upload_attachment(*, name: str, data: bytes, actor: Actor, now: datetime) -> Attachment:
    """Judge and store a file that an action will tie to a report or comment within a day.

    The row stands before the file is written, so that nothing is stored that no row knows. Goes to
    the storage: never call it inside a transaction. Raises InvalidInput as ``prepare_file`` does.
    """
    prepared = prepare_file(name, data, most_bytes=settings.ATTACHMENT_MAX_BYTES)
    attachment = Attachment.objects.create(
        name=prepared.name,
        path=files.path_for(random_token(), now=now),
        content_type=prepared.content_type,
        size=len(prepared.data),
        sha256=hashlib.sha256(prepared.data).hexdigest(),
        is_image=prepared.is_image,
        uploaded_at=now,
        **_uploader(actor),
    )
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
