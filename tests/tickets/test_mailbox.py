"""A mailbox that mail is fetched from, by a server on a socket: cut off, killed, slow to tell."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings as live
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from tests.imap_server import Mailbox, serving
from tickets.gateways import mailbox
from tickets.models import InboundMail

ODD = b"From: a@mail.test\r\n\r\nOne.\n\x00\xff)\r\n."
TWO = b"From: b@mail.test\r\n\r\nTwo."


@pytest.fixture
def box(settings: Any) -> Iterator[Mailbox]:
    """A mailbox of two unseen mails."""
    held = Mailbox({1: ODD, 2: TWO})
    with serving(held) as settings.IMAP_URL:
        yield held


def _kept() -> list[bytes]:
    return [bytes(mail.raw) for mail in InboundMail.objects.order_by("pk")]


@pytest.mark.django_db(transaction=True)
def test_what_is_unseen_is_kept_byte_for_byte_and_then_seen(box: Mailbox) -> None:
    call_command("fetch_mail", "--once")

    assert _kept() == [ODD, TWO]
    assert not box.unseen
    # What other programs marked as deleted is theirs to expunge.
    assert "EXPUNGE" not in box.asked
    call_command("fetch_mail", "--once")
    assert box.asked.count("UID FETCH") == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", ["UID SEARCH", "UID FETCH", "UID STORE", "LOGOUT"])
def test_what_breaks_off_anywhere_is_fetched_again_and_there_once(
    box: Mailbox, command: str
) -> None:
    box.break_off = [command]
    with pytest.raises(CommandError, match="The mailbox does not answer"):
        call_command("fetch_mail", "--once")

    call_command("fetch_mail", "--once")

    assert _kept() == [ODD, TWO]
    assert not box.unseen


def test_what_was_not_kept_stays_unseen(box: Mailbox, settings: Any) -> None:
    kept: list[bytes] = []

    def fail_on_the_second(raw: bytes) -> None:
        if kept:
            raise OperationalError("the database is gone")
        kept.append(raw)

    with (
        pytest.raises(OperationalError),
        mailbox.open_mailbox(settings.IMAP_URL) as opened,
    ):
        mailbox.take_unseen(opened, fail_on_the_second)

    assert (kept, box.unseen) == ([ODD], {2})


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 IDLE", "IMAP4rev1"])
def test_waiting_ends_when_something_came(
    box: Mailbox, settings: Any, monkeypatch: pytest.MonkeyPatch, capabilities: str
) -> None:
    monkeypatch.setattr(mailbox, "SECONDS_BETWEEN", 0.2)
    box.capabilities = capabilities
    came: list[bytes] = []
    with mailbox.open_mailbox(settings.IMAP_URL) as opened:
        assert mailbox.take_unseen(opened, came.append) == 2
        threading.Timer(0.1, box.deliver, (3, TWO)).start()
        begin = time.monotonic()
        mailbox.wait_for_mail(opened, 60)
        assert time.monotonic() - begin < 10
        assert mailbox.take_unseen(opened, came.append) == 1
    assert came == [ODD, TWO, TWO]
    assert ("IDLE" in box.asked) == ("IDLE" in capabilities)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_between_keeping_and_marking_it_keeps_each_mail_once(box: Mailbox) -> None:
    box.hold = "UID STORE"
    fetching = _fetch_mail(box)
    try:
        assert box.held.wait(60)
        os.kill(fetching.pid, signal.SIGKILL)
    finally:
        fetching.wait()
    assert box.unseen == {1, 2}

    box.hold = ""
    assert _fetch_mail(box, "--once").wait(60) == 0

    assert _kept() == [ODD, TWO]
    assert not box.unseen


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_goes_on_after_the_server_broke_off(box: Mailbox) -> None:
    box.break_off = ["UID FETCH", "IDLE"]
    fetching = _fetch_mail(box)
    try:
        deadline = time.monotonic() + 60
        while "IDLE" in box.break_off and time.monotonic() < deadline:
            time.sleep(0.1)
        box.deliver(3, TWO + b" Three.")
        while box.unseen and time.monotonic() < deadline:
            time.sleep(0.1)
        assert fetching.poll() is None
    finally:
        fetching.kill()
        fetching.wait()

    assert _kept() == [ODD, TWO, TWO + b" Three."]


def _fetch_mail(box: Mailbox, *words: str) -> subprocess.Popen[bytes]:
    # The database of this test, at the address of the server that the tests run on.
    address = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    env = {
        **os.environ,
        "DATABASE_URL": urlunsplit(address._replace(path=f"/{name}")),
        "IMAP_URL": f"imap://ops:hush%20hush@127.0.0.1:{box.port}/INBOX",
        "INBOUND_MAIL_ADDRESS": "bugs@in.shipops.test",
        "SECRET_KEY": live.SECRET_KEY,
        "DEBUG": "1",
    }
    command = [sys.executable, "manage.py", "fetch_mail", *words]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], env=env)


def test_a_mailbox_that_is_not_named_or_does_not_answer_is_told(settings: Any) -> None:
    for url, why in (("", "Set IMAP_URL"), ("imap://u:p@127.0.0.1:1/INBOX", "does not answer")):
        settings.IMAP_URL = url
        with pytest.raises(CommandError, match=why):
            call_command("fetch_mail", "--once")


def test_a_wrong_password_is_told(box: Mailbox, settings: Any) -> None:
    settings.IMAP_URL = f"imap://ops:wrong@127.0.0.1:{box.port}/INBOX"
    with pytest.raises(CommandError, match="refuses the user or the password"):
        call_command("fetch_mail")
