from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clients.models.accounts import Client
from clients.models.calendars import Calendar
from clients.rules.retainers import RETAINER_MOVES, RetainerState
from clients.rules.terms import Target
from core.errors import MoveRefused
from core.money import Money


class Plan(models.Model):
    """A price and its terms, by name; the terms themselves are versions."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    summary = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PlanVersion(models.Model):
    """The terms of a plan from one day on. Never changed: new terms are a new version."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    price_amount = models.DecimalField(max_digits=12, decimal_places=3)
    price_currency = models.CharField(max_length=3)
    slots = models.PositiveSmallIntegerField(default=1)
    # Commitment tokens a slot gets back each week, and the most it can hold.
    tokens_per_slot = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(4))
    most_tokens_per_slot = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(8))
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["plan__name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "version"], name="plan_version_once"),
            models.CheckConstraint(
                name="plan_price_not_negative", condition=Q(price_amount__gte=0)
            ),
            models.CheckConstraint(
                name="plan_price_currency", condition=Q(price_currency__regex=r"^[A-Z]{3}$")
            ),
            models.CheckConstraint(
                name="plan_slots_sane",
                condition=Q(slots__gte=1, tokens_per_slot__gte=0)
                & Q(most_tokens_per_slot__gte=F("tokens_per_slot")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} v{self.version}"

    @property
    def price(self) -> Money:
        """The price of a month."""
        return Money(self.price_amount.normalize(), self.price_currency)


class SlaTarget(models.Model):
    """What a plan version promises for one priority, in open minutes of a calendar."""

    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="targets")
    priority = models.CharField(max_length=2)
    first_response_minutes = models.PositiveIntegerField()
    next_reply_minutes = models.PositiveIntegerField()
    resolution_minutes = models.PositiveIntegerField()
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["priority"]
        constraints = [
            models.UniqueConstraint(fields=["plan_version", "priority"], name="sla_target_once"),
            models.CheckConstraint(
                name="sla_target_sane",
                condition=Q(priority__in=["P1", "P2", "P3", "P4"])
                & Q(first_response_minutes__gt=0, next_reply_minutes__gt=0)
                & Q(resolution_minutes__gte=F("first_response_minutes")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_version} {self.priority}"

    @property
    def terms(self) -> Target:
        """What is promised, as a value."""
        return Target(
            first_response_minutes=self.first_response_minutes,
            next_reply_minutes=self.next_reply_minutes,
            resolution_minutes=self.resolution_minutes,
            calendar_id=self.calendar_id,
        )


class Retainer(models.Model):
    """A client's running agreement on one plan version."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="retainers")
    plan_version = models.ForeignKey(
        PlanVersion, on_delete=models.PROTECT, related_name="retainers"
    )
    state = models.CharField(max_length=10, choices=RetainerState, default=RetainerState.DRAFT)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["client"], name="retainer_one_running", condition=~Q(state="ended")
            ),
            models.CheckConstraint(
                name="retainer_ended_at_when_ended",
                condition=Q(state="ended", ended_at__isnull=False)
                | (~Q(state="ended") & Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="retainer_started_at_unless_draft",
                condition=Q(state__in=["draft", "ended"]) | Q(started_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.plan_version} ({self.get_state_display()})"

    def check_move(self, state: RetainerState) -> None:
        """Raises MoveRefused unless the state table allows the move."""
        here = RetainerState(self.state)
        if state not in RETAINER_MOVES[here]:
            raise MoveRefused(
                f"A retainer that is {here.label.lower()} cannot become {state.label.lower()}."
            )
