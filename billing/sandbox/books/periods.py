"""Periods of subscriptions: the first, the next, and the end of a trial."""

from billing.sandbox.books import collecting, invoicing, lines, phases, standing
from billing.sandbox.clock import HOUR, later, period_around
from billing.sandbox.store import Json
from billing.sandbox.world import World


def begin_period(subscription: Json, start: int, *, until: int | None = None) -> None:
    """Set the period of every item to the one that begins now; ``until`` ends a trial."""
    for item in subscription["items"]["data"]:
        item["current_period_start"] = start
        item["current_period_end"] = until or period_end(subscription, start)


def period_end(subscription: Json, instant: int) -> int:
    """Give the end of the period that an instant falls into, by the subscription's anchor."""
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    anchor, every = subscription["billing_cycle_anchor"], recurring["interval_count"]
    return period_around(anchor, instant, interval=recurring["interval"], every=every)[1]


def current(subscription: Json) -> tuple[int, int]:
    """Give the present period."""
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def recurring_lines(subscription: Json, *, trial: bool = False) -> list[Json]:
    """Give the lines for the present period."""
    period = current(subscription)
    return [
        lines.recurring(subscription, item, period, trial=trial)
        for item in subscription["items"]["data"]
    ]


def bill(
    world: World,
    subscription: Json,
    what: list[Json],
    *,
    reason: str,
    now: bool,
    period: tuple[int, int] | None = None,
    with_pending: bool = True,
    awaited_as: str = "",
) -> Json:
    """Keep an invoice of the subscription: final and collected at once, or an hour later.

    ``awaited_as`` notes before its payment what the subscription will do once it is paid.
    """
    customer = world.store.get("customer", subscription["customer"])
    invoice = invoicing.draft(
        world,
        customer,
        what,
        currency=subscription["currency"],
        reason=reason,
        subscription=subscription,
        period=period,
    )
    if subscription["days_until_due"] is not None:
        world.notes(invoice)["days_until_due"] = subscription["days_until_due"]
    if with_pending:
        invoicing.take_pending(world, invoice, subscription["id"])
    subscription["latest_invoice"] = invoice["id"]
    if awaited_as:
        world.notes(subscription)[awaited_as] = invoice["id"]
    _let_collect(world, subscription, invoice, now=now)
    return invoice


def _let_collect(world: World, subscription: Json, invoice: Json, *, now: bool) -> None:
    """Let an invoice be collected, or not, as the subscription stands."""
    paused = subscription["pause_collection"]
    if paused is not None:
        invoice["auto_advance"] = False
        if paused["behavior"] != "keep_as_draft":
            invoicing.finalize(world, invoice)
            status = "void" if paused["behavior"] == "void" else "uncollectible"
            collecting.give_up(world, invoice, status)
    elif subscription["status"] == "unpaid":
        invoice["auto_advance"] = False
    elif now:
        invoicing.finalize(world, invoice)
        collecting.collect(world, invoice)
    else:
        invoicing.will_finalize(world, invoice)


def renew(world: World, subscription: Json) -> None:
    """Go over into the next period, or end the subscription where it was to end."""
    begun, start = current(subscription)
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= start:
        standing.end(world, subscription, reason="cancellation_requested")
        return
    if subscription["status"] == "trialing" and not _trial_may_end(world, subscription):
        return
    with world.changing(subscription, standing.UPDATED):
        if subscription["status"] == "trialing":
            subscription["status"] = "active"
            subscription["billing_cycle_anchor"] = start
        begin_period(subscription, start)
    phases.change_phase(world, subscription, start)
    bill(
        world,
        subscription,
        recurring_lines(subscription),
        reason="subscription_cycle",
        now=False,
        period=(begun, start),
    )


def _trial_may_end(world: World, subscription: Json) -> bool:
    """End or pause the subscription instead, if it wants a card and there is none."""
    behavior = (subscription["trial_settings"] or {}).get("end_behavior", {})
    wanted = behavior.get("missing_payment_method", "create_invoice")
    customer = world.store.get("customer", subscription["customer"])
    card = (
        subscription["default_payment_method"]
        or customer["invoice_settings"]["default_payment_method"]
    )
    if card or wanted == "create_invoice" or subscription["collection_method"] == "send_invoice":
        return True
    if wanted == "cancel":
        standing.end(world, subscription, reason="payment_failed")
    else:
        pause(world, subscription, why="trial_end_without_payment_method")
    return False


def pause(world: World, subscription: Json, *, why: str) -> None:
    """Stop a subscription until it is resumed."""
    before = {"status": subscription["status"]}
    subscription["status"] = "paused"
    subscription["status_details"] = {
        "paused": {
            "subscription": {"type": why},
            "transitioned_at": world.now(),
            "type": "subscription",
        }
    }
    world.emit(standing.UPDATED, subscription, before)
    world.emit("customer.subscription.paused", subscription)


def restart_cycle(world: World, subscription: Json) -> None:
    """Begin a new period now, and every one after it on this day."""
    subscription["billing_cycle_anchor"] = world.now()
    begin_period(subscription, world.now())


def trial_until(world: World, days: int) -> int:
    """Give the end of a trial of so many days."""
    return later(world.now(), interval="day", count=days)


GRACE = 23 * HOUR
