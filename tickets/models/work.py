from django.conf import settings
from django.db import models
from django.db.models import Q

from tickets.models.homes import Homed
from tickets.models.tickets import Ticket


class TimeEntry(Homed):
    """Minutes somebody worked on a ticket. Never changed: a mistake is voided and logged anew."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="time_entries")
    engineer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="time_entries"
    )
    minutes = models.PositiveIntegerField()
    work_date = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    logged_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)

    class Meta(Homed.Meta):
        ordering = ["-logged_at"]
        verbose_name_plural = "time entries"
        constraints = [
            *Homed.Meta.constraints,
            models.CheckConstraint(
                name="time_entry_within_a_day", condition=Q(minutes__gte=1, minutes__lte=1440)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minutes} min by {self.engineer}"


class Timer(Homed):
    """A running clock: one an engineer."""

    engineer = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="timer"
    )
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="timers")
    started_at = models.DateTimeField()

    class Meta(Homed.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.engineer} on {self.ticket}"
