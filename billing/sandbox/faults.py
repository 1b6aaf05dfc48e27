"""What the sandbox answers when it does not do what it was asked to."""

from typing import Any


class ApiFault(Exception):
    """An error answer (docs: Errors)."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        **more: str,
    ) -> None:
        super().__init__(message)
        self.status = status
        told = {"message": message, "type": kind, "code": code, "param": param, **more}
        self.body: dict[str, Any] = {"error": {name: said for name, said in told.items() if said}}


def no_such(noun: str, given: str, *, param: str = "") -> ApiFault:
    """Say that an object is not there: 404 for the one asked for, 400 for one that is named."""
    return ApiFault(
        f"No such {noun}: '{given}'",
        status=400 if param else 404,
        code="resource_missing",
        param=param or "id",
    )


def unknown_parameter(path: str) -> ApiFault:
    """Refuse a parameter that the call does not have."""
    return ApiFault(f"Received unknown parameter: {path}", code="parameter_unknown", param=path)


def missing_parameter(path: str) -> ApiFault:
    """Refuse a call that lacks a parameter."""
    return ApiFault(f"Missing required param: {path}.", code="parameter_missing", param=path)


def declined(decline_code: str, **more: str) -> ApiFault:
    """Say that the card was declined."""
    return ApiFault(
        "Your card was declined.",
        status=402,
        kind="card_error",
        code="card_declined",
        decline_code=decline_code,
        **more,
    )
