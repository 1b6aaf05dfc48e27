from datetime import datetime

from django.contrib.auth.models import PermissionsMixin
from django.db import transaction

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
