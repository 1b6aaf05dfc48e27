"""What payments, and payments that fail, do to a subscription."""

from stripe import Subscription

from billing.sandbox.clock import HOUR
from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json
from billing.sandbox.world import World, merged_metadata

UPDATED = "customer.subscription.updated"
ENDED = ("canceled", "incomplete_expired")


def subscription_of(world: World, invoice: Json) -> Json | None:
    """Give the subscription that an invoice is of."""
    told = (invoice["parent"] or {}).get("subscription_details") or {}
    return world.store.find("subscription", told.get("subscription"))


def invoice_was_settled(world: World, invoice: Json) -> None:
    """Let a subscription stand better once an invoice needs no payment any more."""
    subscription = subscription_of(world, invoice)
    if subscription is None or subscription["status"] in ENDED:
        return
    notes = world.notes(subscription)
    if notes.get("update_waits_for") == invoice["id"]:
        apply_pending_update(world, subscription)
    with world.changing(subscription, UPDATED):
        if subscription["status"] == "incomplete":
            subscription["status"] = _served(world, subscription)
        elif subscription["status"] in ("past_due", "unpaid") and not _owes(world, subscription):
            subscription["status"] = "active"
    if notes.get("resumes_with") == invoice["id"]:
        resumed(world, subscription)


def invoice_was_voided(world: World, invoice: Json) -> None:
    """Forget what was to happen with the payment; what else is owed stands better without it."""
    subscription = subscription_of(world, invoice)
    if subscription is not None:
        notes = world.notes(subscription)
        if notes.get("update_waits_for") == invoice["id"]:
            _expire_pending_update(world, subscription)
        if notes.get("resumes_with") == invoice["id"]:
            del notes["resumes_with"]
    invoice_was_settled(world, invoice)


def payment_failed(world: World, invoice: Json) -> None:
    """Let a subscription stand worse after a payment that failed or is overdue."""
    subscription = subscription_of(world, invoice)
    if subscription is None or subscription["status"] not in ("active", "trialing"):
        return
    if world.notes(subscription).get("update_waits_for") == invoice["id"]:
        return
    with world.changing(subscription, UPDATED):
        subscription["status"] = "past_due"


def retries_are_over(world: World, invoice: Json) -> None:
    """Do what the account's settings say after the last attempt."""
    subscription = subscription_of(world, invoice)
    if subscription is None or subscription["status"] != "past_due":
        return
    if world.habits.after_retries == "cancel":
        end(world, subscription, reason="payment_failed")
    elif world.habits.after_retries == "unpaid":
        with world.changing(subscription, UPDATED):
            subscription["status"] = "unpaid"


def end(world: World, subscription: Json, *, reason: str, status: str = "canceled") -> None:
    """End a subscription for good."""
    now = world.now()
    subscription["status"] = status
    subscription["ended_at"] = now
    if status == "canceled":
        subscription["canceled_at"] = subscription["canceled_at"] or now
        details = subscription["cancellation_details"] or {}
        subscription["cancellation_details"] = {
            **details, "reason": details.get("reason") or reason
        }  # fmt: skip
    subscription["pending_update"] = subscription["pause_collection"] = None
    for invoice in _open_invoices(world, subscription):
        # What is final stays owed, but is not collected any more (docs: Cancel subscriptions).
        invoice["auto_advance"], invoice["next_payment_attempt"] = False, None
    schedule = world.store.find("subscription_schedule", subscription["schedule"])
    if schedule is not None:
        schedule["status"], schedule["canceled_at"] = "canceled", now
        subscription["schedule"] = None
    world.emit("customer.subscription.deleted" if status == "canceled" else UPDATED, subscription)


def resumed(world: World, subscription: Json) -> None:
    """Let a paused subscription go on."""
    world.notes(subscription).pop("resumes_with", None)
    if subscription["status"] == "paused":
        before = {"status": "paused"}
        subscription["status"] = _served(world, subscription)
        subscription.pop("status_details", None)
        world.emit(UPDATED, subscription, before)
        world.emit("customer.subscription.resumed", subscription)


def apply_pending_update(world: World, subscription: Json) -> None:
    """Make a change that waited for its payment."""
    world.notes(subscription).pop("update_waits_for", None)
    update = subscription["pending_update"]
    if update is None:
        return
    with world.changing(subscription, UPDATED):
        subscription["pending_update"] = None
        subscription["items"]["data"] = update["subscription_items"]
        subscription["metadata"] = merged_metadata(subscription["metadata"], update["metadata"])
    world.emit("customer.subscription.pending_update_applied", subscription)


def _expire_pending_update(world: World, subscription: Json) -> None:
    world.notes(subscription).pop("update_waits_for", None)
    with world.changing(subscription, UPDATED):
        subscription["pending_update"] = None
    world.emit("customer.subscription.pending_update_expired", subscription)


def pending_update(world: World, items: list[Json], metadata: Json | None) -> Json:
    """Give the change that waits for its payment, for 23 hours or to the end of the period."""
    return shaped(
        Subscription.PendingUpdate,
        {
            "expires_at": min(world.now() + 23 * HOUR, items[0]["current_period_end"]),
            "metadata": metadata,
            "subscription_items": items,
        },
    )


def _served(world: World, subscription: Json) -> str:
    trial_end = subscription["trial_end"]
    return "trialing" if trial_end is not None and trial_end > world.now() else "active"


def _owes(world: World, subscription: Json) -> bool:
    return any(
        invoice["amount_remaining"] > 0 and (invoice["attempted"] or _is_overdue(world, invoice))
        for invoice in _open_invoices(world, subscription)
    )


def _open_invoices(world: World, subscription: Json) -> list[Json]:
    def is_open(invoice: Json) -> bool:
        told = (invoice["parent"] or {}).get("subscription_details") or {}
        is_its_own = told.get("subscription") == subscription["id"]
        return is_its_own and bool(invoice["status"] == "open")

    return world.store.all("invoice", is_open)


def _is_overdue(world: World, invoice: Json) -> bool:
    due: int | None = invoice["due_date"]
    return due is not None and due <= world.now()
