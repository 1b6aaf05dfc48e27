import logging
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from core import claims
from core.gateways.mail import send_mail
from core.gateways.webhook import post_alert
from core.models import OutboxMessage, RateWindow

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)
LONGEST_RUN = timedelta(minutes=1)
MOST_ATTEMPTS = 12
SENDERS = {OutboxMessage.Channel.MAIL: send_mail, OutboxMessage.Channel.WEBHOOK: post_alert}


def deliver(message_id: int) -> None:
    """Send one message if it is still due."""
    for message in claims.claim(
        OutboxMessage.objects.filter(pk=message_id), now=timezone.now(), lease=LEASE
    ):
        _send(message)


def deliver_due() -> None:
    """Send whatever is due: what a lost nudge or a failed attempt left behind.

    One at a time, so that no lease runs out behind a slow mail server; what a minute does not do
    the next run does.
    """
    until = timezone.now() + LONGEST_RUN
    while timezone.now() < until and (
        due := claims.claim(OutboxMessage.objects.all(), now=timezone.now(), lease=LEASE)
    ):
        _send(due[0])


def _send(message: OutboxMessage) -> None:
    if message.attempts > MOST_ATTEMPTS:
        # A failure gives up by itself; here the holder of the last attempt never came back.
        reason = "The worker stopped in the middle of the last attempt."
        logger.error("outbox message %s given up: %s", message.pk, reason)
        _give_up(message, reason)
        return
    try:
        SENDERS[OutboxMessage.Channel(message.channel)](message)
    except Exception as error:  # the outermost loop: one bad message must not stop the others
        reason = f"{type(error).__name__}: {error}"[:500]
        logger.warning("outbox message %s failed: %s", message.pk, reason)
        if message.attempts == MOST_ATTEMPTS:
            _give_up(message, reason)
        else:
            claims.back_off(message, now=timezone.now(), error=reason)
        return
    claims.finish(message, state=OutboxMessage.State.SENT, sent_at=timezone.now())


def _give_up(message: OutboxMessage, reason: str) -> None:
    failed = OutboxMessage.State.FAILED
    claims.finish(message, state=failed, attempts=MOST_ATTEMPTS, last_error=reason)


def forget_sessions() -> None:
    """Drop the sessions that are over: every visitor of the sign-in page leaves one."""
    call_command("clearsessions")


def forget_rate_windows() -> None:
    """Drop the counters of windows that are over."""
    RateWindow.objects.filter(expires_at__lt=timezone.now()).delete()
