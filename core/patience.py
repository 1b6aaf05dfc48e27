"""A bound on how long statements may take, for what people ask in words of their own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from core.errors import Refused


class TookTooLong(Refused):
    """The database was told to stop looking."""

    status = 503


@contextmanager
def no_longer_than(milliseconds: int, **settings: str) -> Iterator[None]:
    """Bound each statement of the block, and plan them under further settings of PostgreSQL.

    Raises TookTooLong when one is stopped. The block is a transaction, or a savepoint of one.
    """
    wanted = {"statement_timeout": str(milliseconds), **settings}
    is_inner = connection.in_atomic_block
    try:
        with transaction.atomic():
            before = _set(wanted)
            yield
            if is_inner:
                # They would hold until the end of the outer transaction.
                _set(before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong("That takes too long to look for. Add a word or a filter.") from None
        raise


def _set(wanted: Mapping[str, str | None]) -> dict[str, str | None]:
    """Set what is wanted for this transaction; gives what it was before.

    An extension's settings are unknown until it is first used in a session.
    """
    each = ", ".join("current_setting(%s, true), set_config(%s, %s, true)" for _ in wanted)
    terms = [term for name, value in wanted.items() for term in (name, name, value)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {each}", terms)
        row = cursor.fetchone()
    assert row is not None
    return dict(zip(wanted, row[::2], strict=True))
