from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from clients.models import ApiKey, Client, Project
from core.errors import MoveRefused
from tickets.models.homes import Homed
from tickets.models.tickets import Ticket
from tickets.rules.plain_words import shorten
from tickets.rules.states import IN_TRIAGE, REPORT_MOVES, DeclineReason, ReportState
from tickets.rules.words import Kind, Severity

_IN_TRIAGE = [state.value for state in IN_TRIAGE]
_WITH_TICKET = [ReportState.ACCEPTED.value, ReportState.DUPLICATE.value]


class Source(models.TextChoices):
    """Where a report came in."""

    PORTAL = "portal", "Portal"
    STAFF = "staff", "Staff"
    WIDGET = "widget", "Widget"
    EMAIL = "email", "E-mail"
    API = "api", "API"
    IMPORT = "import", "Import"


class Reporter(models.Model):
    """A person who reported something to a client: a member, or somebody with a mail address
    (kept in lower case)."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="reporters")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=120, blank=True)
    email_confirmed_at = models.DateTimeField(null=True)
    # Who the client's app says this is, where its server signed it; apart from who only says so.
    signed_id = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["email_confirmed_at"],
                condition=Q(email_confirmed_at__isnull=False),
                name="reporter_confirmed",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "user"], name="reporter_member_once",
                condition=Q(user__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["client", "email"], name="reporter_mail_once",
                condition=Q(user__isnull=True) & ~Q(email="") & Q(signed_id=""),
            ),
            models.UniqueConstraint(
                fields=["client", "signed_id"], name="reporter_signed_once",
                condition=~Q(signed_id=""),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name or self.email or self.signed_id or "Somebody"

    @property
    def counts(self) -> bool:
        """Tell whether this person counts towards reach: a member, a confirmed address, or whom
        the client's app vouched for."""
        return (
            self.user_id is not None or self.email_confirmed_at is not None or bool(self.signed_id)
        )


