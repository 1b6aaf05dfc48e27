"""Claiming due rows: a lease with a token, back-off after a failure, a sweep for what was left.

Every inbox and outbox works the same way: claim a row, go out to the network without a
transaction, then write only if the token is still one's own.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import F, Q

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=6)


class Claimable(models.Model):
    """A row of work that one worker at a time takes; ``due_at`` is null once it is done.

    ``attempts`` counts the claims, so that also one whose holder died is counted.
    """

    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Claimable)


def claim(
    rows: models.QuerySet[Row], *, now: datetime, lease: timedelta, limit: int = 1
) -> list[Row]:
    """Lease up to ``limit`` due rows, earliest first, skipping rows another worker holds.

    It begins an attempt of each.
    """
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    with transaction.atomic():
        claimed = list(
            rows.filter(free, due_at__lte=now)
            .order_by("due_at")
            .select_for_update(skip_locked=True)[:limit]
        )
        token = uuid.uuid4()
        for row in claimed:
            row.lease_token, row.leased_until = token, now + lease
            row.attempts += 1
        rows.model._default_manager.filter(pk__in=[row.pk for row in claimed]).update(
            lease_token=token, leased_until=now + lease, attempts=F("attempts") + 1
        )
    return claimed


def finish(row: Claimable, **changes: Any) -> bool:
    """Write the outcome and end the claim; false if the lease had gone to somebody else."""
    return _write(row, **{"due_at": None, "last_error": "", **changes})


def back_off(row: Claimable, *, now: datetime, error: str) -> bool:
    """Give the row back to be tried later: 30 s, doubled each time, at most 6 hours."""
    wait = min(FIRST_RETRY * 2 ** min(row.attempts - 1, 16), LONGEST_RETRY)
    return _write(row, due_at=now + wait, last_error=error[:500])


def _write(row: Claimable, **changes: Any) -> bool:
    mine = type(row)._default_manager.filter(pk=row.pk, lease_token=row.lease_token)
    return bool(mine.update(lease_token=None, leased_until=None, **changes))
