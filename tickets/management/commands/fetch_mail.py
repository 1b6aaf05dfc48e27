"""Fetch the mail of the mailbox that INBOUND_MAIL_ADDRESS delivers to."""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, close_old_connections
from django.utils import timezone
from imap_tools import MailboxLoginError

from core.errors import InvalidInput
from tickets.actions import keep_mail
from tickets.gateways.mailbox import (
    MailboxUnavailable,
    open_mailbox,
    take_unseen,
    wait_for_mail,
)

logger = logging.getLogger(__name__)
SECONDS_IDLE = 240
LONGEST_PAUSE = 300


class Command(BaseCommand):
    help = (
        "Keeps each unseen mail of IMAP_URL and then marks it as seen; goes on waiting for more. "
        "What is cut off in between is fetched again, and known."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="fetch what is there, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fetch, and wait; what does not answer is tried again, ever more rarely."""
        if not settings.IMAP_URL:
            raise CommandError("Set IMAP_URL, such as imaps://user:password@host/INBOX.")
        self._pause = 1
        while True:
            try:
                self._fetch(once=options["once"])
                return
            except MailboxLoginError as error:
                raise CommandError("The mailbox refuses the user or the password.") from error
            except (MailboxUnavailable, OperationalError) as error:
                what = "mailbox" if isinstance(error, MailboxUnavailable) else "database"
                if options["once"]:
                    raise CommandError(f"The {what} does not answer: {error}") from error
                logger.warning("the %s does not answer: %s", what, error)
                time.sleep(self._pause)
                self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _fetch(self, *, once: bool) -> None:
        with open_mailbox(settings.IMAP_URL) as box:
            while True:
                close_old_connections()
                while count := take_unseen(box, _keep):
                    self.stdout.write(f"{count} kept")
                self._pause = 1
                if once:
                    return
                wait_for_mail(box, SECONDS_IDLE)


def _keep(raw: bytes) -> None:
    try:
        keep_mail(raw=raw, via="imap", now=timezone.now())
    except InvalidInput as refusal:
        logger.warning("a mail was left in the mailbox: %s", refusal.message)
