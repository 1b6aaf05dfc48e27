"""Everything between "the database answers" and "web and worker start", in one short process.

A process of its own, so that the supervisor stays small while web and worker run.
"""

import io
import os
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

# Two machines that start at once take turns (any number that nobody else locks).
_LOCK = 7_447_677


def prepare(*, demo: bool) -> None:
    """Migrate, register schedules, collect static files for production, load the demo."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    call_command("check", stdout=io.StringIO())  # what it finds goes to stderr
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        print(f"Applying {waiting} migrations ...", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
    call_command("sync_schedules")
    if not settings.DEBUG:
        print("Collecting static files ...", flush=True)
        call_command("collectstatic", interactive=False, verbosity=0)
    if demo:
        call_command("load_demo")


def main(arguments: list[str]) -> int:
    """Prepare, or say in one line why not."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    try:
        django.setup()
        prepare(demo="--demo" in arguments)
    except (ImproperlyConfigured, SystemCheckError, CommandError, OperationalError) as error:
        print(f"ShipOps cannot start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
