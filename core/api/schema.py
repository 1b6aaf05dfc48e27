"""Parts of the OpenAPI description that every endpoint shares."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=(
        "1 to 200 visible ASCII characters, new for each thing you send. The same key with the "
        "same content gives the first answer again, marked `Idempotent-Replayed: true`; with "
        "another content it is refused (422)."
    ),
)


class FieldError(serializers.Serializer[Any]):
    """One input at fault."""

    field = serializers.CharField(help_text="Which one, with its path: `reporter.email`.")
    detail = serializers.CharField(help_text="What is wrong with it.")


class Problem(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="Fit to be shown to a person.")
    errors = FieldError(many=True, required=False)  # type: ignore[assignment]  # a DRF property


def _problem(text: str) -> OpenApiResponse:
    return OpenApiResponse(Problem, text)


Answers = dict[Any, Any]  # by status, or by status and media type
_MEDIA = "application/problem+json"
READ_ERRORS: Answers = {
    (401, _MEDIA): _problem("No key, or one that does not work."),
    (403, _MEDIA): _problem("The key lacks the scope."),
    (404, _MEDIA): _problem("It does not exist, or belongs to another project."),
    (429, _MEDIA): _problem("Too many requests; `Retry-After` says when to come back."),
}
ERRORS: Answers = {
    (400, _MEDIA): _problem("Something in it cannot be taken; `errors` names each field."),
    **READ_ERRORS,
    (413, _MEDIA): _problem("Too large."),
    (415, _MEDIA): _problem("Not the content type this endpoint reads."),
}
KEY_REUSED: Answers = {
    (422, _MEDIA): _problem("The idempotency key came before, with another content.")
}


class ScopedSchema(AutoSchema):
    """The description of an endpoint, with the scopes it asks of a key."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Add what a key must be allowed, as prose and as ``x-scopes``."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        scopes = sorted(getattr(self.view, "scopes", {}).get(self.method, ()))
        if operation and scopes:
            operation["x-scopes"] = [str(scope) for scope in scopes]
        return operation
