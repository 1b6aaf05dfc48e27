"""The sandbox refuses what Stripe refuses, in Stripe's words."""

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from billing.gateways.stripe.client import connect
from billing.sandbox.world import World


@pytest.fixture
def client(world: World) -> StripeClient:
    """The real client, at the sandbox."""
    return connect()


def _refusal(client: StripeClient, path: str, **params: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request("post", path, **params)
    return refused.value


@pytest.mark.parametrize(
    ("path", "params", "code", "param"),
    [
        ("/v1/customers", {"emial": "x"}, "parameter_unknown", "emial"),
        ("/v1/customers", {"address": {"town": "x"}}, "parameter_unknown", "address[town]"),
        ("/v1/customers", {"balance": "much"}, "parameter_invalid_integer", "balance"),
        ("/v1/customers", {"email": ""}, "parameter_invalid_empty", "email"),
        ("/v1/products", {"description": "x"}, "parameter_missing", "name"),
        ("/v1/prices", {"currency": "eur", "recurring": {}}, "parameter_missing", "product"),
        ("/v1/customers", {"metadata": {"k" * 41: "v"}}, None, "metadata"),
        ("/v1/customers", {"metadata": {"key": "v" * 501}}, None, "metadata[key]"),
        ("/v1/customers", {"tax_exempt": "perhaps"}, None, "tax_exempt"),
        ("/v1/customers", {"expand": ["nothing"]}, None, "expand[0]"),
        ("/v1/customers", {"source": "tok_visa"}, "sandbox_does_less", "source"),
        (
            "/v1/checkout/sessions",
            {"mode": "subscription", "line_items": [{"price": "x"}], "success_url": "javascript:1"},
            "url_invalid",
            "success_url",
        ),
        (
            "/v1/billing_portal/sessions",
            {"customer": "x", "return_url": "/back"},
            "url_invalid",
            "return_url",
        ),
    ],
)
def test_a_wrong_parameter_is_named(
    client: StripeClient, path: str, params: dict[str, Any], code: str | None, param: str
) -> None:
    refused = _refusal(client, path, **params)

    assert refused.http_status == 400
    assert refused.code == code
    assert (refused.param or "").startswith(param)


def test_an_unknown_parameter_makes_nothing_and_does_not_use_up_the_key(world: World) -> None:
    client = connect()
    with pytest.raises(stripe.InvalidRequestError):
        client.raw_request("post", "/v1/customers", emial="x", idempotency_key="op:1")

    client.v1.customers.create({"email": "x@acme.test"}, {"idempotency_key": "op:1"})

    assert len(world.store.all("customer")) == 1


def test_an_unknown_address_is_refused(client: StripeClient) -> None:
    assert "Unrecognized request URL" in str(_refusal(client, "/v1/nothing"))


def test_another_version_is_refused(client: StripeClient) -> None:
    refused = _refusal(client, "/v1/customers", stripe_version="2020-08-27")

    assert "Invalid Stripe API version" in str(refused)


def test_metadata_is_merged_and_emptied(client: StripeClient) -> None:
    made = client.v1.customers.create({"metadata": {"a": "1", "b": "2"}})

    client.v1.customers.update(made.id, {"metadata": {"a": "", "c": "3"}})
    assert client.v1.customers.retrieve(made.id).to_dict()["metadata"] == {"b": "2", "c": "3"}

    client.v1.customers.update(made.id, {"metadata": ""})
    assert client.v1.customers.retrieve(made.id).to_dict()["metadata"] == {}


def test_pages_follow_each_other_newest_first(client: StripeClient) -> None:
    made = [client.v1.customers.create({"name": f"Client {n}"}).id for n in range(7)]

    first = client.v1.customers.list({"limit": 3})
    second = client.v1.customers.list({"limit": 3, "starting_after": first.data[-1].id})
    back = client.v1.customers.list({"limit": 2, "ending_before": second.data[-1].id})

    assert [each.id for each in first.data] == made[:3:-1]
    assert [each.id for each in second.data] == made[3:0:-1]
    assert [each.id for each in back.data] == made[3:1:-1]
    assert first.has_more
    walked = client.v1.customers.list({"limit": 3}).auto_paging_iter()
    assert [each.id for each in walked] == made[::-1]
    refused = pytest.raises(stripe.InvalidRequestError, client.v1.customers.list, {"limit": 101})
    assert "between 1 and 100" in str(refused.value)


def test_what_was_created_is_found_by_when(client: StripeClient, world: World) -> None:
    client.v1.customers.create({})
    world.clock.move_to(world.now() + 60)
    late = client.v1.customers.create({})

    found = client.v1.customers.list({"created": {"gt": world.now() - 60}})

    assert [each.id for each in found.data] == [late.id]


def test_an_id_is_replaced_by_its_object_on_request(client: StripeClient) -> None:
    product = client.v1.products.create({"name": "Care"})
    price = client.v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": 1})

    found = client.v1.prices.retrieve(price.id, {"expand": ["product"]})

    assert isinstance(found.product, stripe.Product)
    assert found.product.name == "Care"


def test_a_change_is_told_as_an_event_with_what_was_before(client: StripeClient) -> None:
    made = client.v1.customers.create({"name": "Acme"}, {"idempotency_key": "op:1"})
    client.v1.customers.update(made.id, {"name": "Acme Ltd"})

    changed, created = client.v1.events.list({"types": ["customer.created", "customer.updated"]})

    assert created.type == "customer.created"
    assert created.request is not None
    assert created.request.idempotency_key == "op:1"
    assert changed.data.object["name"] == "Acme Ltd"
    assert changed.data.to_dict()["previous_attributes"] == {"name": "Acme"}


def test_events_are_kept_for_thirty_days(client: StripeClient, world: World) -> None:
    client.v1.customers.create({"name": "Acme"})
    world.clock.move_to(world.now() + 31 * 86_400)

    assert client.v1.events.list().data == []
