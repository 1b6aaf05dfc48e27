from datetime import UTC, datetime

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections, transaction
from django.db.models import DateTimeField, Value
from django.db.utils import OperationalError

from core.calendars import micros
from core.statements import Micros, fetch_row


@pytest.mark.django_db(transaction=True)
def test_a_connection_the_server_closed_is_made_anew() -> None:
    first = fetch_row("SELECT pg_backend_pid()")
    assert first is not None
    _end(first[0])

    second = fetch_row("SELECT pg_backend_pid()")

    assert second is not None and second != first


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_a_lost_connection_is_an_error() -> None:
    with pytest.raises(OperationalError), transaction.atomic():
        first = fetch_row("SELECT pg_backend_pid()")
        assert first is not None
        _end(first[0])
        fetch_row("SELECT 1")
    connection.close()


@pytest.mark.django_db
@pytest.mark.parametrize("micro", [0, 1, 123_456, 654_321, 999_999])
@pytest.mark.parametrize("year", [1970, 2026, 2099])
def test_an_instant_is_given_to_the_microsecond(year: int, micro: int) -> None:
    at = datetime(year, 7, 19, 3, 4, 5, micro, tzinfo=UTC)
    rows = ContentType.objects.values_list(Micros(Value(at, DateTimeField())))
    assert rows[0][0] == micros(at)


def _end(pid: int) -> None:
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        other.close()
