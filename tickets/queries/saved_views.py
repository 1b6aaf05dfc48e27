"""Whose views somebody sees, and how much is in each."""

import time
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, Q, QuerySet, When

from clients.models import User
from clients.queries import clients_for
from tickets.models import SavedView
from tickets.queries.search import count_found

MOST_SHOWN = 20
COUNTING_SECONDS = 1.5


def views_for(user: User, *, client_id: int | None = None) -> QuerySet[SavedView]:
    """List one's own views, and then those the team shares: of a client, or of the console."""
    views = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), client=client_id)
    if client_id is None:
        allowed = user.is_active and user.staff_role is not None
    else:
        allowed = clients_for(user).filter(pk=client_id).exists()
    own_first = Case(When(owner=user, then=0), default=1)
    views = views.select_related("owner").order_by(own_first, "name", "pk")
    return views if allowed else views.none()


def counts_of(
    views: Iterable[SavedView], user: User, *, now: datetime
) -> list[tuple[SavedView, int | None]]:
    """Count what each view finds for the one who looks, which may be less than for its owner.

    None where counting takes too long, or all of them together did.
    """
    until = time.monotonic() + COUNTING_SECONDS
    return [
        (
            view,
            count_found(user, view.query, client_id=view.client_id, now=now)
            if time.monotonic() < until
            else None,
        )
        for view in views
    ]
