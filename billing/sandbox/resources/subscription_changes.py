"""Changes of subscriptions: price, pause of collection, end at the end of the period, trial."""

from stripe.params import SubscriptionUpdateParams

from billing.sandbox.books import collecting, periods, prorations, standing
from billing.sandbox.books.cards import DECLINES
from billing.sandbox.books.waiting import keep_waiting
from billing.sandbox.faults import ApiFault, declined
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World, merged_metadata

_WITH_PENDING = frozenset(
    ("items", "proration_behavior", "proration_date", "payment_behavior", "metadata")
)


def update(world: World, params: Json, key: str) -> Json:
    """Change a subscription (docs: Update a subscription)."""
    subscription = world.store.get("subscription", key)
    _check(subscription, params)
    if "items" in params:
        _change_items(world, subscription, params)
    with world.changing(subscription, standing.UPDATED):
        if subscription["pending_update"] is None:
            given = params.get("metadata")
            subscription["metadata"] = merged_metadata(subscription["metadata"], given)
        for name in ("default_payment_method", "description", "days_until_due"):
            if name in params:
                subscription[name] = params[name] if params[name] != "" else None
        if "pause_collection" in params:
            given = params["pause_collection"]
            subscription["pause_collection"] = {"resumes_at": None, **given} if given else None
        _set_end(world, subscription, params)
    if params.get("trial_end") == "now":
        _end_trial(world, subscription)
    return subscription


def _check(subscription: Json, params: Json) -> None:
    if subscription["status"] in standing.ENDED and set(params) - {"metadata"}:
        raise ApiFault(
            "A canceled subscription can only update its cancellation_details and metadata.",
            code="invalid_canceled_subscription_fields",
        )
    if subscription["status"] == "incomplete" and "items" in params:
        raise ApiFault("This subscription is incomplete and its items cannot be changed yet.")
    if subscription["schedule"] and {"cancel_at", "cancel_at_period_end"} & set(params):
        raise ApiFault(
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`"
            ", and updating any cancelation behavior directly is not allowed. Please update the "
            "schedule instead."
        )
    if params.get("payment_behavior") == "pending_if_incomplete":
        if strange := sorted(set(params) - _WITH_PENDING):
            raise ApiFault(
                "You can only pass supported params when `payment_behavior` is "
                f"`pending_if_incomplete`. Remove the following params: {', '.join(strange)}.",
                param=strange[0],
            )
        if subscription["collection_method"] != "charge_automatically":
            raise ApiFault("Pending updates need collection_method charge_automatically.")


def _change_items(world: World, subscription: Json, params: Json) -> None:
    if subscription["pending_update"] is not None:
        # Another change takes the place of the one that waits for its payment.
        collecting.give_up_awaited(world, subscription, "update_waits_for")
    items = prorations.changed_items(world, subscription, params["items"], path="items")
    behavior = params.get("proration_behavior", "create_prorations")
    found: list[Json] = []
    if behavior != "none" and subscription["status"] != "paused":
        at = params.get("proration_date", world.now())
        found = prorations.proration_lines(subscription, items, at=at)
    if behavior == "always_invoice" and found:
        _change_and_bill(world, subscription, items, found, params)
        return
    _swap(world, subscription, items)
    for line in found:
        keep_waiting(world, subscription, line)


def _change_and_bill(
    world: World, subscription: Json, items: list[Json], found: list[Json], params: Json
) -> None:
    payment = params.get("payment_behavior", "allow_incomplete")
    if payment == "error_if_incomplete":
        _check_card(world, subscription)
    if payment != "pending_if_incomplete":
        _swap(world, subscription, items)
        _bill(world, subscription, found, awaited_as="")
        return
    invoice = _bill(world, subscription, found, awaited_as="update_waits_for")
    if invoice["status"] not in ("draft", "open"):
        # Paid, or not to be paid while the collection is paused.
        _swap(world, subscription, items)
        return
    with world.changing(subscription, standing.UPDATED):
        subscription["pending_update"] = standing.pending_update(
            world, items, params.get("metadata")
        )


def _bill(world: World, subscription: Json, found: list[Json], *, awaited_as: str) -> Json:
    return periods.bill(
        world,
        subscription,
        found,
        reason="subscription_update",
        now=True,
        with_pending=False,
        awaited_as=awaited_as,
    )


def _swap(world: World, subscription: Json, items: list[Json]) -> None:
    with world.changing(subscription, standing.UPDATED):
        subscription["items"]["data"] = items


def _check_card(world: World, subscription: Json) -> None:
    customer = world.store.get("customer", subscription["customer"])
    settings = customer["invoice_settings"]
    key = subscription["default_payment_method"] or settings["default_payment_method"]
    card = world.store.find("payment_method", key)
    why = "declined" if card is None else world.notes(card).get("declines", "")
    if why:
        raise declined(DECLINES[why])


def _set_end(world: World, subscription: Json, params: Json) -> None:
    if "cancel_at_period_end" in params:
        ends = params["cancel_at_period_end"]
        subscription["cancel_at_period_end"] = ends
        set_cancel_at(world, subscription, periods.current(subscription)[1] if ends else None)
    if "cancel_at" in params:
        wanted = params["cancel_at"]
        if isinstance(wanted, str) and wanted:
            wanted = periods.current(subscription)[1]
        subscription["cancel_at_period_end"] = False
        set_cancel_at(world, subscription, wanted or None)
    given = params.get("cancellation_details")
    if given:
        details = subscription["cancellation_details"] or {}
        subscription["cancellation_details"] = {**details, **given}


def set_cancel_at(world: World, subscription: Json, instant: int | None) -> None:
    """Let a subscription end at an instant, or go on."""
    subscription["cancel_at"] = instant
    subscription["canceled_at"] = world.now() if instant else None
    reason = "cancellation_requested" if instant else None
    details = subscription["cancellation_details"] or {}
    subscription["cancellation_details"] = {**details, "reason": reason}


def _end_trial(world: World, subscription: Json) -> None:
    if subscription["status"] != "trialing":
        return
    with world.changing(subscription, standing.UPDATED):
        subscription["status"] = "active"
        subscription["trial_end"] = world.now()
        periods.restart_cycle(world, subscription)
    what = periods.recurring_lines(subscription)
    periods.bill(world, subscription, what, reason="subscription_update", now=True)


ROUTES = [
    Route("POST", "/v1/subscriptions/{id}", SubscriptionUpdateParams, update,
          "items proration_behavior proration_date payment_behavior metadata cancel_at "
          "cancel_at_period_end cancellation_details pause_collection default_payment_method "
          "description days_until_due trial_end off_session"),
]  # fmt: skip
