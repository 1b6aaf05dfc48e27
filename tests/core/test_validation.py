from datetime import datetime

import pytest
from django.db import IntegrityError

from clients.models import Client, Invitation
from core.errors import InvalidInput
from core.validation import check_fields, unless_taken


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


def test_only_the_breach_that_was_meant_is_told_as_a_refusal(acme: Client, now: datetime) -> None:
    twin = Client(name="Twin", slug=acme.slug, created_at=now)
    with (
        pytest.raises(IntegrityError),
        unless_taken("clients_plan_slug_key", message="Taken.", field="slug"),
    ):
        twin.save()
    with (
        pytest.raises(InvalidInput, match="Taken"),
        unless_taken("clients_client_slug_key", message="Taken.", field="slug"),
    ):
        twin.save()
    assert Client.objects.count() == 1
