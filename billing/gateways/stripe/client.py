"""The one client of Stripe, made from the settings."""

import os
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
import stripe
from django.conf import settings
from stripe import RequestsClient, StripeClient

from billing.gateways.stripe.keys import is_live_key

# The version whose shapes the typed calls read. A test holds it to the library's.
API_VERSION = "2026-10-28.endive"
# To connect, and between two bytes of an answer.
TIMEOUT_SECONDS = (3.0, 20.0)
# The library would send none of its own accord, and never after 429. Each goes out under the key of
# the first, and all of them are over before a worker's task is (Q_CLUSTER's timeout).
RETRIES = 2

# What else the library would tell Stripe about this machine.
stripe.enable_telemetry = False


class Mode(StrEnum):
    """Where money is taken."""

    OFF = "off"
    SANDBOX = "sandbox"
    TEST = "test"
    LIVE = "live"


class BillingOff(Exception):
    """There is no key: nothing may be asked of Stripe."""


def mode() -> Mode:
    """Tell where money is taken; off without a key when DEBUG is off."""
    if not settings.STRIPE_SECRET_KEY:
        return Mode.OFF
    if settings.STRIPE_SANDBOX:
        return Mode.SANDBOX
    return Mode.LIVE if is_live_key(settings.STRIPE_SECRET_KEY) else Mode.TEST


def why_off() -> str:
    """Say why no money is taken, and the way out; nothing where billing works."""
    if mode() is Mode.OFF:
        return "Billing is off: STRIPE_SECRET_KEY is not set."
    return ""


def connect() -> StripeClient:
    """Give the client for the present settings. Raises BillingOff without a key."""
    if mode() is Mode.OFF:
        raise BillingOff(why_off())
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, RETRIES)


@lru_cache(maxsize=4)
def _client(key: str, base: str, retries: int) -> StripeClient:
    session = requests.Session()
    if _is_loopback(base):
        # A proxy named in the environment does not reach this machine's own ports.
        session.trust_env = False
    return StripeClient(
        key,
        base_addresses={"api": base},
        stripe_version=API_VERSION,
        http_client=RequestsClient(timeout=TIMEOUT_SECONDS, session=session),
        max_network_retries=retries,
    )


# A worker that was forked must not share a connection with its parent.
os.register_at_fork(after_in_child=_client.cache_clear)


def _is_loopback(base: str) -> bool:
    host = urlsplit(base).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
