"""Whatever goes wrong at Stripe is one of five kinds, and the same key never does a thing twice."""

import time
from threading import Thread

import pytest

from billing.gateways.stripe import catalogue, customers
from billing.gateways.stripe.errors import Gone, OutcomeUnknown, RateLimited, StripeRefused
from billing.gateways.stripe.objects import Customer
from billing.sandbox.clock import DAY
from billing.sandbox.failures import Failure, Rule
from billing.sandbox.world import World


def _create(*, key: str = "op:1", name: str = "Acme") -> Customer:
    return customers.create_customer(
        name=name, email="ops@acme.test", metadata={"operation": "1"}, key=key
    )


def _fail(world: World, failure: Failure, *, times: int = 1, seconds: float = 0) -> None:
    world.failures.add(Rule(failure, "POST", "/v1/customers", times, seconds))


def _customers(world: World) -> int:
    return len(world.store.all("customer"))


@pytest.mark.parametrize(
    ("failure", "was_done"),
    [
        (Failure.DROP_BEFORE, 0),
        (Failure.DROP_AFTER, 1),
        (Failure.SERVER_ERROR, 0),
        (Failure.SERVER_ERROR_AFTER, 1),
    ],
)
def test_without_an_answer_nobody_knows_what_happened(
    world: World, unretried: None, failure: Failure, was_done: int
) -> None:
    _fail(world, failure)

    with pytest.raises(OutcomeUnknown):
        _create()
    assert _customers(world) == was_done


@pytest.mark.parametrize("failure", [Failure.DROP_BEFORE, Failure.DROP_AFTER, Failure.SERVER_ERROR])
def test_the_same_key_sent_again_makes_one_object(
    world: World, unretried: None, failure: Failure
) -> None:
    _fail(world, failure)
    with pytest.raises(OutcomeUnknown):
        _create()

    made = _create()

    assert _customers(world) == 1
    assert world.store.get("customer", made.id)["name"] == "Acme"


def test_the_library_sends_again_by_itself_under_the_same_key(world: World) -> None:
    _fail(world, Failure.DROP_AFTER)

    made = _create()

    assert _customers(world) == 1
    assert [(call.key, call.status) for call in world.calls] == [("op:1", 200), ("op:1", 200)]
    assert made.name == "Acme"


def test_a_server_error_after_the_deed_is_what_the_key_gives_from_then_on(
    world: World, unretried: None
) -> None:
    _fail(world, Failure.SERVER_ERROR_AFTER)

    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            _create()
    assert _customers(world) == 1


def test_a_rate_limit_says_when_to_come_back_and_did_nothing(world: World, unretried: None) -> None:
    _fail(world, Failure.RATE_LIMIT, seconds=17)

    with pytest.raises(RateLimited) as refused:
        _create()
    assert refused.value.retry_after == 17
    assert refused.value.request_id.startswith("req_")
    assert _customers(world) == 0
    assert _create().name == "Acme"


def test_the_library_never_sends_again_after_a_rate_limit(world: World) -> None:
    _fail(world, Failure.RATE_LIMIT)

    with pytest.raises(RateLimited) as refused:
        _create()
    assert refused.value.retry_after == 5
    assert len(world.calls) == 1


def test_a_late_answer_is_an_answer(world: World, unretried: None) -> None:
    _fail(world, Failure.DELAY, seconds=0.2)
    begun = time.monotonic()

    assert _create().name == "Acme"
    assert time.monotonic() - begun >= 0.2


def test_an_answer_that_is_too_late_leaves_the_outcome_open(
    world: World, unretried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.gateways.stripe.client.TIMEOUT_SECONDS", (1.0, 0.1))
    _fail(world, Failure.DELAY, seconds=0.4)

    with pytest.raises(OutcomeUnknown):
        _create()
    assert _customers(world) == 1


def test_a_key_with_other_parameters_is_refused(world: World) -> None:
    _create()

    with pytest.raises(StripeRefused) as refused:
        _create(name="Globex")
    assert refused.value.code == "idempotency_error"
    assert "same parameters" in refused.value.message
    assert _customers(world) == 1


def test_a_key_is_forgotten_after_a_day(world: World) -> None:
    first = _create()
    world.clock.move_to(world.now() + DAY - 1)
    assert _create() == first

    world.clock.move_to(world.now() + 2)

    assert _create().id != first.id
    assert _customers(world) == 2


def test_a_key_that_is_in_use_leaves_the_outcome_open(world: World, unretried: None) -> None:
    world.keys.begin("op:1", ["POST"], now=world.now())

    with pytest.raises(OutcomeUnknown, match="in-progress"):
        _create()


def test_many_at_once_with_one_key_make_one_object(world: World, unretried: None) -> None:
    seen: list[str] = []

    def send() -> None:
        try:
            seen.append(_create().id)
        except OutcomeUnknown:
            seen.append("")

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert _customers(world) == 1
    assert len(set(filter(None, seen))) == 1


def test_what_is_not_there_is_gone(world: World) -> None:
    with pytest.raises(Gone, match="No such customer: 'cus_none'"):
        customers.get_customer("cus_none")
    with pytest.raises(Gone):
        catalogue.get_price("price_none")


def test_a_deleted_customer_is_gone_though_stripe_answers(world: World) -> None:
    from billing.gateways.stripe.client import connect

    made = _create()
    connect().v1.customers.delete(made.id)

    with pytest.raises(Gone, match="deleted"):
        customers.get_customer(made.id)


def test_what_names_a_missing_object_is_refused_not_gone(world: World) -> None:
    from core.money import Money

    with pytest.raises(StripeRefused) as refused:
        catalogue.create_price(
            product_id="prod_none",
            amount=Money(10, "EUR"),
            lookup_key="care",
            metadata={},
            key="op:2",
        )
    assert (refused.value.code, refused.value.field) == ("resource_missing", "product")


def test_a_wrong_key_is_refused(world: World, settings: object) -> None:
    settings.STRIPE_SECRET_KEY = "sk_wrong"  # type: ignore[attr-defined]

    with pytest.raises(StripeRefused, match="Invalid API Key"):
        _create()


def test_a_server_that_is_not_there_leaves_the_outcome_open(
    world: World, unretried: None, settings: object
) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"  # type: ignore[attr-defined]

    with pytest.raises(OutcomeUnknown):
        _create()
