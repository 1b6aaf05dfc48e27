from datetime import datetime

import pytest

from clients.models import Client, Invitation
from core.errors import InvalidInput
from core.validation import check_fields


def test_a_null_reference_that_may_be_null_is_valid(acme: Client, now: datetime) -> None:
    check_fields(
        Invitation(client=acme, email="x@y.test", role="member", created_at=now, expires_at=now)
    )


def test_the_field_at_fault_is_named(acme: Client, now: datetime) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_fields(
            Invitation(client=acme, email="x", role="member", created_at=now, expires_at=now)
        )
    assert refusal.value.field == "email"


@pytest.mark.parametrize("name", ["a\x00b", "a\ud800b"])
def test_what_the_database_cannot_hold_is_refused_with_its_field(name: str, now: datetime) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_fields(Client(name=name, slug="acme", created_at=now))
    assert refusal.value.field == "name"
