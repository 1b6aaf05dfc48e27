from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from clients.actions.events import record
from clients.models import (
    Calendar,
    Client,
    ClientEventKind,
    Plan,
    PlanVersion,
    Retainer,
    SlaTarget,
    User,
)
from clients.queries import house_role, role_of
from clients.rules.retainers import RetainerState
from clients.rules.roles import require
from core.errors import InvalidInput, MoveRefused
from core.money import Money
from core.validation import check_fields, unless_taken

PRIORITIES = ("P1", "P2", "P3", "P4")
MOST_TARGET_MINUTES = 52 * 5 * 480


@transaction.atomic
def create_plan(*, name: str, actor: User | None, now: datetime, summary: str = "") -> Plan:
    """Name a plan; it can be agreed on once a version of its terms is published."""
    require(house_role(actor), "plan.publish")
    plan = Plan(name=name.strip(), slug=slugify(name), summary=summary.strip())
    check_fields(plan)
    with unless_taken(
        "clients_plan_slug_key", message="There is a plan of this name.", field="name"
    ):
        plan.save()
    record(ClientEventKind.PLAN_NAMED, actor=actor, at=now, plan=plan)
    return plan


@transaction.atomic
def publish_plan_version(
    *,
    plan_id: int,
    price: Money,
    targets: Mapping[str, tuple[int, int]],
    actor: User | None,
    now: datetime,
) -> PlanVersion:
    """Publish new terms; running retainers keep the version they agreed on.

    ``targets`` gives, for each of P1 to P4, business minutes to the first response and to the
    resolution. Raises InvalidInput for a missing priority, or a resolution before the response.
    """
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan_id)
    require(house_role(actor), "plan.publish")
    _check_targets(targets)
    latest = plan.versions.aggregate(latest=Max("version"))["latest"] or 0
    version = PlanVersion(
        plan=plan,
        version=latest + 1,
        price_amount=price.amount,
        price_currency=price.currency,
        published_at=now,
        published_by=actor,
    )
    _check_price(version)
    version.save()
    house = Calendar.objects.get(is_house=True)
    SlaTarget.objects.bulk_create(
        SlaTarget(
            plan_version=version,
            priority=priority,
            first_response_minutes=response,
            next_reply_minutes=response,
            resolution_minutes=resolution,
            calendar=house,
        )
        for priority, (response, resolution) in targets.items()
    )
    record(ClientEventKind.PLAN_PUBLISHED, actor=actor, at=now, plan=plan, plan_version=version)
    return version


def _check_price(version: PlanVersion) -> None:
    if version.price_amount < 0:
        raise InvalidInput("The price cannot be negative.", field="price")
    try:
        check_fields(version)
    except InvalidInput:
        raise InvalidInput("This price is out of range.", field="price") from None


def _check_targets(targets: Mapping[str, tuple[int, int]]) -> None:
    if sorted(targets) != list(PRIORITIES):
        raise InvalidInput("Give targets for P1, P2, P3 and P4.", field="targets")
    for priority, (response, resolution) in targets.items():
        if not 0 < response <= resolution:
            raise InvalidInput(
                f"{priority}: the first response comes before the resolution.", field="targets"
            )
        if resolution > MOST_TARGET_MINUTES:
            raise InvalidInput(f"{priority}: at most a year of office hours.", field="targets")


@transaction.atomic
def create_retainer(
    *, client_id: int, plan_version_id: int, actor: User | None, now: datetime
) -> Retainer:
    """Draft a client's agreement on a plan version.

    Raises MoveRefused while another retainer of the client has not ended.
    """
    client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
    require(role_of(actor, client.pk), "retainer.start")
    if client.retainers.exclude(state=RetainerState.ENDED).exists():
        raise MoveRefused("This client has a retainer; end it before drafting another.")
    version = PlanVersion.objects.get(pk=plan_version_id)
    retainer = Retainer.objects.create(client=client, plan_version=version, created_at=now)
    record(
        ClientEventKind.RETAINER_CREATED,
        actor=actor,
        at=now,
        client=client,
        retainer=retainer,
        plan_version=version,
    )
    return retainer


@transaction.atomic
def set_retainer_state(
    *, retainer_id: int, state: str, actor: User | None, now: datetime
) -> Retainer:
    """Move a retainer along its state table. Raises MoveRefused for any other move."""
    retainer = Retainer.objects.select_for_update(no_key=True).get(pk=retainer_id)
    require(role_of(actor, retainer.client_id), "retainer.move")
    wanted = RetainerState(state)
    retainer.check_move(wanted)

    before, retainer.state = retainer.state, wanted
    if wanted == RetainerState.ENDED:
        retainer.ended_at = now
    elif retainer.started_at is None:
        retainer.started_at = now
    retainer.save(update_fields=["state", "started_at", "ended_at"])
    record(
        ClientEventKind.RETAINER_MOVED,
        actor=actor,
        at=now,
        client=retainer.client,
        retainer=retainer,
        data={"from": before, "to": wanted.value},
    )
    return retainer
