from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clients.models import Client
from tickets.models.reports import Report


class OnCallShift(models.Model):
    """Who is woken when something is down, from an instant to another (exclusive)."""

    engineer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="shifts",
        limit_choices_to={"is_staff": True},
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="shift_now")]
        constraints = [
            models.CheckConstraint(
                name="shift_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.engineer}: {self.starts_at:%d %b %H:%M} to {self.ends_at:%d %b %H:%M}"


class Alert(models.Model):
    """An S1 that somebody must hear of; open until it is acknowledged.

    ``told_at`` is when a mail named it; in a flood that is not at once.
    """

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="alert")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="alerts")
    raised_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-raised_at"]
        indexes = [
            models.Index(
                fields=["escalate_at"], name="alert_open", condition=Q(acknowledged_at=None)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="alert_acknowledged_by_somebody",
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Alert for #{self.report_id}"