class Report(Homed):
    """One message about a problem, as it came. Its public number is its primary key."""

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="reports", db_index=False
    )
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="reports", db_index=False
    )
    ticket = models.ForeignKey(
        Ticket, null=True, on_delete=models.PROTECT, related_name="reports", db_index=False
    )
    reporter = models.ForeignKey(
        Reporter, null=True, on_delete=models.PROTECT, related_name="reports", db_index=False
    )
    source = models.CharField(max_length=10, choices=Source)
    source_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - many have none
    source_hash = models.CharField(max_length=64, blank=True)
    api_key = models.ForeignKey(
        ApiKey, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(max_length=10, choices=ReportState, default=ReportState.RECEIVED)
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    page_url = models.CharField(max_length=2000, blank=True)
    user_agent = models.CharField(max_length=500, blank=True)
    device = models.CharField(max_length=200, blank=True)
    claimed_severity = models.CharField(max_length=2, choices=Severity, blank=True)
    decline_reason = models.CharField(max_length=20, choices=DeclineReason, blank=True)
    received_at = models.DateTimeField()
    respond_by_at = models.DateTimeField(null=True)
    first_response_at = models.DateTimeField(null=True)
    # All that it said is blank from then on.
    erased_at = models.DateTimeField(null=True)

    class Meta(Homed.Meta):
        ordering = ["-pk"]
        indexes = [
            *Homed.Meta.indexes,
            models.Index(
                fields=["received_at"], name="report_in_triage", condition=Q(state__in=_IN_TRIAGE)
            ),
            models.Index(
                fields=["client", "-id"],
                name="report_client_in_triage",
                condition=Q(state__in=_IN_TRIAGE),
            ),
            models.Index(
                fields=["client", "-id"],
                name="report_client_declined",
                condition=Q(state="declined"),
            ),
            models.Index(fields=["client", "-id"], name="report_client_newest"),
            models.Index(fields=["project", "-id"], name="report_project_newest"),
            models.Index(fields=["received_at"], name="report_arrivals"),
            models.Index(
                fields=["ticket"], name="report_of_ticket", condition=Q(ticket__isnull=False)
            ),
            models.Index(
                fields=["reporter"], name="report_of_reporter", condition=Q(ticket__isnull=False)
            ),
            # Not only of those with a title: the planner takes no figures from a partial index.
            GinIndex(OpClass(Upper("title"), name="gin_trgm_ops"), name="report_title_trigram"),
        ]
        constraints = [
            *Homed.Meta.constraints,
            models.UniqueConstraint(
                fields=["project", "source", "source_key"], name="report_source_key_once",
                condition=Q(source_key__isnull=False),
            ),
            models.CheckConstraint(
                name="report_ticket_when_taken",
                condition=Q(state__in=_WITH_TICKET, ticket__isnull=False)
                | (~Q(state__in=_WITH_TICKET) & Q(ticket__isnull=True)),
            ),
            models.CheckConstraint(
                name="report_reason_when_declined",
                condition=(Q(state="declined") & ~Q(decline_reason=""))
                | (~Q(state="declined") & Q(decline_reason="")),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"#{self.number} {self.headline}"

    @property
    def number(self) -> int:
        """The public number."""
        return self.pk

    @property
    def headline(self) -> str:
        """The title it came with, else its first words."""
        return self.title or shorten(" ".join(self.text[:200].split()), 90) or "Erased"

    def check_move(self, state: ReportState) -> None:
        """Raises MoveRefused unless the state table allows the move."""
        here = ReportState(self.state)
        if state not in REPORT_MOVES[here]:
            raise MoveRefused(
                f"#{self.number} is {here.label.lower()}; it cannot become {state.label.lower()}."
            )


class ReportDetails(models.Model):
    """What came with a report beside its words, where anything did.

    ``context`` is what the source captured (``tickets.rules.context`` bounds it), ``answers`` what
    was answered to the project's own questions: the version of the form and the values by name.
    """

    report = models.OneToOneField(
        Report, primary_key=True, on_delete=models.PROTECT, related_name="details"
    )
    context = models.JSONField(default=dict)
    answers = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Details of #{self.report_id}"


class SignalKind(models.TextChoices):
    """What sort of fact a signal is."""

    PAGE = "page", "Page path"
    RELEASE = "release", "Release"
    FINGERPRINT = "fingerprint", "Error fingerprint"
    TRACE = "trace", "Trace"
    COMPONENT = "component", "Component"
    ADVISORY = "advisory", "Advisory"


class Signal(models.Model):
    """A (kind, value) fact of a report, filled by its source and compared by tickets."""

    report = models.ForeignKey(
        Report, on_delete=models.PROTECT, related_name="signals", db_index=False
    )
    kind = models.CharField(max_length=12, choices=SignalKind)
    value = models.CharField(max_length=300)

    class Meta:
        ordering = ["kind", "value"]
        indexes = [models.Index(fields=["kind", "value"], name="signal_value")]
        constraints = [
            models.UniqueConstraint(fields=["report", "kind", "value"], name="signal_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"


class Triage(models.Model):
    """What was proposed for a report and, beside it, what staff decided."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="triage")
    kind = models.CharField(max_length=12, choices=Kind)
    severity = models.CharField(max_length=2, choices=Severity)
    title = models.CharField(max_length=200)
    estimate_minutes = models.PositiveIntegerField()
    reasons = models.JSONField(default=list)
    rules_version = models.CharField(max_length=40)
    proposed_at = models.DateTimeField()
    decided_kind = models.CharField(max_length=12, choices=Kind, blank=True)
    decided_severity = models.CharField(max_length=2, choices=Severity, blank=True)
    decided_title = models.CharField(max_length=200, blank=True)
    decided_estimate_minutes = models.PositiveIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["-decided_at"], name="triage_decided", condition=Q(decided_at__isnull=False)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="triage_decided_by_a_person",
                condition=Q(decided_at__isnull=True) | Q(decided_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.report_id}: {self.get_kind_display()}, {self.severity}"
