"""Refusals: what a person may be told when an action does not happen."""


class Refused(Exception):
    """An anticipated refusal. Its text is fit for the person who asked.

    ``field`` names the input at fault, where there is one; edges show the text beside it.
    """

    status = 409

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(Refused):
    """The input itself is at fault: wrong shape, size or content."""

    status = 400


class NotAllowed(Refused):
    """The actor may see the row but may not do this to it."""

    status = 403

    def __init__(self, message: str = "You may not do this.") -> None:
        super().__init__(message)


class MoveRefused(Refused):
    """The row's state does not allow this move."""


class StaleVersion(Refused):
    """Somebody changed the row after the person who asks had read it."""


class LimitReached(Refused):
    """Too many requests of one kind; ``retry_after`` is in seconds."""

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class KeyReused(Refused):
    """The same idempotency key came again with another content."""

    status = 422
