"""The life of a retainer: its states and the moves between them."""

from django.db.models import TextChoices


class RetainerState(TextChoices):
    """Where a client's agreement stands."""

    DRAFT = "draft", "Draft"
    TRIALING = "trialing", "Trialing"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    PAST_DUE = "past_due", "Past due"
    SUSPENDED = "suspended", "Suspended"
    ENDED = "ended", "Ended"


_S = RetainerState
RETAINER_MOVES: dict[RetainerState, frozenset[RetainerState]] = {
    _S.DRAFT: frozenset({_S.TRIALING, _S.ACTIVE, _S.ENDED}),
    _S.TRIALING: frozenset({_S.ACTIVE, _S.PAST_DUE, _S.PAUSED, _S.ENDED}),
    _S.ACTIVE: frozenset({_S.PAUSED, _S.PAST_DUE, _S.ENDED}),
    _S.PAUSED: frozenset({_S.ACTIVE, _S.TRIALING, _S.ENDED}),
    _S.PAST_DUE: frozenset({_S.ACTIVE, _S.PAUSED, _S.SUSPENDED, _S.ENDED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.ENDED}),
    _S.ENDED: frozenset(),
}
SERVED = frozenset({_S.TRIALING, _S.ACTIVE, _S.PAST_DUE})
