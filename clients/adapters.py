"""How allauth behaves here: nobody signs up alone, and second factors are kept encrypted."""

import base64
import hashlib
import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clients.models import User

logger = logging.getLogger(__name__)

PASSKEY_METHOD = "mfa_reauthenticate:webauthn"


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from invitations (clients.actions.accept_invitation) and from staff."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send at once: a sign-in code must neither wait for a worker nor be stored in a queue."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            logger.exception("Mail %s could not be sent", template_prefix)
            page = render(self.request, "503.html", status=503)
            raise ImmediateHttpResponse(page) from error

    def pre_login(
        self, request: HttpRequest, user: AbstractBaseUser, **facts: Any
    ) -> HttpResponse | None:
        """Take the address of a first sign-in by mailed code as confirmed.

        Who was made an account by staff or by a command has no confirmed address yet, and would be
        mailed a second code at once.
        """
        refusal: HttpResponse | None = super().pre_login(request, user, **facts)
        new = not EmailAddress.objects.filter(user_id=user.pk).exists()
        if refusal is None and new and isinstance(user, User):
            given = get_authentication_records(request, user)
            typed = {
                record.get("email", "").lower() for record in given if record["method"] == "code"
            }
            if user.email.lower() in typed:
                EmailAddress.objects.create(
                    user=user, email=user.email, verified=True, primary=True
                )
        return refusal

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Take no password for a closed account: a code mailed before may still be at hand."""
        if not user.is_active:
            raise ImmediateHttpResponse(self.respond_user_inactive(self.request, user))
        super().set_password(user, password)

    def get_reauthentication_methods(
        self, user: AbstractBaseUser | AnonymousUser
    ) -> list[dict[str, Any]]:
        """Offer the passkey first: whoever has just added one has no other code yet."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        for method in methods:
            if method["id"] == PASSKEY_METHOD:
                method["description"] = "Use your passkey"
        return sorted(methods, key=lambda method: method["id"] != PASSKEY_METHOD)


class MfaAdapter(DefaultMFAAdapter):
    """Keep authenticator secrets encrypted, so that a stolen database opens no second factor."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """Number a person's passkeys; they may rename them."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    """Give a cipher whose keys follow SECRET_KEY and its fallbacks, newest first."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"authenticators:{secret}".encode()).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
