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

from clients.actions import recall_api_key, use_api_key
from clients.models import ApiKey, ApiScope
from core.errors import LimitReached
from core.limits import Allowance, check_limit, client_address

READ = frozenset({ApiScope.REPORTS_READ})
WRITE = frozenset({ApiScope.REPORTS_WRITE})
WINDOW_SECONDS = 60
FAILURES_PER_MINUTE = 60
_ALLOWANCE = Allowance("api", seconds=WINDOW_SECONDS)
_TOKEN = re.compile(r"so_[a-z]+_[A-Za-z0-9_-]{20,100}")


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer so_live_…`` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey]:
        """Raises AuthenticationFailed for a key that does not work (any more)."""
        if request.META.get("HTTP_AUTHORIZATION") is None:
            raise NotAuthenticated("Send a project's key: Authorization: Bearer so_live_…")
        token = _token_of(request)
        if not token:
            raise AuthenticationFailed("Send the key as: Authorization: Bearer so_live_…")
        try:
            return None, use_api_key(token=token, now=timezone.now())
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

    A body may come slowly, so the key is proved again once all of it is there. Methods in
    ``proved_in_passing`` begin with a key that was used just before, as it was then:
    they write in a statement that holds only if the key stands, and call ``prove_key`` before they
    do anything else in its name. A refusal proves it by itself.
    """

    authentication_classes = (KeyAuthentication,)
    metadata_class = None
    scopes: ClassVar[Mapping[str, frozenset[ApiScope]]] = {}
    proved_in_passing: ClassVar[frozenset[str]] = frozenset()
    _left: int | None = None
    _proved = True

    key: ApiKey  # the one that opened the endpoint

    def perform_authentication(self, request: Request) -> None:
        """Find the key and count the request."""
        now = timezone.now()
        recalled = request.method in self.proved_in_passing and self.recall_key(request)
        if recalled:
            self.key, self._proved = recalled, False
        else:
            self.prove_key()
        self._left = 0
        self._left = _ALLOWANCE.spend(
            str(self.key.pk), most=settings.API_REQUESTS_PER_MINUTE, now=now
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask whether the key may; then read the body, and whether it still may."""
        super().initial(request, *args, **kwargs)
        if request.method in {"POST"} - self.proved_in_passing and hasattr(self, "post"):
            self.read_body(request)
            self.prove_key()

    def read_body(self, request: Request) -> None:
        """Read all of it."""
        _ = request.data

    def prove_key(self) -> None:
        """Read the key as it is now; failures are counted by sender."""
        left, self._left, self._proved = self._left, None, True
        try:
            self.key = self.find_key(self.request)
        except (AuthenticationFailed, NotAuthenticated):
            check_limit(
                "api.failure",
                client_address(self.request._request),
                most=FAILURES_PER_MINUTE,
                seconds=WINDOW_SECONDS,
                now=timezone.now(),
            )
            raise
        self._left = left

    def recall_key(self, request: Request) -> ApiKey | None:
        """Give the key as it was just before, if it was used then."""
        token = _token_of(request)
        return recall_api_key(token=token, now=timezone.now()) if token else None

    def find_key(self, request: Request) -> ApiKey:
        """Raises AuthenticationFailed or NotAuthenticated without a key that works."""
        return KeyAuthentication().authenticate(request)[1]

    def handle_exception(self, exc: Exception) -> Response:
        """Answer with the refusal, or with that of the key if it does not work any more."""
        if not self._proved:
            try:
                self.prove_key()
            except (AuthenticationFailed, LimitReached) as refused:
                exc = refused
        return super().handle_exception(exc)

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


def _token_of(request: Request) -> str:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and _TOKEN.fullmatch(token) else ""


def _window_ends() -> int:
    return WINDOW_SECONDS - int(timezone.now().timestamp()) % WINDOW_SECONDS
