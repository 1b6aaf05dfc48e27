import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from clients.actions import KEY_STANDS, KeyChanged, key_terms
from clients.models import ApiKey, User
from core.errors import InvalidInput, KeyReused
from core.statements import fetch_row
from core.tokens import random_token
from tickets.gateways import files
from tickets.models import Attachment, Comment
from tickets.queries.access import Actor
from tickets.rules.attachments import prepare_file

LOOSE_HOURS = 24
_COLUMNS = (
    "name", "path", "content_type", "size", "sha256", "is_image", "uploaded_at", "source_key",
    "source_hash", "uploaded_by_id", "uploaded_key_id",
)  # fmt: skip
_STORE = f"""
INSERT INTO tickets_attachment ({", ".join(_COLUMNS)})
SELECT {", ".join(f"%({name})s{'::bigint' * name.endswith('_id')}" for name in _COLUMNS)}
FROM ({{proof}}) AS proof
ON CONFLICT (uploaded_key_id, source_key) WHERE source_key IS NOT NULL DO NOTHING
RETURNING id
"""  # noqa: S608 - names of columns, from above
_STORE_BY_KEY, _STORE_BY_OTHERS = (_STORE.format(proof=proof) for proof in (KEY_STANDS, "SELECT"))


class FilesGone(InvalidInput):
    """A file is not loose any more, or was never the actor's own."""

    def __init__(self) -> None:
        super().__init__("A file is no longer there; attach it again.", field="attachments")


def upload_attachment(
    *, name: str, data: bytes, actor: Actor, now: datetime, source_key: str = ""
) -> Attachment:
    """Judge and store a file that an action will tie to a report or comment within a day.

    The row stands before the file is written, so that nothing is stored that no row knows. The same
    ``source_key`` of an API key again gives the first file, and writes it where that was cut short;
    with another content it raises KeyReused. Goes to the storage: never call it inside a
    transaction. Raises InvalidInput as ``prepare_file`` does, and KeyChanged for a used or recalled
    key that no longer stands.
    """
    prepared = prepare_file(name, data, most_bytes=settings.ATTACHMENT_MAX_BYTES)
    sha256 = hashlib.sha256(data).hexdigest()
    digest = hashlib.sha256(f"{name}\0{sha256}".encode(errors="replace")).hexdigest()
    attachment = Attachment(
        name=prepared.name,
        path=files.path_for(random_token(), now=now),
        content_type=prepared.content_type,
        size=len(prepared.data),
        sha256=sha256 if data == prepared.data else hashlib.sha256(prepared.data).hexdigest(),
        is_image=prepared.is_image,
        uploaded_at=now,
        source_key=source_key or None,
        source_hash=digest if source_key else "",
        **_uploader(actor),
    )
    if not _store(attachment, actor):
        known = _known(actor, source_key, digest)
        files.mend_file(known.path, prepared.data, size=known.size)
        return known
    files.write_file(attachment.path, prepared.data)
    return attachment


def _store(attachment: Attachment, actor: Actor) -> bool:
    """Insert the row; False if its source key is taken, or the key that sent it changed."""
    proof = key_terms(actor) if isinstance(actor, ApiKey) and actor.promises is not None else {}
    terms = {name: getattr(attachment, name) for name in _COLUMNS}
    row = fetch_row(_STORE_BY_KEY if proof else _STORE_BY_OTHERS, {**terms, **proof})
    if row:
        attachment.pk, attachment._state.adding = row[0], False
        attachment._state.db = connection.alias
    return row is not None


def tie_attachments(attachment_ids: Iterable[int], *, actor: Actor, comment: Comment) -> None:
    """Tie loose files of the same uploader to a comment, in the caller's transaction.

    Raises InvalidInput for too many files, and FilesGone.
    """
    if wanted := check_files(attachment_ids):
        loose = Attachment.objects.filter(
            pk__in=wanted, report=None, comment=None, **_uploader(actor)
        )
        if loose.update(comment=comment) != len(wanted):
            raise FilesGone


def check_files(attachment_ids: Iterable[int]) -> list[int]:
    """Give the ids in order, each once; raises InvalidInput for too many."""
    wanted, most = sorted(set(attachment_ids)), settings.ATTACHMENT_MAX_COUNT
    if len(wanted) > most:
        raise InvalidInput(f"At most {most} files, please.", field="attachments")
    return wanted


def _uploader(actor: Actor) -> dict[str, User | ApiKey | None]:
    """Name whose file it is: only the same person or key may tie it."""
    return {
        "uploaded_by": actor if isinstance(actor, User) else None,
        "uploaded_key": actor if isinstance(actor, ApiKey) else None,
    }


def _known(actor: Actor, source_key: str, digest: str) -> Attachment:
    """Give the file that came under this key; raises KeyReused if its content was another."""
    known = Attachment.objects.filter(source_key=source_key, **_uploader(actor)).first()
    if known is None:
        raise KeyChanged
    if known.source_hash != digest:
        raise KeyReused("This key was used before, with another content.")
    return known


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
