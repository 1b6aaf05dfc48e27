#!/usr/bin/env python
"""Django's commands; in embedded mode they bring the private PostgreSQL along."""

import os
import signal
import sys
from contextlib import ExitStack

# What works without a database starts none.
WITHOUT_DATABASE = {
    "",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "spectacular",
    "startapp",
    "startproject",
    "stripe_sandbox",
    "version",
}


def main(arguments: list[str]) -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here: run make run once, then .venv/bin/python manage.py")

    from shipops import embedded_postgres

    command = next((word for word in arguments[1:] if not word.startswith("-")), "")
    help_only = command in WITHOUT_DATABASE or {"-h", "--help", "--version"} & set(arguments)
    with ExitStack() as stack:
        try:
            # Wrong settings end every command but help with one line.
            embedded = command not in {"", "help", "version"} and settings.EMBEDDED
            if embedded and not help_only:
                signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
                folder = settings.VAR_DIR / "postgres"
                stack.enter_context(embedded_postgres.running(folder))
                # So that dbshell finds both the server and a psql.
                os.environ["PGHOST"] = str(embedded_postgres.socket_folder(folder))
                os.environ["PATH"] += f":{embedded_postgres.programs()}"
        except (ImproperlyConfigured, embedded_postgres.EmbeddedPostgresError) as error:
            sys.exit(str(error))
        execute_from_command_line(arguments)


if __name__ == "__main__":
    main(sys.argv)
