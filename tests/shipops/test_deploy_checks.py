"""Production settings: Django's own checks are clean, and nothing starts without its secrets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SECRET = "hush-" * 12
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": SECRET + "with some more letters, and 1234567890",
    "SITE_URL": "https://ops.example.com",
    "EMAIL_URL": "smtp+tls://mailer:hush@mail.example.com:587",
    "DEFAULT_FROM_EMAIL": "ShipOps <ops@example.com>",
    # Nothing listens there: the checks need no database.
    "DATABASE_URL": "postgresql://ops:hush@127.0.0.1:1/shipops",
}


def _manage(var: Path, *words: str, **settings: str | None) -> subprocess.CompletedProcess[str]:
    """Run a command in a production environment; None leaves a setting out."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    wanted = {**kept, **PRODUCTION, "VAR_DIR": str(var), **settings}
    (var / "static").mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={name: value for name, value in wanted.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_deployment_checks_are_clean(tmp_path: Path) -> None:
    done = _manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout
    assert "WARNING" not in done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "EMAIL_URL", "DEFAULT_FROM_EMAIL"])
@pytest.mark.parametrize("value", [None, ""])
def test_without_what_production_needs_nothing_starts(
    tmp_path: Path, name: str, value: str | None
) -> None:
    _check_refusal(_manage(tmp_path, "check", **{name: value}), f"{name} is not set")


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("SECRET_KEY", "hush" * 12 + "x", "SECRET_KEY must have at least 50 characters"),
        ("SITE_URL", "ops.example.com", "SITE_URL must read"),
        ("SITE_URL", "ftp://ops.example.com", "SITE_URL must read"),
        ("EMAIL_URL", "hush@mail", "EMAIL_URL must read"),
        ("EMAIL_URL", "smtp://ops:hush@mail:hush", "EMAIL_URL must read"),
        ("REDIS_URL", "hush:6379", "REDIS_URL must read"),
        ("REDIS_URL", "http://hush@cache", "REDIS_URL must read"),
        ("ALERT_WEBHOOK_URL", "hooks.example.com/hush", "ALERT_WEBHOOK_URL must read"),
        ("S3_ENDPOINT_URL", "hush", "S3_ENDPOINT_URL must read"),
        ("OFFICE_TIME_ZONE", "Mars/Olympus", "OFFICE_TIME_ZONE must name a time zone"),
        ("OFFICE_TIME_ZONE", "../hush", "OFFICE_TIME_ZONE must name a time zone"),
        ("OFFICE_TIME_ZONE", "", "OFFICE_TIME_ZONE must name a time zone"),
        ("DATABASE_URL", "mysql://ops:hush@db/shipops", "DATABASE_URL must point to PostgreSQL"),
        ("DEBUG", "hush", "DEBUG must be 1 or 0"),
        ("WORKERS", "hush", "WORKERS must be a whole number"),
        ("WORKERS", "0", "WORKERS must be at least 1"),
        ("OUTBREAK_WINDOW_DAYS", "366", "OUTBREAK_WINDOW_DAYS must be at most 365"),
        ("API_REQUESTS_PER_MINUTE", "-1", "API_REQUESTS_PER_MINUTE must be"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    tmp_path: Path, name: str, value: str, line: str
) -> None:
    _check_refusal(_manage(tmp_path, "check", **{name: value}), line)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SITE_URL": "http://ops.example.com"}, "SITE_URL is not https"),
    ],
)
def test_the_same_checks_stop_the_web_server(
    tmp_path: Path, settings: dict[str, str], line: str
) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, **PRODUCTION, "VAR_DIR": str(tmp_path), **settings}

    done = subprocess.run(
        [sys.executable, "-c", "import shipops.wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert line in done.stderr
    assert "hush" not in done.stderr


def _check_refusal(done: subprocess.CompletedProcess[str], line: str) -> None:
    """Check that it ended with one clear line that shows no secret."""
    assert done.returncode != 0
    assert done.stderr.startswith(line), done.stderr
    assert done.stderr.count("\n") == 1
    assert "hush" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("site", "secure"), [("https://ops.example.com", True), ("http://ops.lan", False)]
)
def test_over_https_no_cookie_travels_in_the_clear(tmp_path: Path, site: str, secure: bool) -> None:
    names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"]
    words = f"from django.conf import settings as s; print([getattr(s, n) for n in {names}])"
    done = _manage(tmp_path, "shell", "--no-imports", "-c", words, SITE_URL=site)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(str([secure] * 3))


def test_the_site_may_have_an_ipv6_address(tmp_path: Path) -> None:
    done = _manage(tmp_path, "check", SITE_URL="https://[2001:db8::1]:8443")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("query", "patience"), [("", 10), ("?connect_timeout=3&keepalives=1", 3)])
def test_a_database_that_vanished_is_noticed_within_a_minute(
    tmp_path: Path, query: str, patience: int
) -> None:
    words = """
from django.db import connection
terms = connection.get_connection_params()
names = ["connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval",
    "keepalives_count"]
print([int(terms[name]) for name in names])
"""
    address = PRODUCTION["DATABASE_URL"] + query
    done = _manage(tmp_path, "shell", "--no-imports", "-c", words, DATABASE_URL=address)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([patience, 1, 30, 10, 3])
