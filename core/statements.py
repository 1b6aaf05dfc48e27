"""Statements that stand ready: planned once a connection, or at least written only once."""

import select
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import BigIntegerField, Expression, Field, Func, QuerySet

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


class ReservedKeys:
    """Primary keys of rows to come, taken from their table's sequence by the handful.

    For a row whose other columns are made from its key, so that it can be stored with the key.
    """

    _TAKE = """
        SELECT array_agg(nextval(pg_get_serial_sequence(%s, 'id'))) FROM generate_series(1, 20)
    """

    def __init__(self, table: str) -> None:
        self._table = table
        self._held: deque[int] = deque()

    def take(self) -> int:
        """Give a key that nobody else gets."""
        try:
            return self._held.popleft()
        except IndexError:
            row = fetch_row(self._TAKE, [self._table])
            assert row is not None
            first, *rest = row[0]
            self._held.extend(rest)
            return int(first)


class Given(Expression):
    """A value that a ``Written`` statement is told each time it runs."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, Any]:
        """Stand for itself, until the statement runs."""
        return "%s", (self,)


class Micros(Func):
    """An instant as whole microseconds since 1970.

    By a double, which is quicker than a numeric, and exact: it errs by an eighth of a microsecond.
    """

    template = "(date_part('epoch', %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


class Written:
    """A query of ``values_list`` that Django writes once a process, and not each time it runs.

    Writing a long one takes longer than the database takes for it. Its rows come as the driver
    reads them: whole numbers, texts, instants and arrays of them, but no JSON.
    """

    def __init__(self, query: "Callable[[], QuerySet[Any, Any]]") -> None:
        self._query = query

    @cached_property
    def _statement(self) -> tuple[str, tuple[Any, ...]]:
        return self._query().query.sql_with_params()

    def rows(self, **given: Any) -> list[tuple[Any, ...]]:
        """Run it with what its ``Given`` stand for."""
        sql, params = self._statement
        told = [given[each.name] if isinstance(each, Given) else each for each in params]
        with connection.cursor() as cursor:
            cursor.execute(sql, told)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _is_closed(raw: Any) -> bool:
    """Tell whether there is something to read, though nothing was asked: the server's farewell."""
    if raw is None or raw.closed:
        return raw is not None
    waiting = select.poll()
    waiting.register(raw.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
