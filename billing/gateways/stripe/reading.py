"""What every reading of Stripe's objects does: ids, instants, metadata, pages.

A field that Stripe left out raises AttributeError, so whatever the types call optional is read by
``getattr`` with a default.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from stripe import ListObject, StripeObject

from billing.gateways.stripe.objects import Page

S = TypeVar("S", bound=StripeObject)
T = TypeVar("T")

# As many as Stripe gives at once.
PAGE_SIZE = 100


def ref(value: Any) -> str:
    """Give the id of what a field names, expanded or not; nothing for nothing."""
    if value is None or isinstance(value, str):
        return value or ""
    return str(value.id)


def at(value: int) -> datetime:
    """Give an instant of Stripe's."""
    return datetime.fromtimestamp(value, UTC)


def maybe_at(value: int | None) -> datetime | None:
    """Give an instant of Stripe's, if there is one."""
    return None if value is None else at(value)


def seconds(instant: datetime) -> int:
    """Give an instant as Stripe takes it; it counts whole seconds."""
    return int(instant.timestamp())


def metadata(thing: StripeObject) -> Mapping[str, str]:
    """Give an object's metadata."""
    found = getattr(thing, "metadata", None)
    if found is None:
        return {}
    return {str(key): str(value) for key, value in found.to_dict().items()}


def page(found: ListObject[S], read: Callable[[S], T]) -> Page[T]:
    """Give a page of a list in our words."""
    last = found.data[-1] if found.data else None
    return Page(
        items=tuple(read(each) for each in found.data),
        next_after=ref(last) if found.has_more else "",
    )


def every(fetch: Callable[[str], Page[T]]) -> Iterator[T]:
    """Give all there is, page by page; ``fetch`` takes the id after which a page begins."""
    after = ""
    while True:
        found = fetch(after)
        yield from found.items
        after = found.next_after
        if not after:
            return
