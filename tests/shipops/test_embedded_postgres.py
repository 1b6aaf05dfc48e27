"""The private PostgreSQL: starts, is shared, stops, and survives being killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import pytest

from shipops import embedded_postgres
from shipops.embedded_postgres import EmbeddedPostgresError, database_url, is_running, running


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder whose server has been made once; making one takes longer than starting it."""
    folder = tmp_path_factory.mktemp("embedded") / "postgres"
    with running(folder, durable=False):
        pass
    yield folder
    embedded_postgres.remove_if_unused(folder)


def _ask(url: str, question: str = "SELECT 1") -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def _postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])


def test_the_address_is_known_before_anything_runs() -> None:
    folder = Path("/nowhere/var/postgres")

    assert quote(str(folder / "socket"), safe="") in database_url(folder)
    assert not folder.exists()


def test_it_answers_inside_the_block_and_is_stopped_after(made: Path) -> None:
    with running(made, durable=False) as url:
        assert _ask(url) == 1
        assert _ask(url, "SELECT current_database()") == "shipops"

    assert not is_running(made)


def test_it_keeps_its_data(made: Path) -> None:
    with running(made, durable=False) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    with running(made, durable=False) as url:
        assert _ask(url, "SELECT answer FROM kept") == 42


def test_it_commits_to_disk_unless_told_otherwise(made: Path) -> None:
    with running(made) as url:
        assert _ask(url, "SHOW fsync") == "on"
        assert _ask(url, "SHOW synchronous_commit") == "on"


def test_it_listens_on_no_port_and_lets_in_only_its_user(made: Path) -> None:
    with running(made, durable=False) as url:
        assert _ask(url, "SHOW listen_addresses") == ""

        assert embedded_postgres.socket_folder(made).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["pg_trgm", "btree_gist", "pg_stat_statements"])
def test_contrib_is_there(made: Path, name: str) -> None:
    with running(made, durable=False) as url:
        found = f"SELECT count(*) FROM pg_available_extensions WHERE name = '{name}'"  # noqa: S608
        assert _ask(url, found) == 1


def test_a_second_user_shares_it_and_the_last_one_stops_it(made: Path) -> None:
    first = running(made, durable=False)
    url = first.__enter__()
    with running(made, durable=False) as same:
        assert same == url
        first.__exit__(None, None, None)

        assert _ask(url) == 1
    assert not is_running(made)


@pytest.mark.slow
def test_two_starters_at_once_end_up_with_one_server(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    program = (
        "import sys; from pathlib import Path; from shipops.embedded_postgres import running\n"
        "folder = Path(sys.argv[1])\n"
        "with running(folder, durable=False):\n"
        "    print((folder / 'data/postmaster.pid').read_text().split()[0], flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    seen = {starter.stdout.readline() for starter in starters if starter.stdout}
    for starter in starters:
        starter.communicate("\n", timeout=60)

    assert len(seen) == 1
    assert [starter.returncode for starter in starters] == [0, 0]
    assert not is_running(folder)


def test_a_killed_server_starts_again(made: Path) -> None:
    with running(made, durable=False):
        os.kill(_postmaster(made), signal.SIGKILL)
        _gone(_postmaster(made))

    with running(made, durable=False) as url:
        assert _ask(url) == 1


def test_a_stale_process_number_that_lives_on_as_something_else_is_no_server(made: Path) -> None:
    (made / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{made / 'data'}\n1\n5432\n")

    assert not is_running(made)
    with running(made, durable=False) as url:
        assert _ask(url) == 1


def test_a_server_left_over_by_a_killed_process_is_used_and_stopped(made: Path) -> None:
    program = (
        "import os, sys, signal; from pathlib import Path\n"
        "from shipops.embedded_postgres import running\n"
        "with running(Path(sys.argv[1]), durable=False):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(made)], check=False)
    assert is_running(made)

    with running(made, durable=False) as url:
        assert _ask(url) == 1
    assert not is_running(made)


def test_a_start_killed_while_making_its_files_begins_anew(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    (folder / "data.draft").mkdir(parents=True)
    (folder / "data.draft" / "PG_VERSION").write_text("18\n")
    (folder / "data").mkdir()

    with running(folder, durable=False) as url:
        assert _ask(url) == 1


def test_a_checkout_too_deep_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    folder = tmp_path / "/".join(["Deep" * 10] * 4) / "postgres"

    with running(folder, durable=False) as url:
        assert _ask(url) == 1
    assert not embedded_postgres.socket_folder(folder).is_relative_to(folder)

    assert embedded_postgres.remove_if_unused(folder)
    assert not embedded_postgres.socket_folder(folder).exists()


def test_a_folder_with_blanks_commas_and_accents_works(tmp_path: Path) -> None:
    with running(tmp_path / "it's a café, really", durable=False) as url:
        assert _ask(url) == 1


def test_a_folder_a_shell_would_misread_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="choose a VAR_DIR"):
        running(tmp_path / 'a "folder" of $HOME', durable=False).__enter__()


def test_data_of_another_major_version_is_refused_with_the_way_out(made: Path) -> None:
    version = made / "data" / "PG_VERSION"
    ours = version.read_text()
    version.write_text("15\n")
    try:
        with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 15, installed is 18"):
            running(made, durable=False).__enter__()
    finally:
        version.write_text(ours)


def test_a_broken_configuration_is_refused_with_the_server_s_own_words(made: Path) -> None:
    configuration = made / "data" / "postgresql.auto.conf"
    ours = configuration.read_text()
    configuration.write_text("shared_buffers = '1000 apples'\n")
    try:
        with pytest.raises(EmbeddedPostgresError, match=r"does not start .*; see .*server\.log"):
            running(made, durable=False).__enter__()
    finally:
        configuration.write_text(ours)


def test_a_server_in_use_is_not_removed(made: Path) -> None:
    with running(made, durable=False) as url:
        assert not embedded_postgres.remove_if_unused(made)
        assert _ask(url) == 1


def test_without_the_wheel_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(
        EmbeddedPostgresError, match="install requirements.txt, or set DATABASE_URL"
    ):
        embedded_postgres.programs()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")
def test_as_root_the_server_runs_under_its_own_account_inside_a_closed_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)

    with running(home / "postgres", durable=False) as url:
        assert _ask(url) == 1
        owner = psutil.Process(_postmaster(home / "postgres")).username()
        assert owner == embedded_postgres.SYSTEM_USER
        # Passing through is all that was added: listing the home stays its owner's.
        assert home.stat().st_mode & 0o777 == 0o701
        home.chmod(0o700)

    assert not is_running(home / "postgres")
    shutil.rmtree(home)


def _gone(process: int) -> None:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(process) and time.monotonic() < deadline:
        if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.05)
