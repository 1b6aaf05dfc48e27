"""Endpoints opened by a project's key: authentication, scopes and limits."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clients.actions import use_api_key
from clients.models import ApiKey, ApiScope
from core.limits import check_limit, client_address, left_of

READ = frozenset({ApiScope.REPORTS_READ})
WRITE = frozenset({ApiScope.REPORTS_WRITE})
WINDOW_SECONDS = 60
FAILURES_PER_MINUTE = 60
_TOKEN = re.compile(r"so_[a-z]+_[A-Za-z0-9_-]{20,100}")


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer so_live_…`` (RFC 6750): the key is ``request.auth``."""

    seen = 0

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        """Raises AuthenticationFailed for a key that does not work (any more)."""
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not _TOKEN.fullmatch(token.strip()):
            raise AuthenticationFailed("Send the key as: Authorization: Bearer so_live_…")
        try:
            key, self.seen = use_api_key(
                token=token.strip(), seconds=WINDOW_SECONDS, now=timezone.now()
            )
            return None, key
        except ApiKey.DoesNotExist:
            raise AuthenticationFailed("This key does not exist or was revoked.") from None

    def authenticate_header(self, request: Request) -> str:
        """Give the challenge that goes with a 401."""
        return 'Bearer realm="ShipOps API"'


class KeyAuthenticationSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes the key."""

    target_class = "clients.api.base.KeyAuthentication"
    name = "projectKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Give the security scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "so_live_…"}


class KeyView(APIView):
    """An endpoint for a project's key.

    ``scopes`` names for each method the scopes of which the key must have one.
    """

    authentication_classes = (KeyAuthentication,)
    metadata_class = None
    scopes: ClassVar[Mapping[str, frozenset[ApiScope]]] = {}
    _left: int | None = None

    key: ApiKey  # the one that opened the endpoint

    def perform_authentication(self, request: Request) -> None:
        """Find the key and count the request; failures are counted by sender instead."""
        now = timezone.now()
        try:
            key = request.auth
            if not isinstance(key, ApiKey):
                raise NotAuthenticated("Send a project's key: Authorization: Bearer so_live_…")
        except (AuthenticationFailed, NotAuthenticated):
            check_limit(
                "api.failure",
                client_address(request._request),
                most=FAILURES_PER_MINUTE,
                seconds=WINDOW_SECONDS,
                now=now,
            )
            raise
        self.key = key
        self._left = 0
        assert isinstance(request.successful_authenticator, KeyAuthentication)
        self._left = left_of(
            request.successful_authenticator.seen,
            most=settings.API_REQUESTS_PER_MINUTE,
            seconds=WINDOW_SECONDS,
            now=now,
        )

    def check_permissions(self, request: Request) -> None:
        """Raises PermissionDenied unless the key has a scope for this method."""
        wanted = self.scopes.get(str(request.method).replace("HEAD", "GET"))
        if wanted is not None and wanted.isdisjoint(self.key.scopes):
            names = " or ".join(sorted(wanted))
            raise PermissionDenied(f"This key lacks the scope {names}.")

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Tell how many requests are left (draft-ietf-httpapi-ratelimit-headers, section 3)."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        if self._left is not None:
            most, ends = settings.API_REQUESTS_PER_MINUTE, _window_ends()
            answer.headers["RateLimit-Policy"] = f'"key";q={most};w={WINDOW_SECONDS}'
            answer.headers["RateLimit"] = f'"key";r={self._left};t={ends}'
        return answer


def _window_ends() -> int:
    return WINDOW_SECONDS - int(timezone.now().timestamp()) % WINDOW_SECONDS
