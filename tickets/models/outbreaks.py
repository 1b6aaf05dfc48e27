from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tickets.models.reports import SignalKind
from tickets.models.tickets import Ticket


class Outbreak(models.Model):
    """One problem of two or more clients at once: the internal parent of their tickets.

    No client ever sees it, nor that another client has the problem too.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SHIPPED = "shipped", "Shipped"
        CLOSED = "closed", "Closed"

    title = models.CharField(max_length=200)
    # What the tickets share; none where staff linked them.
    signal_kind = models.CharField(max_length=12, choices=SignalKind, blank=True)
    signal_value = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["signal_kind", "signal_value"],
                name="outbreak_open_once",
                condition=Q(state="open") & ~Q(signal_value=""),
            ),
            models.CheckConstraint(
                name="outbreak_ended_at_when_ended",
                condition=Q(state="open", ended_at__isnull=True)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Tell whether tickets still join it."""
        return self.state == self.State.OPEN


class Sighting(models.Model):
    """A fingerprint or advisory of a ticket's reports: by it the same problem is found elsewhere.

    One row a ticket however many reports brought it, so that a flood of one client's reports hides
    no other client.
    """

    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, related_name="sightings", db_index=False
    )
    kind = models.CharField(max_length=12, choices=SignalKind)
    value = models.CharField(max_length=300)
    # When the latest report with it arrived.
    seen_at = models.DateTimeField()
    # When it was compared with other clients'; none while that is due.
    checked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index("kind", "value", F("seen_at").desc(), name="sighting_seen"),
            models.Index(
                fields=["id"], name="sighting_unchecked", condition=Q(checked_at__isnull=True)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "kind", "value"], name="sighting_once")
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id}: {self.get_kind_display()} {self.value}"
