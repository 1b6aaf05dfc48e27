"""Mails taken in within the product's own process, beside a bare insert of the same bytes."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from clients.models import Project
from core.mail_addresses import project_address
from tickets.actions import keep_mail, take_mails
from tickets.models import InboundMail

_MESSAGE_ID = re.compile(rb"^message-id:.*\r?\n(?:[ \t].*\r?\n)*", re.IGNORECASE | re.MULTILINE)
_APART = timedelta(hours=2)


@override_settings(INBOUND_MAIL_ADDRESS="bugs@in.bench.example")
def mails(*, path: str, turns: int, copies: int) -> dict[str, Any]:
    """Take all samples in, ``copies`` times a turn; gives the mails a second of each turn.

    One more turn goes before, to warm up. Nothing may be left waiting or given up.
    """
    samples = [file.read_bytes() for file in sorted(Path(path).glob("*.eml"))]
    project = Project.objects.get(client__slug="client-0")
    to = project_address(project.mail_token)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_mail (id bigserial PRIMARY KEY, raw bytea NOT NULL)")
    numbers = count(1)
    now = timezone.now() - (turns + 1) * copies * _APART
    ours, floor = [], []
    for _ in range(turns + 1):
        turn: list[tuple[bytes, datetime]] = []
        for _ in range(copies):
            now += _APART
            turn += [(_numbered(raw, next(numbers)), now) for raw in samples]
        floor.append(_per_second(_insert, [(raw,) for raw, _ in turn]))
        ours.append(_per_second(_take, [(raw, to, at) for raw, at in turn]))
    states = Counter(InboundMail.objects.values_list("state", flat=True))
    assert states.total() == (turns + 1) * copies * len(samples)
    assert not states["waiting"] and not states["failed"], states
    return {"ours": ours[1:], "floor": floor[1:], "states": dict(states)}


def _per_second(do: Callable[..., None], turn: list[tuple[Any, ...]]) -> float:
    began = perf_counter()
    for each in turn:
        do(*each)
    return len(turn) / (perf_counter() - began)


def _insert(raw: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bare_mail (raw) VALUES (%s)", [raw])


def _take(raw: bytes, to: str, now: datetime) -> None:
    mail = keep_mail(raw=raw, via="imap", recipient=to, now=now)
    take_mails(now=now, mail_id=mail.pk)


def _numbered(raw: bytes, number: int) -> bytes:
    """Give the mail a Message-ID of its own: the same again would be known."""
    return f"Message-ID: <{number}@bench.example>\r\n".encode() + _MESSAGE_ID.sub(b"", raw)
