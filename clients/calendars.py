"""The calendars a new installation begins with."""

from typing import Any

from django.utils import timezone

from clients.actions.calendars import make_first_calendars


def begin_with_calendars(**kwargs: Any) -> None:
    """Make the first calendars after the first migrate."""
    known = kwargs.get("apps")  # not given when a test empties the tables
    if known is None or "calendar" in known.all_models["clients"]:
        make_first_calendars(now=timezone.now())
