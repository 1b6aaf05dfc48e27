"""What Stripe tells us, believed only if it was Stripe, just now, about our own account.

Docs: "Receive Stripe events in your webhook endpoint", Verify webhook signatures manually. The
library looks neither at timestamps ahead of the clock nor at the mode.
"""

import json
from datetime import datetime

import stripe
from django.conf import settings
from stripe import WebhookSignature

from billing.gateways.stripe.client import API_VERSION
from billing.gateways.stripe.events import event_of
from billing.gateways.stripe.keys import is_live_key
from billing.gateways.stripe.objects import Event

TOLERANCE_SECONDS = 300


class WebhookRefused(Exception):
    """This did not come from Stripe, or not now, or is not about our account."""


def verified_event(body: bytes, signature: str, *, now: datetime) -> Event:
    """Give the event that a request brings; ``signature`` is its header Stripe-Signature.

    Raises WebhookRefused. An event of another API version is given as well (``is_other_version``):
    it is stored, and what it is about is fetched.
    """
    _check_signature(body, signature)
    _check_age(signature, now)
    try:
        payload = json.loads(body)
        event = event_of(payload)
    except (ValueError, KeyError, TypeError):
        raise WebhookRefused("The body is no event.") from None
    if payload.get("account"):
        raise WebhookRefused("The event is about another account.")
    if event.is_live != is_live_key(settings.STRIPE_SECRET_KEY):
        raise WebhookRefused("The event is of the other mode, live or test.")
    return event


def is_other_version(event: Event) -> bool:
    """Tell whether an event is in the shape of a version that we do not read."""
    return event.api_version != API_VERSION


def _check_signature(body: bytes, signature: str) -> None:
    # The library compares texts, which raises TypeError for letters that no signature has.
    if not signature.isascii():
        raise WebhookRefused("The signature is wrong.")
    try:
        WebhookSignature.verify_header(body, signature, settings.STRIPE_WEBHOOK_SECRET)
    except UnicodeDecodeError:
        raise WebhookRefused("The body is no text.") from None
    except stripe.SignatureVerificationError as error:
        raise WebhookRefused(error.user_message or "The signature is wrong.") from None


def _check_age(signature: str, now: datetime) -> None:
    """Refuse replays and what was signed ahead of the clock; the signature covers the timestamp.

    The timestamp is read as the library reads it, or another one could be signed than is judged.
    """
    parts = [part.split("=", 2) for part in signature.split(",")]
    signed_at = next(int(part[1]) for part in parts if part[0] == "t")
    age = now.timestamp() - signed_at
    if abs(age) > TOLERANCE_SECONDS:
        side = "old" if age > 0 else "far ahead of the clock"
        raise WebhookRefused(f"The timestamp is too {side}.")
