"""As the sandbox's clock moves, what falls due happens at its time, in its order."""

from datetime import timedelta

import pytest

from billing.gateways.stripe import changes, invoices
from billing.gateways.stripe.objects import Subscription
from billing.gateways.stripe.reading import at
from billing.sandbox.books.due import travel
from billing.sandbox.clock import Clock, later, period_around
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till
from tests.billing.till import day


def _periods(subscription: Subscription) -> list[tuple[str, str]]:
    """Give the periods that were billed, as days."""
    found = []
    for invoice in till.invoices_of(subscription):
        for line in invoices.every_line(invoice.id):
            found.append((f"{line.period_from:%d %b}", f"{line.period_to:%d %b}"))
    return found


def test_a_retainer_of_the_31st_renews_on_the_last_day_of_shorter_months(world: World) -> None:
    till.move(world, days=19)
    assert at(world.now()) == day("2026-01-31 10:00")
    subscription = till.sign_up(world)

    till.move(world, days=100)

    assert _periods(subscription) == [
        ("31 Jan", "28 Feb"),
        ("28 Feb", "31 Mar"),
        ("31 Mar", "30 Apr"),
        ("30 Apr", "31 May"),
    ]


def test_no_month_is_billed_twice_or_left_out_however_the_clock_moves(world: World) -> None:
    subscription = till.sign_up(world)

    for days in (30, 1, 0.5, 0.5, 90, 1, 242):
        till.move(world, days=days)

    billed = till.invoices_of(subscription)
    assert len(billed) == 13
    assert {invoice.status for invoice in billed} == {"draft", "paid"}
    told = _periods(subscription)
    assert [end for _, end in told[:-1]] == [begin for begin, _ in told[1:]]


def test_a_renewal_is_a_draft_for_an_hour(world: World) -> None:
    subscription = till.sign_up(world)
    till.move(world, days=31)

    draft = till.invoices_of(subscription)[-1]
    assert (draft.status, draft.number, draft.billing_reason) == ("draft", "", "subscription_cycle")
    assert till.latest(subscription).items[0].period_from == day("2026-02-12 10:00")
    invoices.add_item(
        customer_id=subscription.customer_id,
        amount=Money(75, "EUR"),
        description="30 minutes more",
        metadata={"period": "1"},
        key="op:overage",
        subscription_id=subscription.id,
        invoice_id=draft.id,
    )
    till.move(world, days=1 / 24)

    paid = invoices.get_invoice(draft.id)
    assert (paid.status, paid.total) == ("paid", Money(565, "EUR"))
    assert paid.finalized_at == day("2026-02-12 11:00")


def test_what_waits_goes_onto_the_next_invoice(world: World) -> None:
    subscription = till.sign_up(world)
    item = invoices.add_item(
        customer_id=subscription.customer_id,
        amount=Money(75, "EUR"),
        description="30 minutes more",
        metadata={"period": "1"},
        key="op:overage",
        subscription_id=subscription.id,
    )
    assert (item.invoice_id, item.subscription_id) == ("", subscription.id)

    till.move(world, days=32)

    renewal = till.invoices_of(subscription)[-1]
    assert renewal.total == Money(565, "EUR")
    (found,) = invoices.every_item(customer_id=subscription.customer_id)
    assert (found.id, found.invoice_id, found.metadata) == (item.id, renewal.id, {"period": "1"})
    extra = next(line for line in invoices.every_line(renewal.id) if line.invoice_item_id)
    assert (extra.invoice_item_id, extra.parent) == (item.id, "invoice_item_details")
    assert extra.metadata == {"period": "1"}


def test_events_tell_the_time_at_which_things_happened(world: World) -> None:
    till.sign_up(world)
    till.move(world, days=365)

    told = [event["created"] for event in world.store.all("event")]
    assert told == sorted(told)
    renewals = [
        at(event["created"])
        for event in world.store.all("event")
        if event["type"] == "invoice.created"
    ]
    assert renewals[1] == day("2026-02-12 10:00")
    assert renewals[-1] == day("2027-01-12 10:00")


def test_a_trial_warns_three_days_before_its_end(world: World) -> None:
    till.sign_up(world, trial_days=14)
    till.move(world, days=20)

    (warned,) = (
        event
        for event in world.store.all("event")
        if event["type"] == "customer.subscription.trial_will_end"
    )
    assert at(warned["created"]) == day("2026-01-23 10:00")


def test_an_end_set_for_an_instant_comes_then(world: World) -> None:
    subscription = till.sign_up(world)
    with world.lock:
        till.stored(world, subscription)["cancel_at"] = world.now() + 86_400
    till.move(world, days=3)

    ended = till.latest(subscription)
    assert (ended.status, ended.ended_at) == ("canceled", day("2026-01-13 10:00"))


def test_an_end_also_reaches_who_is_paused(world: World) -> None:
    subscription = till.sign_up(world)
    changes.cancel_at_period_end(subscription_id=subscription.id, metadata={}, key="op:end")
    changes.pause(subscription=till.latest(subscription), key="op:pause")
    till.move(world, days=40)

    assert till.latest(subscription).status == "canceled"


def test_a_clock_that_runs_lets_things_happen_by_themselves(world: World) -> None:
    subscription = till.sign_up(world)
    stood_at = world.now()
    world.clock = Clock()
    world.clock.move_to(max(world.clock.now(), stood_at + 32 * 86_400))

    assert till.latest(subscription).items[0].period_from > subscription.items[0].period_from


def test_a_clock_never_goes_back(world: World) -> None:
    before = world.now()
    with world.lock:
        travel(world, before - 1)

    assert world.now() == before


@pytest.mark.parametrize(
    ("anchor", "count", "wanted"),
    [
        ("2026-01-31 10:00", 1, "2026-02-28 10:00"),
        ("2026-01-31 10:00", 2, "2026-03-31 10:00"),
        ("2028-01-30 10:00", 1, "2028-02-29 10:00"),
        ("2026-12-31 23:59", 2, "2027-02-28 23:59"),
    ],
)
def test_months_are_counted_from_the_anchor(anchor: str, count: int, wanted: str) -> None:
    begun = int(day(anchor).timestamp())

    assert at(later(begun, interval="month", count=count)) == day(wanted)


def test_an_instant_falls_into_one_period_also_before_the_anchor() -> None:
    anchor = int(day("2026-03-31 10:00").timestamp())
    for days in range(-70, 70):
        instant = anchor + int(timedelta(days=days).total_seconds())
        begin, end = period_around(anchor, instant, interval="month", every=1)
        assert begin <= instant < end
