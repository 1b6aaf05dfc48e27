from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from core.errors import LimitReached
from core.limits import Allowance, check_limit, client_address
from core.models import RateWindow
from core.tasks import forget_rate_windows
from tests.threads import losers, press_at_once

AT = datetime(2026, 11, 18, 10, 0, 5, tzinfo=UTC)


def _ask(who: str = "a", at: datetime = AT, most: int = 3) -> None:
    check_limit("test", who, most=most, seconds=60, now=at)


def test_the_limit_is_per_person_and_window(db: None) -> None:
    for _ in range(3):
        _ask()
    with pytest.raises(LimitReached) as refusal:
        _ask()
    assert (refusal.value.status, refusal.value.retry_after) == (429, 55)
    _ask("b")
    _ask(at=AT + timedelta(minutes=1))


def test_nobody_s_address_is_kept_in_clear(db: None) -> None:
    _ask("alice@acme.test")
    assert "alice" not in RateWindow.objects.get().key


def test_windows_that_are_over_are_forgotten(db: None) -> None:
    _ask(at=AT - timedelta(days=400))
    _ask("b", at=datetime.now(UTC))
    forget_rate_windows()
    assert RateWindow.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_when_many_ask_at_once() -> None:
    outcomes = press_at_once([_ask for _ in range(10)])
    assert len(losers(outcomes)) == 7
    assert all(isinstance(error, LimitReached) for error in losers(outcomes))


def test_an_allowance_is_taken_by_the_handful_and_never_exceeded(db: None) -> None:
    one, other = Allowance("test", seconds=60), Allowance("test", seconds=60)  # two processes

    left = [one.spend("a", most=250, now=AT) for _ in range(2)]
    assert left == [249, 248]
    assert RateWindow.objects.get().seen == 2, "a hundredth of the limit at once"
    passed = 2
    for each in (one, other):
        with pytest.raises(LimitReached) as refusal:
            while True:
                each.spend("a", most=250, now=AT)
                passed += 1
    assert passed == 250
    assert refusal.value.retry_after == 55
    assert one.spend("a", most=250, now=AT + timedelta(minutes=1)) == 249
    assert one.spend("b", most=250, now=AT) == 249


@pytest.mark.django_db(transaction=True)
def test_an_allowance_holds_when_many_spend_it_at_once() -> None:
    shared = Allowance("test", seconds=60)
    rest = [Allowance("test", seconds=60) for _ in range(4)]
    spenders = [shared] * 4 + rest

    def spend_all(each: Allowance) -> int:
        passed = 0
        with pytest.raises(LimitReached):
            while True:
                each.spend("a", most=400, now=AT)
                passed += 1
        return passed

    outcomes = press_at_once([partial(spend_all, each) for each in spenders])
    assert not losers(outcomes)
    assert sum(outcomes) == 400


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "9.9.9.9", "1.1.1.1"),
        (0, "", "1.1.1.1"),
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 2.2.2.2", "9.9.9.9"),
        (2, "9.9.9.9", "1.1.1.1"),
        (1, "", "1.1.1.1"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="1.1.1.1")
    assert client_address(request) == address


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("::ffff:9.9.9.9", "9.9.9.9"),
        ("9.9.9.9", "9.9.9.9"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_an_ipv6_sender_is_limited_with_the_network_it_owns(sender: str, address: str) -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=sender)) == address
