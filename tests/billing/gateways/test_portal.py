"""Stripe's customer portal: an address for one visit."""

import pytest

from billing.gateways.stripe import portal
from billing.gateways.stripe.errors import StripeRefused
from billing.sandbox.world import World
from tests.billing import till


def test_each_visit_has_an_address_of_its_own(world: World) -> None:
    customer_id = till.make_customer()

    first = portal.open_portal(customer_id=customer_id, return_url="http://localhost/billing")
    second = portal.open_portal(customer_id=customer_id, return_url="http://localhost/billing")

    assert first.startswith(world.base)
    assert first != second


def test_a_visit_can_lead_straight_to_the_card_or_to_the_end(world: World) -> None:
    subscription = till.sign_up(world)

    for flow in ("payment_method_update", "subscription_cancel"):
        portal.open_portal(
            customer_id=subscription.customer_id,
            return_url="http://localhost/billing",
            flow=flow,
            subscription_id=subscription.id,
        )

    card, end = (s["flow"] for s in world.store.all("billing_portal.session"))
    assert (card["type"], card["subscription_cancel"]) == ("payment_method_update", None)
    assert end["subscription_cancel"]["subscription"] == subscription.id


def test_nobody_visits_for_a_customer_who_is_not_there(world: World) -> None:
    with pytest.raises(StripeRefused, match="No such customer"):
        portal.open_portal(customer_id="cus_none", return_url="http://localhost/billing")
