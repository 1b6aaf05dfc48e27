from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.calendars import Hours


class Calendar(models.Model):
    """When time counts, by name; the hours themselves are versions."""

    name = models.CharField(max_length=80, unique=True)
    # Ours: what engineers work by unless they have their own, and what waiting is counted in.
    is_house = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_house"], name="calendar_one_house", condition=Q(is_house=True)
            )
        ]

    def __str__(self) -> str:
        return self.name


class CalendarVersion(models.Model):
    """The hours of a calendar from an instant on. Never changed: new hours are a new version.

    ``week`` holds seven days, Monday first, each a list of [from, to) in minutes of the day.
    ``exceptions`` holds days that differ: [ISO date, list of [from, to), what for].
    """

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    valid_from = models.DateTimeField()
    time_zone = models.CharField(max_length=60)
    week = models.JSONField()
    exceptions = models.JSONField(default=list)
    country = models.CharField(max_length=2, blank=True)
    subdivision = models.CharField(max_length=10, blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["calendar__name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "version"], name="calendar_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.calendar} v{self.version}"

    @property
    def hours(self) -> Hours:
        """The version as calendar arithmetic takes it."""
        return Hours(
            zone=self.time_zone,
            week=tuple(tuple((begin, end) for begin, end in day) for day in self.week),
            exceptions=tuple(
                (date.fromisoformat(day), tuple((begin, end) for begin, end in intervals))
                for day, intervals, _ in self.exceptions
            ),
            country=self.country,
            subdivision=self.subdivision,
        )
