from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce, Upper

from clients.models import Client, Project, Release
from core.errors import MoveRefused
from tickets.models.homes import Homed
from tickets.rules.priority import awaits_p1_approval, priority_of
from tickets.rules.states import BEGUN, DONE, LIVE, OPEN, TICKET_MOVES, TicketState
from tickets.rules.words import Kind, Priority, Severity

_OPEN = [state.value for state in OPEN]
_DONE = [state.value for state in DONE]
_WITH_ASSIGNEE = [TicketState.IN_PROGRESS.value, TicketState.IN_REVIEW.value]
_LIVE = [state.value for state in LIVE]
_BEGUN = [state.value for state in BEGUN]
# What a client should see first: what waits for them, then what is on fire. The index and the list
# order by the same expression, or the list is sorted whole.
PRESSING = Case(
    When(state=TicketState.WAITING.value, then=0),
    When(priority=Priority.P1.value, then=1),
    default=2,
)
# Promised work of more than a business day is urgent earlier than any other, and rare.
LONG_MINUTES = 480


class Ticket(models.Model):
    """One piece of work, with one or more reports. Its number is that of the report it came of."""

    number = models.BigIntegerField(unique=True)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="tickets", db_index=False
    )
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="tickets", db_index=False
    )
    title = models.CharField(max_length=200)
    # What staff wrote for anybody to read; blank while nobody may know of it.
    public_title = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    severity = models.CharField(max_length=2, choices=Severity)
    severity_confirmed_at = models.DateTimeField(null=True)
    reach = models.PositiveIntegerField(default=0)
    unsigned_reach = models.PositiveIntegerField(default=0)
    p1_approved_at = models.DateTimeField(null=True)
    priority = models.CharField(max_length=2, choices=Priority)
    state = models.CharField(max_length=12, choices=TicketState, default=TicketState.QUEUED)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="assigned_tickets",
    )
    estimate_minutes = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    shipped_at = models.DateTimeField(null=True)
    release = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="tickets"
    )
    reopened_count = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    # The promise, if there is one: by when it will be shipped, and since when that stands.
    due_at = models.DateTimeField(null=True)
    committed_at = models.DateTimeField(null=True)
    # What does not change by waiting of the order inside a client (tickets.rules.queue.rank).
    rank = models.FloatField(default=0)
    skill = models.ForeignKey(
        "tickets.Skill", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    outbreak = models.ForeignKey(
        "tickets.Outbreak",
        null=True,
        on_delete=models.PROTECT,
        related_name="tickets",
        db_index=False,
    )
    # The ticket it turned out to be part of.
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="parts", db_index=False
    )

    class Meta:
        ordering = ["-number"]
        indexes = [
            models.Index(
                fields=["priority", "received_at", "number"],
                name="queue_order",
                condition=Q(state__in=_OPEN),
            ),
            models.Index(
                fields=["due_at", "number"],
                name="queue_p1",
                condition=Q(state="queued", priority=Priority.P1.value),
            ),
            models.Index(
                fields=["due_at", "number"],
                name="queue_long",
                condition=Q(
                    state="queued", due_at__isnull=False, estimate_minutes__gt=LONG_MINUTES
                ),
            ),
            models.Index(
                fields=["state", "priority", "received_at", "number"],
                name="queue_of_state",
                condition=Q(state__in=_BEGUN),
            ),
            models.Index(
                fields=["client", "-number"], name="client_open", condition=Q(state__in=_OPEN)
            ),
            models.Index(
                "client",
                PRESSING,
                F("number").desc(),
                name="client_pressing",
                condition=Q(state__in=_OPEN),
            ),
            models.Index(
                fields=["client", "-number"], name="client_done", condition=Q(state__in=_DONE)
            ),
            models.Index(fields=["client", "-number"], name="client_newest"),
            models.Index(fields=["project"], name="ticket_public", condition=~Q(public_title="")),
            models.Index(fields=["project", "-number"], name="project_newest"),
            models.Index(
                fields=["assignee", "state"], name="assignee_open", condition=Q(state__in=_OPEN)
            ),
            models.Index(
                fields=["-shipped_at"], name="shipped_newest", condition=Q(state__in=_LIVE)
            ),
            models.Index(
                fields=["client", "-shipped_at"],
                name="client_shipped",
                condition=Q(state__in=_LIVE),
            ),
            models.Index(
                fields=["due_at", "number"],
                name="ticket_committed",
                condition=Q(state__in=_OPEN, due_at__isnull=False),
            ),
            models.Index(
                fields=["outbreak"],
                name="ticket_of_outbreak",
                condition=Q(outbreak__isnull=False),
            ),
            models.Index(
                fields=["merged_into"],
                name="ticket_parts",
                condition=Q(merged_into__isnull=False),
            ),
            models.Index(
                fields=["client", "-rank", "number"],
                name="queue_of_client",
                condition=Q(state="queued"),
            ),
            GinIndex(OpClass(Upper("title"), name="gin_trgm_ops"), name="ticket_title_trigram"),
        ]
        constraints = [
            models.CheckConstraint(
                name="ticket_shipped_at_when_live",
                condition=Q(state__in=_LIVE, shipped_at__isnull=False)
                | (~Q(state__in=_LIVE) & Q(shipped_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="ticket_merged_into_when_merged",
                condition=Q(state=TicketState.MERGED.value, merged_into__isnull=False)
                | (~Q(state=TicketState.MERGED.value) & Q(merged_into__isnull=True)),
            ),
            models.CheckConstraint(
                name="ticket_worked_by_somebody",
                condition=~Q(state__in=_WITH_ASSIGNEE) | Q(assignee__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_due_when_committed",
                condition=Q(due_at__isnull=True, committed_at__isnull=True)
                | Q(due_at__isnull=False, committed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_received_first", condition=Q(received_at__lte=F("opened_at"))
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

    def check_move(self, state: TicketState) -> None:
        """Raises MoveRefused unless the state table allows the move."""
        here = TicketState(self.state)
        if state not in TICKET_MOVES[here]:
            raise MoveRefused(
                f"#{self.number} is {here.label.lower()}; it cannot become {state.label.lower()}."
            )

    def may_move(self, state: TicketState) -> bool:
        """Tell whether the state table allows the move."""
        return state in TICKET_MOVES[TicketState(self.state)]

    def reprioritise(self) -> None:
        """Set the priority that severity, reach and approval give."""
        self.priority = priority_of(
            Severity(self.severity), self.reach, p1_approved=self.p1_approved_at is not None
        )

    @property
    def awaits_p1_approval(self) -> bool:
        """Tell whether its reach makes it P1 as soon as a person approves."""
        approved = self.p1_approved_at is not None
        return awaits_p1_approval(Severity(self.severity), self.reach, p1_approved=approved)

    @property
    def is_open(self) -> bool:
        """Tell whether work on it is still to be done."""
        return self.state in _OPEN

    @property
    def state_label(self) -> str:
        """Say its state, and of which other ticket it is part."""
        whole = self.merged_into
        return f"Merged into #{whole.number}" if whole else self.get_state_display()


class TicketLink(Homed):
    """A pull request, or another page that belongs to the work."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="links")
    url = models.URLField(max_length=500)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta(Homed.Meta):
        ordering = ["added_at"]
        constraints = [
            *Homed.Meta.constraints,
            models.UniqueConstraint(Coalesce("home", "ticket"), "url", name="ticket_link_once"),
        ]

    def __str__(self) -> str:
        return self.url


class FixCheck(models.Model):
    """The question "does it work for you?", asked of one reporter after one shipping."""

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        WORKS = "works", "Works"
        BROKEN = "broken", "Still broken"
        SUPERSEDED = "superseded", "No longer asked"

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="fix_checks")
    reporter = models.ForeignKey(
        "tickets.Reporter", on_delete=models.PROTECT, related_name="fix_checks"
    )
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    token_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - many have none
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="fix_check_answered_at_when_answered",
                condition=Q(state__in=["works", "broken"], answered_at__isnull=False)
                | Q(state__in=["asked", "superseded"], answered_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["ticket", "reporter"], name="fix_check_asked_once",
                condition=Q(state="asked"),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.ticket}: {self.get_state_display()}"


class Presence(models.Model):
    """Who has a ticket open, and since when we last heard so."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.user} on {self.ticket}"
