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
    text: str,
    now: datetime,
    reference: str = "",
    headers: dict[str, str] | None = None,
) -> OutboxMessage:
    """Put a mail into the outbox, inside the caller's transaction.

    ``text`` is plain text with Markdown links; single-use tokens stand in it as placeholders.
    """
    return _queue(OutboxMessage.Channel.MAIL, to, subject, text, now, reference, headers or {})


def queue_webhook(*, subject: str, text: str, now: datetime, reference: str = "") -> OutboxMessage:
    """Put a post to the alert web-hook (ALERT_WEBHOOK_URL) into the outbox."""
    channel = OutboxMessage.Channel.WEBHOOK
    return _queue(channel, "alerts", subject, text, now, reference, {})


def _queue(
    channel: OutboxMessage.Channel,
    recipient: str,
    subject: str,
    text: str,
    now: datetime,
    reference: str,
    headers: dict[str, str],
) -> OutboxMessage:
    message = OutboxMessage.objects.create(
        channel=channel,
        recipient=recipient,
        subject=" ".join(subject.split())[:200],
        text=text,
        headers=headers,
        reference=reference,
        created_at=now,
        due_at=now,
    )
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
