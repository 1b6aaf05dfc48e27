"""What happens when people press at the same time, on a real PostgreSQL with real transactions."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from clients import actions
from core.errors import InvalidInput
from tests import factories
from tests.threads import losers, press_at_once, winners

pytestmark = pytest.mark.django_db(transaction=True)


def _one_gets_it(press: Callable[[], Any], message: str, field: str) -> None:
    """Press four times at once, and once more after that: all but one read the same."""
    outcomes = press_at_once([press] * 4)
    assert len(winners(outcomes)) == 1, outcomes
    with pytest.raises(InvalidInput) as late:
        press()
    for error in [*losers(outcomes), late.value]:
        assert isinstance(error, InvalidInput), error
        assert (error.message, error.field) == (message, field)


def test_of_four_clients_with_one_short_name_one_is_opened() -> None:
    press = partial(actions.create_client, name="Acme", actor=None, now=timezone.now())
    _one_gets_it(press, "This short name is taken.", "slug")


def test_of_four_apps_with_one_short_name_one_is_taken_under_care() -> None:
    # Each of another client: those of one client wait for each other.
    clients = iter([factories.make_client() for _ in range(5)])

    def press() -> Any:
        return actions.create_project(
            client_id=next(clients).pk, facts={"name": "Shop"}, actor=None, now=timezone.now()
        )

    _one_gets_it(press, "This short name is taken.", "slug")


def test_of_four_plans_with_one_name_one_is_named() -> None:
    press = partial(actions.create_plan, name="Care", actor=None, now=timezone.now())
    _one_gets_it(press, "There is a plan of this name.", "name")


def test_of_four_colleagues_with_one_address_one_gets_an_account() -> None:
    press = partial(
        actions.create_staff,
        email="Lena@shipops.test", name="Lena", role="engineer", actor=None, now=timezone.now(),
    )  # fmt: skip
    _one_gets_it(press, "There is an account with this address.", "email")
