import pytest

from billing.queries import monthly_revenue
from core.money import Money
from tests.factories import make_client, make_plan_version, make_retainer


def test_nothing_comes_in_without_a_retainer(db: None) -> None:
    assert monthly_revenue() == []


def test_each_currency_has_its_own_sum(db: None) -> None:
    euros = make_plan_version(price=Money("490.50", "EUR"))
    yen = make_plan_version(price=Money("80000", "JPY"))
    for version in (euros, euros, yen):
        make_retainer(client=make_client(), plan_version=version)

    assert monthly_revenue() == [(Money("981.00", "EUR"), 2), (Money("80000", "JPY"), 1)]


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("draft", False), ("trialing", True), ("active", True), ("past_due", True),
        ("paused", False), ("suspended", False), ("ended", False),
    ],
)  # fmt: skip
def test_only_served_retainers_count(state: str, counts: bool, db: None) -> None:
    make_retainer(client=make_client(), state=state)

    assert bool(monthly_revenue()) is counts
