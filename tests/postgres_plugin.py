"""One throw-away PostgreSQL for the whole test run, there before Django reads its settings.

``TEST_DATABASE_URL`` names a server to use instead. ``DATABASE_URL`` is never used: it may be real.
The workers of ``pytest -n`` inherit the environment; pytest-django makes one database for each.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shipops import embedded_postgres

_RUNS = Path(tempfile.gettempdir()) / f"shipops-tests-{os.getuid()}"
_RUN = "SHIPOPS_TEST_RUN"
_stack = ExitStack()

# As in production, but over http and without a mail server.
_ENVIRONMENT = {
    "DEBUG": "0",
    "SECRET_KEY": "only-for-tests-" + "0123456789" * 4,
    "SITE_URL": "http://testserver",
    "EMAIL_URL": "smtp://localhost",
    "DEFAULT_FROM_EMAIL": "ShipOps <ops@testserver>",
    "DJANGO_SETTINGS_MODULE": "shipops.settings",
}


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Point the settings at the server to come; pytest-django reads them right after."""
    if not _is_worker():
        run = _RUNS / f"{os.getpid()}-{secrets.token_hex(4)}"
        os.environ[_RUN] = str(run)
        os.environ["DATABASE_URL"] = os.environ.get(
            "TEST_DATABASE_URL"
        ) or embedded_postgres.database_url(run / "postgres")
        os.environ.update(_ENVIRONMENT)
    var = Path(os.environ[_RUN]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
    os.environ["VAR_DIR"] = str(var)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Give this process its own writable folder."""
    (Path(os.environ["VAR_DIR"]) / "static").mkdir(parents=True, exist_ok=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server, before any worker needs it."""
    if _is_worker() or session.config.option.collectonly or os.environ.get("TEST_DATABASE_URL"):
        return
    for left_over in _RUNS.glob("*/postgres"):
        if embedded_postgres.remove_if_unused(left_over):
            shutil.rmtree(left_over.parent, ignore_errors=True)
    folder = Path(os.environ[_RUN]) / "postgres"
    try:
        _stack.enter_context(embedded_postgres.running(folder, durable=False))
    except embedded_postgres.EmbeddedPostgresError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and remove everything the run wrote; also after Ctrl-C."""
    if _is_worker():
        return
    _stack.close()
    shutil.rmtree(os.environ[_RUN], ignore_errors=True)
