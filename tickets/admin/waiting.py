from typing import Any

from django.http import HttpRequest

from tickets.queries import waiting_for_triage


def waiting_of(request: HttpRequest) -> tuple[int, int]:
    """Count what waits for triage, and how much of it as S1, once a request.

    The page and the sidebar beside it both say so.
    """
    kept: Any = request
    if not hasattr(kept, "waiting_for_triage"):
        kept.waiting_for_triage = waiting_for_triage()
    waiting: tuple[int, int] = kept.waiting_for_triage
    return waiting
