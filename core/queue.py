"""Handing work to the background."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django_q.brokers import Broker
from django_q.tasks import async_task


def enqueue(task: str, **kwargs: Any) -> None:
    """Nudge a task (dotted path; ids as keyword arguments) once this transaction commits.

    With the ORM broker the nudge is a row of the same transaction; with Redis it is sent on commit.
    A lost nudge loses no work: rows say what is due, and a scheduled sweep finds them.
    """
    if settings.REDIS_URL:

        def send() -> None:
            async_task(task, **kwargs)

        # Rows say what is due: a broker that is away must not spoil the answer to who sent them.
        transaction.on_commit(send, robust=True)
    else:
        async_task(task, **kwargs)


def nudge_row(task: str, now: datetime) -> tuple[str, str]:
    """Give what ``enqueue`` would store with the ORM broker: cluster and payload.

    For a statement that stores the nudge together with other rows. The nudges of one second are
    the same package: making it takes longer than storing it.
    """
    return _package(task, int(now.timestamp()))


@lru_cache(maxsize=8)
def _package(task: str, second: int) -> tuple[str, str]:
    keeper = _Keeper(settings.Q_CLUSTER["name"])
    async_task(task, broker=keeper)
    return keeper.list_key, keeper.payload


class _Keeper(Broker):
    """A broker that keeps the one package it is given."""

    payload = ""

    def enqueue(self, task: str) -> str:
        """Keep the package."""
        self.payload = task
        return ""
