"""Start ShipOps and keep it running: ``python -m shipops.start [--demo] [--host H] [--port N]``."""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from types import FrameType
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from shipops import embedded_postgres, env
from shipops.start.checks import (
    CannotStart,
    check_database,
    check_demo,
    check_https,
    check_port,
    check_python,
)
from shipops.start.orphans import die_with_parent


class _Stopped(BaseException):
    """Somebody asked us to stop before web and worker ran."""


def main(arguments: list[str]) -> int:
    """Run until Ctrl-C or SIGTERM; gives the exit code."""
    if os.environ.pop("STOP_WITH_PARENT", ""):
        die_with_parent(os.getppid(), signal.SIGTERM)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        code = _run(arguments)
    except _Stopped:
        code = 0
    except (CannotStart, ImproperlyConfigured, embedded_postgres.EmbeddedPostgresError) as error:
        print(f"ShipOps cannot start: {error}", file=sys.stderr)
        return 1
    print("ShipOps has stopped." if code == 0 else "ShipOps has stopped after a failure.")
    return code


def _stop(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C shall not interrupt the clean stop.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise _Stopped


def _run(arguments: list[str]) -> int:
    check_python()
    options = _options(arguments)
    check_port(options.host, options.port)
    os.environ["PORT"] = str(options.port)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    from django.conf import settings

    from shipops.checks import refuse_wrong_settings

    refuse_wrong_settings()
    check_https(https=settings.HTTPS, debug=settings.DEBUG, proxies=settings.TRUSTED_PROXIES)
    demo = check_demo(wanted=options.demo, embedded=settings.EMBEDDED, debug=settings.DEBUG)
    with ExitStack() as stack:
        if settings.EMBEDDED:
            print("Starting PostgreSQL ...", flush=True)
            stack.enter_context(embedded_postgres.running(settings.VAR_DIR / "postgres"))
        else:
            check_database(settings.DATABASES["default"])
        _prepare(demo=demo)
        return _supervise(options, site=settings.SITE_URL, debug=settings.DEBUG)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description="Start ShipOps.")
    parser.add_argument("--host", default=env.text("HOST", "127.0.0.1"), help="address to bind")
    parser.add_argument("--port", type=int, default=env.integer("PORT", 8000, least=1))
    parser.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="load the demo (without it: only into the built-in database)",
    )
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65535:
        parser.error("--port must lie between 1 and 65535")
    options.processes = env.integer("WEB_PROCESSES", 2, least=1)
    options.threads = env.integer("WEB_THREADS", 4, least=1)
    return options


def _prepare(*, demo: bool) -> None:
    command = [sys.executable, "-m", "shipops.start.prepare", *(["--demo"] if demo else [])]
    # A session of its own: on Ctrl-C it is told to stop once, by us.
    with subprocess.Popen(  # noqa: S603
        command, start_new_session=True, preexec_fn=partial(die_with_parent, os.getpid())
    ) as child:
        try:
            code = child.wait()
        except BaseException:
            child.terminate()
            raise
    if code:
        sys.exit(1)  # It has said why.


def _supervise(options: argparse.Namespace, *, site: str, debug: bool) -> int:
    from shipops.start.supervisor import Supervisor, web_command, worker_command

    here = options.host if ":" not in options.host else f"[{options.host}]"
    here = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(here, here)  # noqa: S104
    supervisor = Supervisor(
        ready_address=f"http://{here}:{options.port}",
        host_name=urlsplit(site).netloc,
        greeting=_greeting(site, debug=debug),
    )
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    supervisor.add_process(
        "web",
        web_command(
            host=options.host,
            port=options.port,
            processes=options.processes,
            threads=options.threads,
        ),
        env=environment,
    )
    supervisor.add_process("worker", worker_command(), env=environment)
    supervisor.loop()
    return supervisor.exit_code()


def _greeting(site: str, *, debug: bool) -> str:
    lines = [
        "",
        "ShipOps is running; Ctrl-C stops it.",
        f"  Portal       {site}/",
        f"  Ops console  {site}/console/",
        f"  API          {site}/api/docs/",
    ]
    if debug:
        lines.append(f"  Sent mail    {site}/outbox/")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
