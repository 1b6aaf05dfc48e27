"""Give out all that is kept of one person at a client."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clients.models import Client
from core.errors import Refused
from tickets.actions import export_person


class Command(BaseCommand):
    help = "Writes all that is kept of one person at a client into a ZIP of JSON and files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the ZIP to write; it must not exist")
        parser.add_argument("--client", type=int, required=True, help="the client's id")
        parser.add_argument("--email", required=True, help="the person's address")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write piece by piece."""
        try:
            pieces = export_person(
                client_id=options["client"],
                email=options["email"],
                actor=None,
                now=timezone.now(),
            )
        except (Refused, Client.DoesNotExist) as refusal:
            raise CommandError(str(refusal)) from None
        with options["file"].open("xb") as target:
            for piece in pieces:
                target.write(piece)
        self.stdout.write(f"Written: {options['file']}")
