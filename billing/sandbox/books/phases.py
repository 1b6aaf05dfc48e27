"""Phases of schedules, as they begin and as they are over."""

from billing.sandbox.books import standing
from billing.sandbox.books.plans import plan_of
from billing.sandbox.store import Json
from billing.sandbox.world import World


def change_phase(world: World, subscription: Json, start: int) -> None:
    """Do at the beginning of a period what the schedule has in store for it."""
    schedule = world.store.find("subscription_schedule", subscription["schedule"])
    if schedule is None:
        return
    phase = next(
        (each for each in schedule["phases"] if each["start_date"] <= start < each["end_date"]),
        None,
    )
    if phase is None:
        let_go(world, schedule)
        return
    schedule["current_phase"] = {name: phase[name] for name in ("start_date", "end_date")}
    with world.changing(subscription, standing.UPDATED):
        for item, wanted in zip(subscription["items"]["data"], phase["items"], strict=True):
            price = world.store.get("price", wanted["price"])
            item.update(price=price, plan=plan_of(price), quantity=wanted["quantity"])


def let_go(world: World, schedule: Json) -> None:
    """Let the subscription go on by itself, as it is."""
    subscription = world.store.get("subscription", schedule["subscription"])
    schedule.update(
        status="released",
        released_at=world.now(),
        released_subscription=subscription["id"],
        subscription=None,
        current_phase=None,
    )
    world.emit("subscription_schedule.released", schedule)
    with world.changing(subscription, standing.UPDATED):
        subscription["schedule"] = None
