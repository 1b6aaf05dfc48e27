"""Promises: which tickets get a due time, and what happens to it later."""

from tickets.models import QueuePlan

_THE_ONE = 1


def lock_plan() -> QueuePlan:
    """Lock the one row that decisions about the order of work take one after the other.

    Reports are locked before it, and the caller's ticket; whoever holds it waits for no other
    ticket. One inside a transaction only.
    """
    QueuePlan.objects.get_or_create(pk=_THE_ONE)
    return QueuePlan.objects.select_for_update(no_key=True).get(pk=_THE_ONE)
