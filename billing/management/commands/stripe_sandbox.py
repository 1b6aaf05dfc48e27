"""Run the fake till that takes Stripe's place while no key is set."""

import signal
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.sandbox.control import deliver_again
from billing.sandbox.http_server import Server
from billing.sandbox.world import World


class Command(BaseCommand):
    help = (
        "Speaks Stripe's API at STRIPE_API_BASE, with pages for paying, and tells ShipOps what "
        "happens there as Stripe would. Only with DEBUG on and no STRIPE_SECRET_KEY."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="another port than STRIPE_API_BASE's")
        parser.add_argument(
            "--file",
            type=Path,
            default=settings.VAR_DIR / "stripe_sandbox.json",
            help="where everything is kept (%(default)s)",
        )
        parser.add_argument(
            "--webhook",
            default=f"{settings.SITE_URL}/stripe/webhook",
            help="where events are delivered (%(default)s); nothing delivers none",
        )
        parser.add_argument(
            "--again",
            type=float,
            default=30.0,
            metavar="SECONDS",
            help="how often events that nobody took are delivered again (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until interrupted."""
        if not settings.STRIPE_SANDBOX:
            raise CommandError(
                "The sandbox is for trying ShipOps out: DEBUG must be on, and STRIPE_SECRET_KEY "
                "not set."
            )
        port = options["port"] or urlsplit(settings.STRIPE_API_BASE).port or 0
        options["file"].parent.mkdir(parents=True, exist_ok=True)
        world = World(path=options["file"])
        try:
            if options["webhook"]:
                world.deliveries.add_endpoint(options["webhook"], settings.STRIPE_WEBHOOK_SECRET)
            server = Server(world, port=port)
        except (OSError, ValueError) as error:
            raise CommandError(f"The sandbox cannot start: {error}.") from error
        again = Thread(target=_deliver_again, args=(world, options["again"]), daemon=True)
        again.start()
        # Also where a shell that put it into the background has SIGINT ignored.
        for end in (signal.SIGTERM, signal.SIGINT):
            signal.signal(end, lambda *_: sys.exit(0))
        self.stdout.write(f"Stripe's sandbox is at {server.address}")
        self.stdout.flush()
        try:
            server.serve_forever()
        finally:
            server.server_close()
            world.close()


def _deliver_again(world: World, seconds: float) -> None:
    """Be as patient as Stripe with a site that was not up, or answered with an error."""
    while True:
        time.sleep(seconds)
        with world.lock:
            deliver_again(world, {})
