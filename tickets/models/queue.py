"""What the order of work is made of: engineers' time, clients' shares, and the last simulation."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clients.models import Calendar, Client, PlanVersion, Project
from tickets.models.reports import Report
from tickets.models.tickets import Ticket
from tickets.rules.clocks import Clock


class Skill(models.Model):
    """Something not every engineer can do."""

    name = models.CharField(max_length=60, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Engineer(models.Model):
    """How a member of staff works. Who has no row works by the house calendar on everything."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="engineer"
    )
    calendar = models.ForeignKey(Calendar, null=True, on_delete=models.PROTECT, related_name="+")
    wip_limit = models.PositiveSmallIntegerField(default=3)
    # Limited to these projects; none at all means every project.
    projects = models.ManyToManyField(Project, blank=True, related_name="+")
    skills = models.ManyToManyField(Skill, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="engineer_wip_limit", condition=Q(wip_limit__gte=1))
        ]

    def __str__(self) -> str:
        return str(self.user)


class Absence(models.Model):
    """A time in which an engineer does not work."""

    engineer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="absences"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.engineer}, {self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"


class ShareAccount(models.Model):
    """A client's place in the fair sharing of work, and its commitment tokens."""

    client = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="share_account")
    # Virtual time in minutes of work a slot received.
    virtual_minutes = models.FloatField(default=0)
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField()
    # What the terms of the client's clocks were last taken from; none while it is not served.
    plan_version = models.ForeignKey(
        PlanVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        indexes = [models.Index(fields=["virtual_minutes", "client"], name="share_account_least")]
        constraints = [
            models.CheckConstraint(name="share_account_tokens", condition=Q(tokens__gte=0))
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.virtual_minutes:.0f}"


class ReceivedMinutes(models.Model):
    """Minutes of work a client received in a week (from its Monday), and its slots in it.

    A week has the row of every client who was served when its first minutes were logged, and of
    whoever received some later. The slots are never changed: they say what the share was.
    """

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="received_minutes", db_index=False
    )
    week_date = models.DateField()
    minutes = models.IntegerField(default=0)
    slots = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["-week_date"]
        indexes = [models.Index(fields=["week_date"], name="received_in_week")]
        constraints = [
            models.UniqueConstraint(fields=["client", "week_date"], name="received_minutes_once"),
            models.CheckConstraint(name="received_by_slots", condition=Q(slots__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.client}, week of {self.week_date}: {self.minutes} min"


class QueuePlan(models.Model):
    """The one row that decisions about the order of work lock, one after the other.

    It keeps the least spare time of any promise in the last forward simulation, less what was since
    done out of its order: while a ticket's work fits into that, no promise can become late by it.
    """

    spare_minutes = models.FloatField(default=0)
    simulated_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "The queue"


class SlaClock(models.Model):
    """How one clock of a report, or of the ticket it became, stands (derived from the events)."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        FULFILLED = "fulfilled", "Fulfilled"

    report = models.ForeignKey(
        Report, on_delete=models.PROTECT, related_name="clocks", db_index=False
    )
    ticket = models.ForeignKey(
        Ticket, null=True, on_delete=models.PROTECT, related_name="clocks", db_index=False
    )
    clock = models.CharField(max_length=16, choices=[(clock.value, clock.name) for clock in Clock])
    state = models.CharField(max_length=10, choices=State)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    # The next instant at which time alone makes a warning or a breach.
    next_step_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    fulfilled_at = models.DateTimeField(null=True)
    # How many versions of calendars it was counted by: with more, a running one may be due at
    # another time.
    calendar_versions = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_step_at"],
                name="sla_clock_next_step",
                condition=Q(next_step_at__isnull=False),
            ),
            models.Index(
                fields=["ticket"], name="sla_clock_of_ticket", condition=Q(ticket__isnull=False)
            ),
            models.Index(fields=["report"], name="sla_clock_open", condition=~Q(state="fulfilled")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["report", "clock"], name="sla_clock_once"),
            models.CheckConstraint(
                name="sla_clock_fulfilled_at_when_fulfilled",
                condition=Q(state="fulfilled", fulfilled_at__isnull=False)
                | (~Q(state="fulfilled") & Q(fulfilled_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="sla_clock_steps_while_running",
                condition=Q(state="running") | Q(next_step_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_clock_display()} of #{self.report_id}"
