"""Statements that stand ready: planned once a connection, for what every API request runs."""

import select
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import ServerBindingCursor

_Cursor: Any = ServerBindingCursor  # its types leave the connection out


def fetch_row(sql: str, terms: Mapping[str, Any] | Sequence[Any] = ()) -> tuple[Any, ...] | None:
    """Run a statement and give its first row, or None without one.

    The parameters go to the server apart from the text, so that it can keep the plan; parameters
    whose type the text does not tell need a cast in it. A connection that the server closed
    meanwhile is made anew, without asking the server each time whether it is there.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    if not database.in_atomic_block and _is_closed(database.connection):
        database.close()
    database.ensure_connection()
    database.health_check_done = True
    raw = database.connection
    with database._prepare_cursor(_Cursor(raw)) as cursor:
        if raw.prepare_threshold is None:
            raw.prepare_threshold = 1
            # Planned once for all terms: left to itself the server plans some of them each time.
            cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute(sql, terms)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _is_closed(raw: Any) -> bool:
    """Tell whether there is something to read, though nothing was asked: the server's farewell."""
    if raw is None or raw.closed:
        return raw is not None
    waiting = select.poll()
    waiting.register(raw.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
