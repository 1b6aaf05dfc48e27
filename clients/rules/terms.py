"""The terms of a plan version: what a client may be promised, and by when."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

PRIORITIES = ("P1", "P2", "P3", "P4")


@dataclass(frozen=True)
class Target:
    """What is promised for one priority, in open minutes of a calendar."""

    first_response_minutes: int
    next_reply_minutes: int
    resolution_minutes: int
    calendar_id: int


@dataclass(frozen=True)
class Terms:
    """What a client agreed on.

    A slot gets ``tokens_per_slot`` commitment tokens a week and holds ``most_tokens_per_slot``.
    """

    plan_version_id: int
    slots: int
    tokens_per_slot: Decimal
    most_tokens_per_slot: Decimal
    targets: Mapping[str, Target]
