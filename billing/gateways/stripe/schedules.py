"""Subscription schedules: what is to become of a subscription at the end of its period."""

import stripe

from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures
from billing.gateways.stripe.objects import Schedule
from billing.gateways.stripe.reading import metadata as metadata_of
from billing.gateways.stripe.reading import ref


def get_schedule(schedule_id: str) -> Schedule:
    """Fetch a schedule."""
    with sorted_failures():
        found = connect().v1.subscription_schedules.retrieve(schedule_id)
    return read_schedule(found)


def release_schedule(*, schedule_id: str, key: str) -> Schedule:
    """Let the subscription go on as it is: nothing changes at the end of its period."""
    with sorted_failures():
        released = connect().v1.subscription_schedules.release(
            schedule_id, {}, {"idempotency_key": key}
        )
    return read_schedule(released)


def read_schedule(found: stripe.SubscriptionSchedule) -> Schedule:
    """Give a schedule in our words."""
    attached = getattr(found, "subscription", None) or getattr(found, "released_subscription", None)
    return Schedule(
        id=found.id,
        subscription_id=ref(attached),
        status=found.status,
        phases=tuple(tuple(ref(item.price) for item in phase.items) for phase in found.phases),
        metadata=metadata_of(found),
    )
