from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

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
from clients.rules.terms import PRIORITIES, Target
from core.errors import InvalidInput, MoveRefused
from core.money import Money
from core.validation import check_fields, unless_taken

MOST_TARGET_MINUTES = 52 * 5 * 480
MOST_SLOTS = 100
MOST_TOKENS = Decimal(100)


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
    targets: Mapping[str, Target],
    actor: User | None,
    now: datetime,
    slots: int = 1,
    tokens_per_slot: Decimal = Decimal(4),
    most_tokens_per_slot: Decimal = Decimal(8),
) -> PlanVersion:
    """Publish new terms; running retainers keep the version they agreed on.

    ``targets`` are those of P1 to P4. Raises InvalidInput for a missing priority, a resolution
    before the response, an unknown calendar, or slots and tokens out of range.
    """
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan_id)
    require(house_role(actor), "plan.publish")
    _check_targets(targets)
    _check_tokens(slots, tokens_per_slot, most_tokens_per_slot)
    latest = plan.versions.aggregate(latest=Max("version"))["latest"] or 0
    version = PlanVersion(
        plan=plan,
        version=latest + 1,
        price_amount=price.amount,
        price_currency=price.currency,
        slots=slots,
        tokens_per_slot=tokens_per_slot,
        most_tokens_per_slot=most_tokens_per_slot,
        published_at=now,
        published_by=actor,
    )
    _check_price(version)
    version.save()
    SlaTarget.objects.bulk_create(
        SlaTarget(plan_version=version, priority=priority, **asdict(target))
        for priority, target in targets.items()
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


def _check_targets(targets: Mapping[str, Target]) -> None:
    if sorted(targets) != list(PRIORITIES):
        raise InvalidInput("Give targets for P1, P2, P3 and P4.", field="targets")
    for priority, target in targets.items():
        if not 0 < target.first_response_minutes <= target.resolution_minutes:
            raise InvalidInput(
                f"{priority}: the first response comes before the resolution.", field="targets"
            )
        if target.next_reply_minutes <= 0:
            raise InvalidInput(f"{priority}: a reply takes a minute at least.", field="targets")
        if max(target.next_reply_minutes, target.resolution_minutes) > MOST_TARGET_MINUTES:
            raise InvalidInput(f"{priority}: at most a year of office hours.", field="targets")
    wanted = {target.calendar_id for target in targets.values()}
    if Calendar.objects.filter(pk__in=wanted).count() < len(wanted):
        raise InvalidInput("Choose a calendar for each priority.", field="targets")


def _check_tokens(slots: int, refilled: Decimal, most: Decimal) -> None:
    if not 1 <= slots <= MOST_SLOTS:
        raise InvalidInput(f"A plan has 1 to {MOST_SLOTS} slots.", field="slots")
    for tokens, field in ((refilled, "tokens_per_slot"), (most, "most_tokens_per_slot")):
        if not (tokens.is_finite() and 0 <= tokens <= MOST_TOKENS and tokens == round(tokens, 2)):
            raise InvalidInput(
                f"Give 0 to {MOST_TOKENS} promises, to the hundredth at most.", field=field
            )
    if most < refilled:
        raise InvalidInput(
            "A slot holds at least what it gets back in a week.", field="most_tokens_per_slot"
        )


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
