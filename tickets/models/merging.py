"""Tickets that turned out to be one, and who wants to hear of a ticket."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from tickets.models.homes import Homed
from tickets.models.tickets import Ticket
from tickets.rules.states import TicketState


class TicketMerge(models.Model):
    """That one ticket became part of another, until it is undone."""

    source = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="merges")
    target = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="merges_in")
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # What undoing gives back: the state of the source, and the promise of the target.
    state_before = models.CharField(max_length=12, choices=TicketState)
    due_before = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["merged_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], name="ticket_merged_once", condition=Q(undone_at__isnull=True)
            ),
            models.CheckConstraint(
                name="ticket_merged_into_another", condition=~Q(source=F("target"))
            ),
            models.CheckConstraint(
                name="merge_undone_by_somebody",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.source.number} into #{self.target.number}"


class Watcher(Homed):
    """Somebody who wants to hear what happens to a ticket, though they reported nothing."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="watchers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    since_at = models.DateTimeField()

    class Meta(Homed.Meta):
        ordering = ["since_at", "pk"]
        constraints = [
            *Homed.Meta.constraints,
            models.UniqueConstraint(
                Coalesce("home", "ticket"), "user", name="watcher_once_where_they_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} watches {self.ticket}"
