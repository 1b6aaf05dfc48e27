"""Statements that stand ready: planned once a connection, for what every API request runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
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
    raw = database.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = 1
    with database._prepare_cursor(_Cursor(raw)) as cursor:
        cursor.execute(sql, terms)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
