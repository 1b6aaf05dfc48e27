"""Statements that stand ready: planned once a connection, for what every API request runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.postgresql.base import ServerBindingCursor

_Cursor: Any = ServerBindingCursor  # its types leave the connection out


def fetch_row(sql: str, terms: Mapping[str, Any] | Sequence[Any] = ()) -> tuple[Any, ...] | None:
    """Run a statement and give its first row, or None without one.

    The parameters go to the server apart from the text, so that it can keep the plan; parameters
    whose type the text does not tell need a cast in it.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    database.ensure_connection()
    return _fetch(database, sql, terms)


def fetch_first_row(
    sql: str, terms: Mapping[str, Any] | Sequence[Any] = ()
) -> tuple[Any, ...] | None:
    """Run the first statement of a request, which tells by itself whether the connection lives.

    On one that broke meanwhile it is run once more on a new one, instead of asking each time
    beforehand. Only for a statement that does no harm twice.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.connection is None or database.in_atomic_block:
        return fetch_row(sql, terms)
    try:
        row = _fetch(database, sql, terms)
    except (OperationalError, InterfaceError):
        database.close()
        return fetch_row(sql, terms)
    database.health_check_done = True
    return row


def _fetch(
    database: Any, sql: str, terms: Mapping[str, Any] | Sequence[Any]
) -> tuple[Any, ...] | None:
    raw = database.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = 1
    with database._prepare_cursor(_Cursor(raw)) as cursor:
        cursor.execute(sql, terms)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
