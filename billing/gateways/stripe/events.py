"""Events, asked for: what a webhook never brought."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import stripe
from stripe.params import EventListParams

from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures
from billing.gateways.stripe.objects import Event, Page
from billing.gateways.stripe.reading import PAGE_SIZE, at, every, page, seconds


def get_event(event_id: str) -> Event:
    """Fetch an event; Stripe keeps them for 30 days."""
    with sorted_failures():
        found = connect().v1.events.retrieve(event_id)
    return read_event(found)


def list_events(
    *, after: str = "", since: datetime, types: Sequence[str] = (), undelivered: bool = False
) -> Page[Event]:
    """Fetch a page of the events since an instant; ``undelivered`` are those no endpoint took."""
    params: EventListParams = {"created": {"gte": seconds(since)}, "limit": PAGE_SIZE}
    if types:
        params["types"] = list(types)
    if undelivered:
        params["delivery_success"] = False
    if after:
        params["starting_after"] = after
    with sorted_failures():
        return page(connect().v1.events.list(params), read_event)


def every_event(
    *, since: datetime, types: Sequence[str] = (), undelivered: bool = False
) -> Iterator[Event]:
    """Fetch all of them, newest first."""
    return every(
        lambda after: list_events(after=after, since=since, types=types, undelivered=undelivered)
    )


def read_event(found: stripe.Event) -> Event:
    """Give an event in our words."""
    return event_of(found.to_dict(for_json=True))


def event_of(payload: dict[str, Any]) -> Event:
    """Give the event that a payload is. Raises KeyError or TypeError for what is none."""
    about = payload["data"]["object"]
    return Event(
        id=str(payload["id"]),
        type=str(payload["type"]),
        api_version=str(payload.get("api_version") or ""),
        object_type=str(about["object"]),
        # The preview of an invoice to come has no id.
        object_id=str(about.get("id") or ""),
        created_at=at(int(payload["created"])),
        is_live=bool(payload["livemode"]),
        payload=payload,
    )
