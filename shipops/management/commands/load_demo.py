from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clients.models import User
from clients.rules.roles import Role
from shipops.demo import load as demo


class Command(BaseCommand):
    help = "Load the demo company, once; with DEBUG off it refuses."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--new-passwords", action="store_true", help="give the demo accounts new passwords"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo data never loads with DEBUG off.")
        was_loaded = demo.is_loaded()
        if was_loaded and not options["new_passwords"]:
            self.stdout.write(
                "Demo data is loaded; new sign-ins: manage.py load_demo --new-passwords"
            )
            return
        if not was_loaded:
            demo.load(now=timezone.now())
        self.stdout.write("Demo sign-ins (shown only now; a mailed code works as well):")
        for user, password in demo.set_passwords():
            self.stdout.write(f"  {user.email:<28} {password:<14} {_place(user)}")


def _place(user: User) -> str:
    """Say what the person is, and to whom."""
    if user.staff_role:
        return Role(user.staff_role).label
    places = user.memberships.select_related("client")
    return "; ".join(f"{place.get_role_display()}, {place.client}" for place in places)
