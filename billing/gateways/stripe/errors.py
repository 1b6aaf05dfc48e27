"""What can go wrong at Stripe, sorted by what may be done next."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe


class StripeFailed(Exception):
    """A call to Stripe did not end well; ``request_id`` names it in Stripe's own log."""

    def __init__(self, message: str, *, request_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.request_id = request_id


class StripeRefused(StripeFailed):
    """Stripe answered no, and nothing happened: sending the same again changes nothing.

    ``code`` and ``decline_code`` are Stripe's (docs: Error codes, Decline codes), ``field`` is the
    parameter at fault.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        field: str = "",
        decline_code: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.code = code
        self.field = field
        self.decline_code = decline_code


class OutcomeUnknown(StripeFailed):
    """No answer, or none that says what happened (a lost connection, 409, 5xx).

    Only the same idempotency key may be sent again, and only for 24 hours; after that, look.
    """


class RateLimited(StripeFailed):
    """Stripe took nothing, being asked too often; ``retry_after`` is in seconds."""

    def __init__(self, message: str, *, retry_after: int, request_id: str = "") -> None:
        super().__init__(message, request_id=request_id)
        self.retry_after = retry_after


class Gone(StripeFailed):
    """What the call is about is not at Stripe, or not any more."""


# Stripe names no time with most of its 429s.
_PATIENCE_SECONDS = 5


@contextmanager
def sorted_failures() -> Iterator[None]:
    """Raise the library's errors as ours."""
    try:
        yield
    except stripe.StripeError as error:
        raise _sorted(error) from error


def _sorted(error: stripe.StripeError) -> StripeFailed:
    message = error.user_message or type(error).__name__
    request_id = error.request_id or ""
    status = error.http_status or 0
    if isinstance(error, stripe.RateLimitError):
        return RateLimited(message, retry_after=_retry_after(error), request_id=request_id)
    if isinstance(error, stripe.APIConnectionError | stripe.APIError) or status == 409:
        return OutcomeUnknown(message, request_id=request_id)
    if status == 404:
        return Gone(message, request_id=request_id)
    told = error.error
    return StripeRefused(
        message,
        code=error.code or getattr(told, "type", None) or "",
        field=getattr(error, "param", None) or "",
        decline_code=getattr(told, "decline_code", None) or "",
        request_id=request_id,
    )


def _retry_after(error: stripe.StripeError) -> int:
    told = (error.headers or {}).get("Retry-After", "")
    return int(told) if told.isdecimal() else _PATIENCE_SECONDS
