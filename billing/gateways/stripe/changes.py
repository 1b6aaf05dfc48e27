"""Changes of subscriptions: another price now or later, pauses, an end at the end of the period."""

from datetime import datetime

from billing.gateways.stripe.client import connect
from billing.gateways.stripe.errors import sorted_failures
from billing.gateways.stripe.invoices import read_invoice, read_line
from billing.gateways.stripe.objects import (
    Metadata,
    Preview,
    Schedule,
    Subscription,
    SubscriptionItem,
)
from billing.gateways.stripe.reading import at, seconds
from billing.gateways.stripe.schedules import read_schedule
from billing.gateways.stripe.subscriptions import read_subscription


def preview_upgrade(
    *, subscription: Subscription, price_id: str, proration_at: datetime
) -> Preview:
    """Show what another price costs for the rest of the period; nothing changes.

    The same ``proration_at`` given to ``upgrade`` charges exactly what was shown.
    """
    second = seconds(proration_at)
    with sorted_failures():
        shown = connect().v1.invoices.create_preview(
            {
                "subscription": subscription.id,
                "subscription_details": {
                    "items": [{"id": _item(subscription).id, "price": price_id}],
                    "proration_behavior": "always_invoice",
                    "proration_date": second,
                },
            }
        )
    lines = tuple(read_line(line) for line in shown.lines.data)
    return Preview(invoice=read_invoice(shown), lines=lines, proration_at=at(second))


def upgrade(
    *,
    subscription: Subscription,
    price_id: str,
    proration_at: datetime,
    metadata: Metadata,
    key: str,
) -> Subscription:
    """Change the price now and charge the difference.

    Paid by card the change waits for its payment (``has_pending_update``), for 23 hours; Stripe
    offers no such waiting where invoices are sent.
    """
    charged = subscription.collection_method == "charge_automatically"
    with sorted_failures():
        changed = connect().v1.subscriptions.update(
            subscription.id,
            {
                "items": [{"id": _item(subscription).id, "price": price_id}],
                "proration_behavior": "always_invoice",
                "proration_date": seconds(proration_at),
                "payment_behavior": "pending_if_incomplete" if charged else "allow_incomplete",
                "metadata": dict(metadata),
            },
            {"idempotency_key": key},
        )
    return read_subscription(changed)


def schedule_downgrade(
    *, subscription: Subscription, price_id: str, metadata: Metadata, key: str
) -> Schedule:
    """Change the price from the next period on, by a schedule that then lets go.

    Two writes under two keys made from ``key``: a schedule takes nothing else while it is made from
    a subscription. One that stands already is given the new price.
    """
    item = _item(subscription)
    client = connect()
    with sorted_failures():
        schedule_id = subscription.schedule_id
        if not schedule_id:
            made = client.v1.subscription_schedules.create(
                {"from_subscription": subscription.id}, {"idempotency_key": f"{key}:schedule"}
            )
            schedule_id = made.id
        planned = client.v1.subscription_schedules.update(
            schedule_id,
            {
                "end_behavior": "release",
                "phases": [
                    {
                        "items": [{"price": item.price_id, "quantity": item.quantity}],
                        "start_date": seconds(item.period_from),
                        "end_date": seconds(item.period_to),
                        "proration_behavior": "none",
                    },
                    {
                        "items": [{"price": price_id, "quantity": item.quantity}],
                        "duration": {
                            "interval": item.interval,
                            "interval_count": item.interval_count,
                        },
                        "proration_behavior": "none",
                    },
                ],
                "metadata": dict(metadata),
            },
            {"idempotency_key": f"{key}:phases"},
        )
    return read_schedule(planned)


def pause(*, subscription: Subscription, key: str) -> Subscription:
    """Stop a subscription until it is resumed; what is left of its period becomes credit.

    Where Stripe cannot (``can_be_paused``) it goes on, and its invoices are voided as they come.
    """
    client = connect()
    with sorted_failures():
        if subscription.can_be_paused:
            paused = client.v1.subscriptions.pause(
                subscription.id,
                {
                    "type": "subscription",
                    "bill_for": {"unused_time_from": {"type": "now"}},
                    "invoicing_behavior": "pending_invoice_item",
                },
                {"idempotency_key": key},
            )
        else:
            paused = client.v1.subscriptions.update(
                subscription.id,
                {"pause_collection": {"behavior": "void"}},
                {"idempotency_key": key},
            )
    return read_subscription(paused)


def resume(*, subscription: Subscription, key: str) -> Subscription:
    """Let a subscription go on: with a new period from now on, or with its invoices again.

    A new period is paid as it begins, less the credit of the pause; the subscription stays paused
    until then.
    """
    client = connect()
    with sorted_failures():
        if subscription.status == "paused":
            resumed = client.v1.subscriptions.resume(
                subscription.id,
                {
                    "billing_cycle_anchor": {"type": "now"},
                    "payment_behavior": "resume_on_payment_success",
                },
                {"idempotency_key": key},
            )
        else:
            resumed = client.v1.subscriptions.update(
                subscription.id, {"pause_collection": ""}, {"idempotency_key": key}
            )
    return read_subscription(resumed)


def cancel_at_period_end(
    *, subscription_id: str, metadata: Metadata, key: str, cancel: bool = True
) -> Subscription:
    """Let a subscription end with its period, or, without ``cancel``, go on after all.

    Raises StripeRefused while a schedule stands: release it first.
    """
    client = connect()
    with sorted_failures():
        if cancel:
            changed = client.v1.subscriptions.update(
                subscription_id,
                {"cancel_at_period_end": True, "metadata": dict(metadata)},
                {"idempotency_key": key},
            )
        else:
            # The customer portal sets an instant instead: taking it away undoes both.
            changed = client.v1.subscriptions.update(
                subscription_id,
                {"cancel_at": "", "metadata": dict(metadata)},
                {"idempotency_key": key},
            )
    return read_subscription(changed)


def _item(subscription: Subscription) -> SubscriptionItem:
    """Give the one item that a retainer has."""
    (item,) = subscription.items
    return item
