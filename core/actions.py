from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import PermissionsMixin
from django.db import transaction
from django.db.models import Q

from core.errors import MoveRefused, NotAllowed
from core.models import OutboxMessage
from core.queue import enqueue

RETRY = "core.change_outboxmessage"


def queue_mail(
    *,
    to: str,
    subject: str,
    now: datetime,
    text: str = "",
    notice: str = "",
    reference: str = "",
    headers: dict[str, str] | None = None,
) -> OutboxMessage:
    """Put a mail into the outbox, inside the caller's transaction.

    ``text`` is Markdown: what a person said. ``notice`` follows it as plain text of our own, whose
    addresses become links whatever stands above; single-use tokens stand in it as placeholders.
    """
    message = OutboxMessage(
        channel=OutboxMessage.Channel.MAIL, recipient=to, text=text, notice=notice
    )
    message.headers = headers or {}
    return _queue(message, subject, now, reference)


def queue_webhook(*, subject: str, text: str, now: datetime, reference: str = "") -> OutboxMessage:
    """Put a post to the alert web-hook (ALERT_WEBHOOK_URL) into the outbox."""
    channel = OutboxMessage.Channel.WEBHOOK
    message = OutboxMessage(channel=channel, recipient="alerts", text=text)
    return _queue(message, subject, now, reference)


def _queue(message: OutboxMessage, subject: str, now: datetime, reference: str) -> OutboxMessage:
    message.subject, message.reference = " ".join(subject.split())[:200], reference
    message.created_at = message.due_at = now
    message.save()
    enqueue("core.tasks.deliver", message_id=message.pk)
    return message


@transaction.atomic
def retry_message(*, message_id: int, actor: PermissionsMixin, now: datetime) -> None:
    """Send a message that was given up once more. Raises MoveRefused for any other."""
    if not actor.has_perm(RETRY):
        raise NotAllowed
    given_up = OutboxMessage.objects.filter(pk=message_id, state=OutboxMessage.State.FAILED)
    if not given_up.update(state=OutboxMessage.State.PENDING, due_at=now, attempts=0):
        raise MoveRefused("This message was not given up, or is being sent once more already.")
    enqueue("core.tasks.deliver", message_id=message_id)


def blank_messages(
    *, recipients: Iterable[str], references: Iterable[str], numbers: Iterable[int]
) -> tuple[int, int]:
    """Blank the stored copies of messages about some tickets, in the caller's transaction or not.

    ``numbers`` are public numbers: what names one of them without a reference of its own (a
    digest, a flood of alerts) is blanked, too. What is still to go to ``recipients`` does not
    leave any more. Gives how many were blanked, and how many to others are still to leave.
    """
    about = OutboxMessage.objects.filter(reference__in=list(references))
    if named := [str(number) for number in numbers]:
        names_one = rf"#({'|'.join(named)})(?!\d)"
        digests = OutboxMessage.objects.exclude(reference__startswith="ticket:")
        about = about | digests.filter(Q(notice__regex=names_one) | Q(text__regex=names_one))
    blank: dict[str, Any] = {"text": "", "notice": "", "subject": "", "headers": {}}
    mine = about.filter(recipient__in=list(recipients))
    stopped = mine.filter(state=OutboxMessage.State.PENDING)
    stopped.update(state=OutboxMessage.State.FAILED, due_at=None, lease_token=None)
    blanked = mine.update(recipient="", last_error="", **blank)
    left = about.exclude(state=OutboxMessage.State.PENDING).exclude(subject="")
    blanked += left.update(last_error="", **blank)
    return blanked, about.filter(state=OutboxMessage.State.PENDING).count()
