"""What falls due as time goes by, in the order in which it does."""

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter

from billing.sandbox.books import collecting, invoicing, periods, standing
from billing.sandbox.books.cards import card_for
from billing.sandbox.clock import DAY
from billing.sandbox.faults import ApiFault
from billing.sandbox.store import Json
from billing.sandbox.world import World

_Due = tuple[int, Callable[[], None]]
_RUNNING = ("trialing", "active", "past_due", "unpaid")
_MOST_STEPS = 100_000


def travel(world: World, to: int) -> None:
    """Move the clock, and let everything happen on the way, each thing at its time."""
    for _ in range(_MOST_STEPS):
        due = [each for each in _all_due(world) if each[0] <= to]
        if not due:
            break
        at, happen = min(due, key=itemgetter(0))
        world.clock.move_to(at)
        happen()
    else:
        raise AssertionError("the sandbox would never come to an end")
    world.clock.move_to(to)
    world.save()


def catch_up(world: World) -> None:
    """Let happen what fell due by itself since the last call."""
    now = world.now()
    if world.caught_up_to != now:
        travel(world, now)
        world.caught_up_to = now


def _all_due(world: World) -> Iterator[_Due]:
    for subscription in world.store.all("subscription"):
        yield from _of_subscription(world, subscription)
    for invoice in world.store.all("invoice"):
        yield from _of_invoice(world, invoice)
    for session in world.store.all("checkout.session", lambda each: each["status"] == "open"):
        yield session["expires_at"], partial(_expire_session, world, session)


def _of_subscription(world: World, subscription: Json) -> Iterator[_Due]:
    status, notes = subscription["status"], world.notes(subscription)
    if status == "incomplete":
        yield subscription["created"] + periods.GRACE, partial(_expire, world, subscription)
    if subscription["pending_update"] is not None:
        # Before the renewal of the same second.
        expires = subscription["pending_update"]["expires_at"]
        yield expires, partial(collecting.give_up_awaited, world, subscription, "update_waits_for")
    end = periods.current(subscription)[1]
    if status in _RUNNING:
        yield end, partial(periods.renew, world, subscription)
    cancel_at = subscription["cancel_at"]
    if cancel_at is not None and (status == "paused" or (status in _RUNNING and cancel_at < end)):
        leave = partial(standing.end, reason="cancellation_requested")
        yield cancel_at, partial(leave, world, subscription)
    if status == "trialing" and not notes.get("warned_of_trial_end"):
        yield subscription["trial_end"] - 3 * DAY, partial(_warn, world, subscription)
    paused = subscription["pause_collection"]
    if paused is not None and paused["resumes_at"] is not None:
        yield paused["resumes_at"], partial(_collect_again, world, subscription)
    if "resumes_with" in notes:
        invoice = world.store.get("invoice", notes["resumes_with"])
        if invoice["next_payment_attempt"] is None or card_for(world, invoice) is None:
            stay = partial(collecting.give_up_awaited, world, subscription, "resumes_with")
            yield invoice["created"] + periods.GRACE, stay


def _of_invoice(world: World, invoice: Json) -> Iterator[_Due]:
    at = invoice["automatically_finalizes_at"]
    if invoice["status"] == "draft" and invoice["auto_advance"] and at is not None:
        yield at, partial(_finalize, world, invoice)
    if invoice["status"] != "open":
        return
    if invoice["next_payment_attempt"] is not None:
        yield invoice["next_payment_attempt"], partial(_try_again, world, invoice)
    if invoice["due_date"] is not None:
        notes = world.notes(invoice)
        if not notes.get("overdue"):
            yield invoice["due_date"], partial(_overdue, world, invoice)
        elif not notes.get("given_up"):
            last = invoice["due_date"] + world.habits.overdue_days * DAY
            yield last, partial(_wait_no_longer, world, invoice)


def _finalize(world: World, invoice: Json) -> None:
    invoicing.finalize(world, invoice)
    collecting.collect(world, invoice)


def _try_again(world: World, invoice: Json) -> None:
    invoice["next_payment_attempt"] = None
    try:
        collecting.pay(world, invoice)
    except ApiFault:
        return


def _overdue(world: World, invoice: Json) -> None:
    world.notes(invoice)["overdue"] = True
    world.emit("invoice.overdue", invoice)
    standing.payment_failed(world, invoice)


def _wait_no_longer(world: World, invoice: Json) -> None:
    world.notes(invoice)["given_up"] = True
    standing.retries_are_over(world, invoice)


def _expire(world: World, subscription: Json) -> None:
    invoice = world.store.find("invoice", subscription["latest_invoice"])
    standing.end(world, subscription, reason="payment_failed", status="incomplete_expired")
    if invoice is not None and invoice["status"] == "open":
        collecting.give_up(world, invoice, "void")


def _warn(world: World, subscription: Json) -> None:
    world.notes(subscription)["warned_of_trial_end"] = True
    world.emit("customer.subscription.trial_will_end", subscription)


def _collect_again(world: World, subscription: Json) -> None:
    with world.changing(subscription, standing.UPDATED):
        subscription["pause_collection"] = None


def _expire_session(world: World, session: Json) -> None:
    session["status"], session["url"] = "expired", None
    world.emit("checkout.session.expired", session)
