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
    # What undoing gives back. Promises are kept by HeldPromise.
    state_before = models.CharField(max_length=12, choices=TicketState)
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


class HeldPromise(Homed):
    """When a ticket, or one that is part of it, was promised: the soonest is the ticket's due time.

    Kept only while parts were promised something, and moved by all that moves the due time of the
    whole.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="held_promises")
    due_at = models.DateTimeField()

    class Meta(Homed.Meta):
        ordering = ["due_at", "pk"]
        constraints = [
            *Homed.Meta.constraints,
            models.UniqueConstraint(
                Coalesce("home", "ticket"), name="held_promise_once_where_it_was_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket} by {self.due_at:%Y-%m-%d %H:%M}"
