"""Subscriptions paused and resumed (docs: Pause subscriptions)."""

from fractions import Fraction

from stripe.params import SubscriptionPauseParams, SubscriptionResumeParams

from billing.sandbox.books import collecting, lines, periods, prorations, standing
from billing.sandbox.books.waiting import keep_waiting
from billing.sandbox.clock import period_around
from billing.sandbox.faults import ApiFault
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World


def pause(world: World, params: Json, key: str) -> Json:
    """Pause a subscription; what is left of the period is given back unless asked otherwise."""
    subscription = world.store.get("subscription", key)
    _check(subscription)
    since = params.get("bill_for", {}).get("unused_time_from", {}).get("type", "now")
    given_back: list[Json] = []
    if since != "none":
        start = periods.current(subscription)[0]
        at = start if since == "item_current_period_start" else world.now()
        given_back = prorations.unused_time(subscription, at=at)
    periods.pause(world, subscription, why="pause_requested")
    world.notes(subscription)["credited_until"] = (
        periods.current(subscription)[1] if given_back else 0
    )
    if params.get("invoicing_behavior") == "invoice" and given_back:
        periods.bill(world, subscription, given_back, reason="subscription_update", now=True)
    else:
        for credit in given_back:
            keep_waiting(world, subscription, credit)
    return subscription


def _check(subscription: Json) -> None:
    why = ""
    if subscription["collection_method"] != "charge_automatically":
        why = "collection_method is not charge_automatically"
    elif subscription["billing_mode"]["type"] != "flexible":
        why = "billing_mode is not flexible"
    elif subscription["status"] not in ("active", "past_due"):
        why = f"status is {subscription['status']}"
    elif subscription["schedule"]:
        why = "it is managed by a schedule"
    if why:
        raise ApiFault(f"This subscription cannot be paused: its {why}.")


def resume(world: World, params: Json, key: str) -> Json:
    """Resume a paused subscription: with a new period, or in the one it would be in."""
    subscription = world.store.get("subscription", key)
    if subscription["status"] != "paused":
        raise ApiFault("This subscription is not paused.")
    if "resumes_with" in world.notes(subscription):
        collecting.give_up_awaited(world, subscription, "resumes_with")
    unchanged = params.get("billing_cycle_anchor", {}).get("type", "now") == "unchanged"
    what = _rest(world, subscription, params) if unchanged else _anew(world, subscription)
    behavior = params.get("proration_behavior", "create_prorations")
    if unchanged and behavior != "always_invoice":
        for line in what if behavior == "create_prorations" else []:
            keep_waiting(world, subscription, line)
        standing.resumed(world, subscription)
        return subscription
    waits = params.get("payment_behavior") == "resume_on_payment_success"
    if not waits:
        standing.resumed(world, subscription)
    periods.bill(
        world,
        subscription,
        what,
        reason="subscription_update",
        now=True,
        awaited_as="resumes_with" if waits else "",
    )
    return subscription


def _anew(world: World, subscription: Json) -> list[Json]:
    periods.restart_cycle(world, subscription)
    return periods.recurring_lines(subscription)


def _rest(world: World, subscription: Json, params: Json) -> list[Json]:
    """Charge what is left of the period now, as far as it is not paid for."""
    now = params.get("proration_date", world.now())
    begun, end = periods.current(subscription)
    if now >= end:
        recurring = subscription["items"]["data"][0]["price"]["recurring"]
        begun, end = period_around(
            subscription["billing_cycle_anchor"],
            now,
            interval=recurring["interval"],
            every=recurring["interval_count"],
        )
        for item in subscription["items"]["data"]:
            item["current_period_start"], item["current_period_end"] = begun, end
    elif not world.notes(subscription).get("credited_until"):
        return []
    part = Fraction(end - now, end - begun)
    return [
        lines.proration(
            subscription, item, price=item["price"], part=part, sign=1, since=now, until=end
        )
        for item in subscription["items"]["data"]
    ]


ROUTES = [
    Route("POST", "/v1/subscriptions/{id}/pause", SubscriptionPauseParams, pause,
          "type bill_for invoicing_behavior"),
    Route("POST", "/v1/subscriptions/{id}/resume", SubscriptionResumeParams, resume,
          "billing_cycle_anchor proration_behavior proration_date payment_behavior"),
]  # fmt: skip
