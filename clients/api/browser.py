"""Endpoints for pages of a project, opened by a browser key from the origins it allows."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from clients.actions import recall_api_key, use_api_key
from clients.api.base import WINDOW_SECONDS, KeyView
from clients.models import ApiKey, KeyKind
from clients.rules.origins import is_allowed
from core.limits import Allowance, client_address

PREFLIGHT_SECONDS = 7200
_ASKED = Allowance("widget.asked", seconds=WINDOW_SECONDS)


class BrowserKeyView(KeyView):
    """An endpoint for pages: the key stands in the address, so that a preflight names it, too.

    Answers are readable for pages of the key's origins alone (CORS, Fetch standard section 3.2),
    but for the refusal of a key or an origin: whoever reports something must be told of it.
    A request that changes something has to name its origin, as every browser does (RFC 6454
    section 7); what only reads may come through a proxy of the page's own origin, which names none.
    """

    _origin = ""

    def perform_authentication(self, request: Request) -> None:
        """Count by address first: nobody uses up by themselves what a key may ask."""
        _ASKED.spend(
            client_address(request._request),
            most=settings.WIDGET_REQUESTS_PER_ADDRESS,
            now=timezone.now(),
        )
        super().perform_authentication(request)

    def find_key(self, request: Request) -> ApiKey:
        """Give the browser key that the address names; raises PermissionDenied for the origin."""
        token = _token_of(request)
        if not token:
            raise NotAuthenticated("Name a browser key: ?key=so_pub_…")
        try:
            key = use_api_key(token=token, now=timezone.now(), kind=KeyKind.BROWSER)
        except ApiKey.DoesNotExist:
            raise AuthenticationFailed("This key does not exist or was revoked.") from None
        origin = str(request.META.get("HTTP_ORIGIN", ""))
        if not (is_allowed(origin, key.allowed_origins) if origin else request.method != "POST"):
            raise PermissionDenied("This key does not work on pages of this origin.")
        self._origin = origin
        return key

    def recall_key(self, request: Request) -> ApiKey | None:
        """Give the key as it was just before, if it was used then and this origin was allowed."""
        key = recall_api_key(token=_token_of(request), now=timezone.now(), kind=KeyKind.BROWSER)
        origin = str(request.META.get("HTTP_ORIGIN", ""))
        if key is None or not is_allowed(origin, key.allowed_origins):
            return None
        self._origin = origin
        return key

    def options(  # type: ignore[override]  # as DRF has it
        self, request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        """Answer a preflight."""
        methods = ", ".join(self.allowed_methods)
        headers = {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
            "Allow": methods,
        }
        return Response(status=204, headers=headers)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Let pages of the origin read the answer, refusals included."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers["Vary"] = "Origin"
        origin = self._origin
        if answer.status_code in (401, 403) and request.method != "OPTIONS":
            origin = str(request.META.get("HTTP_ORIGIN", ""))
        if origin:
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Expose-Headers"] = "Idempotent-Replayed, Retry-After"
        return answer


def _token_of(request: Request) -> str:
    return str(request.query_params.get("key", ""))[:100]


def most_bytes() -> int:
    """Give how long the body of a page's request may be."""
    return int(settings.ATTACHMENT_MAX_BYTES) + 512 * 1024
