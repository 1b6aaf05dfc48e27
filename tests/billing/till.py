"""A client at the sandbox's till: prices, a customer with a card, a subscription."""

from datetime import UTC, datetime

from billing.gateways.stripe import catalogue, checkout, customers, subscriptions
from billing.gateways.stripe.catalogue import Interval
from billing.gateways.stripe.invoices import every_invoice
from billing.gateways.stripe.objects import Invoice, Subscription
from billing.sandbox.books.cards import give_card
from billing.sandbox.books.due import travel
from billing.sandbox.clock import DAY
from billing.sandbox.resources.checkout import complete
from billing.sandbox.store import Json
from billing.sandbox.world import World
from core.money import Money


def make_price(amount: Money, *, name: str = "care", interval: Interval | None = "month") -> str:
    """Make a product with a price, paid once without an interval."""
    product = catalogue.create_product(name=name, metadata={}, key=f"product:{name}")
    price = catalogue.create_price(
        product_id=product.id,
        amount=amount,
        lookup_key=name,
        metadata={},
        key=f"price:{name}",
        interval=interval,
    )
    return price.id


def make_customer(name: str = "Acme") -> str:
    """Make a customer without a card."""
    made = customers.create_customer(
        name=name, email="ops@acme.test", metadata={"client": "1"}, key=f"customer:{name}"
    )
    return made.id


def sign_up(
    world: World,
    *,
    amount: Money | None = None,
    setup: Money | None = None,
    trial_days: int = 0,
    taxed: bool = False,
    name: str = "Acme",
    interval: Interval = "month",
) -> Subscription:
    """Go through Checkout with a card that pays."""
    session = checkout.create_session(
        customer_id=make_customer(name),
        price_id=make_price(amount or Money(490, "EUR"), interval=interval),
        success_url="http://localhost/done",
        cancel_url="http://localhost/back",
        reference="client-1",
        metadata={"retainer": "1"},
        key=f"op:signup:{name}",
        setup_price_id=make_price(setup, name="setup", interval=None) if setup else "",
        trial_days=trial_days,
        taxed=taxed,
    )
    with world.lock:
        complete(world, world.store.get("checkout.session", session.id))
    return subscriptions.get_subscription(checkout.get_session(session.id).subscription_id)


def sign_up_half_a_month_ago(world: World) -> Subscription:
    """Go through Checkout, and let half of the first month (of 31 days) pass."""
    made = sign_up(world)
    move(world, days=15.5)
    return made


def subscribe_by_transfer(*, amount: Money | None = None) -> Subscription:
    """Begin a subscription whose invoices are sent."""
    return subscriptions.create_subscription(
        customer_id=make_customer(),
        price_id=make_price(amount or Money(490, "EUR")),
        days_until_due=14,
        metadata={"retainer": "1"},
        key="op:transfer",
    )


def latest(subscription: Subscription) -> Subscription:
    """Fetch a subscription as it is now."""
    return subscriptions.get_subscription(subscription.id)


def invoices_of(subscription: Subscription) -> list[Invoice]:
    """Fetch a subscription's invoices, oldest first."""
    return list(every_invoice(subscription_id=subscription.id))[::-1]


def move(world: World, *, days: float) -> None:
    """Let days pass at Stripe."""
    with world.lock:
        travel(world, world.now() + int(days * DAY))


def new_card(world: World, subscription: Subscription, *, declines: str = "") -> None:
    """Let the client pay with another card from now on."""
    with world.lock:
        customer = world.store.get("customer", subscription.customer_id)
        card = give_card(world, customer, declines=declines)
        stored = world.store.get("subscription", subscription.id)
        stored["default_payment_method"] = card["id"]


def kinds(world: World) -> list[str]:
    """Give the types of the events so far, oldest first."""
    return [event["type"] for event in world.store.all("event")]


def stored(world: World, subscription: Subscription) -> Json:
    """Give a subscription as the sandbox has it."""
    return world.store.get("subscription", subscription.id)


def day(text: str) -> datetime:
    """Give an instant from ``2026-01-31 10:00``."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
