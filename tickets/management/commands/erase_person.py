"""Erase all that is kept of one person at a client."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clients.models import Client
from core.errors import Refused
from tickets.actions import delete_doomed_files, erase_person, run_erasures


class Command(BaseCommand):
    help = (
        "Blanks all that is kept of one person at a client. What is in use at this moment a worker "
        "blanks later; running it again goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client", type=int, required=True, help="the client's id")
        parser.add_argument("--email", required=True, help="the person's address")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, note the request, and do what can be done at once."""
        email = options["email"]
        if not options["yes"] and input(f"Type {email} to erase this person: ") != email:
            raise CommandError("Nothing was erased.")
        try:
            request = erase_person(
                client_id=options["client"], email=email, actor=None, now=timezone.now()
            )
        except (Refused, Client.DoesNotExist) as refusal:
            raise CommandError(str(refusal)) from None
        run_erasures(now=timezone.now())
        delete_doomed_files(now=timezone.now())
        request.refresh_from_db()
        counts = ", ".join(f"{count} {name}" for name, count in request.counts.items())
        state = "Erased" if request.finished_at else "A worker goes on with the rest; erased so far"
        self.stdout.write(f"{state}: {counts or 'nothing'}.")
