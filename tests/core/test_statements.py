import pytest
from django.db import connection, connections, transaction
from django.db.utils import OperationalError

from core.statements import fetch_row


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


def _end(pid: int) -> None:
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        other.close()
