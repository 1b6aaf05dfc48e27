"""When a promise stood still: while we waited for the client, or its retainer was not served."""

from collections.abc import Iterable
from datetime import datetime

Stop = tuple[datetime, datetime | None]  # None: it lasts


def closed_stops(stops: Iterable[Stop]) -> list[tuple[datetime, datetime]]:
    """Join stops that overlap or touch; give those that are over, in order."""
    joined: list[Stop] = []
    for start, end in sorted(stops, key=lambda stop: stop[0]):
        last = joined[-1] if joined else None
        if last and (last[1] is None or start <= last[1]):
            joined[-1] = last[0], max(last[1], end) if last[1] and end else None
        else:
            joined.append((start, end))
    return [(start, end) for start, end in joined if end is not None]


def stops_of(moments: Iterable[tuple[datetime, bool]]) -> list[Stop]:
    """Give the stops of moments in order, each of which tells whether it stands still from then."""
    stops: list[Stop] = []
    since: datetime | None = None
    for at, stands in moments:
        if stands and since is None:
            since = at
        elif not stands and since is not None:
            stops.append((since, at))
            since = None
    return [*stops, (since, None)] if since is not None else stops
