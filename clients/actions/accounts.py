from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from clients.actions.events import record
from clients.models import Client, ClientEventKind, User
from clients.queries import house_role, role_of, staff
from clients.rules.roles import require
from core.errors import InvalidInput
from core.validation import check_fields, unless_taken


@transaction.atomic
def create_client(
    *,
    name: str,
    actor: User | None,
    now: datetime,
    slug: str = "",
    time_zone: str = "UTC",
    lead_id: int | None = None,
    notes: str = "",
) -> Client:
    """Open an account for a client.

    Raises InvalidInput for an empty name, an unknown time zone, a short name already taken, or a
    lead who is not active staff.
    """
    require(house_role(actor), "client.create")
    client = Client(
        name=" ".join(name.split()),
        slug=slug or slugify(name),
        time_zone=time_zone,
        lead=_find_lead(lead_id),
        notes=notes,
        created_at=now,
    )
    check_fields(client)
    with unless_taken("clients_client_slug_key", message="This short name is taken.", field="slug"):
        client.save()
    record(ClientEventKind.CLIENT_CREATED, actor=actor, at=now, client=client)
    return client


@transaction.atomic
def change_client(
    *,
    client_id: int,
    actor: User,
    now: datetime,
    name: str,
    time_zone: str,
    notes: str | None = None,
) -> Client:
    """Change a client's name and time zone, and, where given, the notes of staff."""
    client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
    require(role_of(actor, client.pk), "client.change")
    if notes is not None and actor.staff_role is None:
        raise InvalidInput("Notes belong to staff.", field="notes")
    name = " ".join(name.split())
    changed = [
        field
        for field, value in (("name", name), ("time_zone", time_zone), ("notes", notes))
        if value is not None and getattr(client, field) != value
    ]
    client.name, client.time_zone = name, time_zone
    client.notes = client.notes if notes is None else notes
    check_fields(client)
    if changed:
        client.save(update_fields=changed)
        record(
            ClientEventKind.CLIENT_CHANGED,
            actor=actor,
            at=now,
            client=client,
            data={"fields": changed},
        )
    return client


@transaction.atomic
def set_lead(*, client_id: int, lead_id: int | None, actor: User, now: datetime) -> Client:
    """Make a member of staff the client's lead, or nobody.

    Raises InvalidInput unless the lead is active staff.
    """
    client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
    require(role_of(actor, client.pk), "client.set_lead")
    lead = _find_lead(lead_id)
    if client.lead_id != lead_id:
        client.lead = lead
        client.save(update_fields=["lead"])
        record(ClientEventKind.LEAD_SET, actor=actor, at=now, client=client, user=lead)
    return client


def _find_lead(lead_id: int | None) -> User | None:
    lead = staff().filter(pk=lead_id).first() if lead_id else None
    if lead_id and lead is None:
        raise InvalidInput("The lead must be active staff.", field="lead")
    return lead
