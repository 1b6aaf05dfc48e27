"""What has to hold before ShipOps starts; every refusal is one line that says what to do."""

import errno
import socket
import sys
import time
from typing import Any

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRESQL = 15
# What a killed predecessor left behind needs a moment to stop.
_PORT_SECONDS = 4


class CannotStart(Exception):
    """A start that cannot work here; the text names the cause and the way out."""


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> None:
    """Refuse a Python that is too old."""
    if version[:2] < OLDEST_PYTHON:
        raise CannotStart(
            f"this is Python {version[0]}.{version[1]}, and ShipOps needs 3.11 or newer: "
            "install one, remove .venv, and run make run again"
        )


def check_port(host: str, port: int, *, seconds: float = _PORT_SECONDS) -> None:
    """Refuse a port that somebody else listens on, or that we may not use."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            _bind(host, port)
            return
        except PermissionError:
            raise CannotStart(
                f"port {port} is reserved for root: choose another one, make run PORT=8000"
            ) from None
        except socket.gaierror as error:
            raise CannotStart(
                f"the address {host} is not known here ({error.strerror}): check HOST"
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotStart(
                    f"cannot listen on {host} ({error.strerror}): check HOST"
                ) from None
        if time.monotonic() >= deadline:
            raise CannotStart(
                f"port {port} is taken by {_holder(port)}: stop it, "
                f"or choose another one, make run PORT={port + 1}"
            )
        time.sleep(0.2)


def _bind(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _holder(port: int) -> str:
    import psutil

    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr
            if listens and listens.port == port and connection.pid:
                name = psutil.Process(connection.pid).name()
                return f"{name} (process {connection.pid})"
    except psutil.Error:
        pass  # Other users' processes keep their ports to themselves.
    return "another program"


def check_database(settings: dict[str, Any]) -> None:
    """Refuse a ``DATABASE_URL`` that does not answer or is too old (Django's database settings)."""
    import psycopg

    host = settings.get("HOST") or settings.get("OPTIONS", {}).get("host") or "the local socket"
    place = f"{settings['NAME']} on {host}" + (f":{settings['PORT']}" if settings["PORT"] else "")
    parameters = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    try:
        with psycopg.connect(
            **{name: value for name, value in parameters.items() if value},
            **{"connect_timeout": 10, **settings.get("OPTIONS", {})},
        ) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise CannotStart(
            f"the database of DATABASE_URL, {place}, does not answer "
            f"({lines[0] if lines else type(error).__name__}): start it or correct DATABASE_URL, "
            "or unset DATABASE_URL to use the built-in one"
        ) from None
    if version < OLDEST_POSTGRESQL:
        raise CannotStart(
            f"the database of DATABASE_URL, {place}, is PostgreSQL {version}, and ShipOps needs "
            f"{OLDEST_POSTGRESQL} or newer: upgrade it, or point DATABASE_URL elsewhere"
        )


def check_demo(*, wanted: bool | None, embedded: bool, debug: bool) -> bool:
    """Tell whether to load the demo; never with DEBUG off, so that none leaks into production."""
    if wanted and not debug:
        raise CannotStart("--demo needs DEBUG=1: demo data never goes into a production database")
    return debug and (embedded if wanted is None else wanted)


def check_https(*, https: bool, debug: bool, proxies: int) -> None:
    """Refuse to redirect for ever: we speak http, and learn of https from a trusted proxy only."""
    if https and not debug and not proxies:
        raise CannotStart(
            "SITE_URL is https, which a proxy in front has to speak, but TRUSTED_PROXIES is 0: "
            "every page would redirect to itself; set TRUSTED_PROXIES=1"
        )
