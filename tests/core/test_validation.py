import pytest

from clients.models import Client, Invitation
from core.errors import InvalidInput
from core.validation import check_fields


def test_a_null_reference_that_may_be_null_is_valid(acme: Client, now) -> None:
    check_fields(
        Invitation(client=acme, email="x@y.test", role="member", created_at=now, expires_at=now)
    )


def test_the_field_at_fault_is_named(acme: Client, now) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_fields(
            Invitation(client=acme, email="x", role="member", created_at=now, expires_at=now)
        )
    assert refusal.value.field == "email"


def test_a_missing_required_reference_is_refused(now) -> None:
    with pytest.raises(InvalidInput):
        check_fields(Invitation(email="x@y.test", role="member", created_at=now, expires_at=now))
