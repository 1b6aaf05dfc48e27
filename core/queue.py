"""Handing work to the background."""

from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django_q.tasks import async_task


def enqueue(task: str, **kwargs: Any) -> None:
    """Nudge a task (dotted path; ids as keyword arguments) once this transaction commits.

    With the ORM broker the nudge is a row of the same transaction; with Redis it is sent on commit.
    A lost nudge loses no work: rows say what is due, and a scheduled sweep finds them.
    """
    if settings.REDIS_URL:
        transaction.on_commit(partial(async_task, task, **kwargs))
    else:
        async_task(task, **kwargs)
