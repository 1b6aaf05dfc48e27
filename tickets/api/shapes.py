"""What comes in and goes out: the shape of each body."""

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import FreeText
from tickets.actions import MOST_BODY, MOST_SIGNALS, MOST_TEXT
from tickets.models import Comment, Report, Reporter, SignalKind, Source, Ticket
from tickets.queries.forecasts import Prospect
from tickets.rules.states import DeclineReason, ReportState, TicketState
from tickets.rules.words import Kind, Priority, Severity, Stop, Unpromised

Shape = serializers.Serializer[Any]


class SignalShape(Shape):
    """A fact that can be compared with those of other reports."""

    kind = serializers.ChoiceField(SignalKind.choices)
    value = FreeText(max_length=300)


class ReporterInput(Shape):
    """Who noticed it; with an address they hear when it works again."""

    email = FreeText(default="", allow_blank=True, max_length=254)
    name = FreeText(default="", allow_blank=True, max_length=120)


class FileIds(serializers.ListField):
    """Ids of files sent to /attachments before."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
            default=list,
            max_length=settings.ATTACHMENT_MAX_COUNT,
            **kwargs,
        )


class ReportInput(Shape):
    """A problem, as somebody noticed it. The text alone is enough."""

    text = FreeText(max_length=MOST_TEXT, help_text="What happened, in the reporter's words.")
    title = FreeText(default="", allow_blank=True, max_length=200)
    page_url = FreeText(default="", allow_blank=True, max_length=2000)
    user_agent = FreeText(default="", allow_blank=True, max_length=500)
    device = FreeText(default="", allow_blank=True, max_length=200)
    severity = serializers.ChoiceField(
        Severity.choices, default="", allow_blank=True, help_text="What the reporter claims."
    )
    release = FreeText(
        default="", allow_blank=True, max_length=200, help_text="The version it happened in."
    )
    signals = serializers.ListField(child=SignalShape(), default=list, max_length=MOST_SIGNALS)
    reporter = ReporterInput(default=dict)
    attachments = FileIds()
    answers = serializers.DictField(
        default=None, allow_null=True, help_text="Answers to the project's own questions, by name."
    )
    answers_version = serializers.IntegerField(
        default=None, allow_null=True, min_value=1, max_value=2**31 - 1,
        help_text="Which version of the questions was asked; the newest unless told.",
    )  # fmt: skip


class ReceiptShape(Shape):
    """What a report was answered with when it arrived."""

    number = serializers.IntegerField(help_text="The public number to follow it by.")
    state = serializers.ChoiceField(ReportState.choices)
    received_at = serializers.DateTimeField()
    respond_by_at = serializers.DateTimeField(
        allow_null=True, help_text="By when a person answers, if the plan promises it."
    )
    url = serializers.URLField()
    portal_url = serializers.URLField()


class FileShape(Shape):
    """A stored file."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes, after images were made safe.")


class ReporterShape(Shape):
    """Who reported."""

    name = serializers.SerializerMethodField()
    email = serializers.SerializerMethodField()

    def get_name(self, reporter: Reporter) -> str:
        return reporter.user.name if reporter.user else reporter.name

    def get_email(self, reporter: Reporter) -> str:
        return reporter.user.email if reporter.user else reporter.email


class ReportShape(Shape):
    """A report with what became of it."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(ReportState.choices)
    ticket = serializers.SerializerMethodField(help_text="The ticket's number, once there is one.")
    decline_reason = serializers.ChoiceField(DeclineReason.choices, allow_blank=True)
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # also DRF's name
    title = serializers.CharField()
    text = serializers.CharField()
    page_url = serializers.CharField()
    user_agent = serializers.CharField()
    device = serializers.CharField()
    severity = serializers.ChoiceField(
        Severity.choices, source="claimed_severity", allow_blank=True
    )
    reporter = ReporterShape(allow_null=True)
    signals = SignalShape(many=True)
    attachments = FileShape(many=True)
    answers = serializers.SerializerMethodField(help_text="By name of the question.")
    received_at = serializers.DateTimeField()
    respond_by_at = serializers.DateTimeField(allow_null=True)
    first_response_at = serializers.DateTimeField(allow_null=True)
    url = serializers.SerializerMethodField()
    portal_url = serializers.SerializerMethodField()

    def get_ticket(self, report: Report) -> int | None:
        return report.ticket.number if report.ticket else None

    def get_answers(self, report: Report) -> dict[str, Any]:
        details = getattr(report, "details", None)
        given: dict[str, Any] = details.answers.get("given", {}) if details else {}
        return given

    def get_url(self, report: Report) -> str:
        return api_url(f"reports/{report.number}")

    def get_portal_url(self, report: Report) -> str:
        return portal_url(f"reports/{report.number}")


class TicketShape(Shape):
    """A piece of work."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.ChoiceField(TicketState.choices)
    kind = serializers.ChoiceField(Kind.choices)
    severity = serializers.ChoiceField(Severity.choices)
    severity_confirmed = serializers.SerializerMethodField()
    priority = serializers.ChoiceField(Priority.choices)
    reach = serializers.IntegerField(help_text="Distinct people affected.")
    release = serializers.SerializerMethodField(help_text="The version the fix is live in.")
    received_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(
        allow_null=True,
        help_text="By when it is promised to be live; null while nothing is promised.",
    )
    likely_week = serializers.SerializerMethodField(
        help_text="The Monday of the week in which a ticket of the backlog is likely done."
    )
    backlog_reason = serializers.SerializerMethodField(
        help_text="Why nothing is promised: more is wanted than the plan's slots hold at this "
        "moment, or our engineers are full until the likely week. Null where something is "
        "promised, or a promise is still to be tried."
    )
    stands_still = serializers.SerializerMethodField(
        help_text="Why the ticket and its due time stand still: we wait for the client, or the "
        "plan is paused or not active. The due time moves on by as long as that takes."
    )
    shipped_at = serializers.DateTimeField(allow_null=True)
    merged_into = serializers.IntegerField(
        source="merged_into.number",
        default=None,
        allow_null=True,
        help_text="The number of the ticket this one is part of; what is sent here arrives there.",
    )
    url = serializers.SerializerMethodField()
    portal_url = serializers.SerializerMethodField()

    def get_severity_confirmed(self, ticket: Ticket) -> bool:
        return ticket.severity_confirmed_at is not None

    @extend_schema_field(OpenApiTypes.DATE)
    def get_likely_week(self, ticket: Ticket) -> str | None:
        prospect = self._prospect(ticket)
        return prospect.week.isoformat() if prospect and prospect.week else None

    @extend_schema_field(serializers.ChoiceField(Unpromised.choices, allow_null=True))
    def get_backlog_reason(self, ticket: Ticket) -> str | None:
        prospect = self._prospect(ticket)
        return prospect.why.value if prospect and prospect.why else None

    @extend_schema_field(serializers.ChoiceField(Stop.choices, allow_null=True))
    def get_stands_still(self, ticket: Ticket) -> str | None:
        prospect = self._prospect(ticket)
        return prospect.stop.value if prospect and prospect.stop else None

    def _prospect(self, ticket: Ticket) -> Prospect | None:
        found: Prospect | None = self.context["prospects"].get(ticket.number)
        return found

    def get_release(self, ticket: Ticket) -> str | None:
        return ticket.release.version if ticket.release else None

    def get_url(self, ticket: Ticket) -> str:
        return api_url(f"tickets/{ticket.number}")

    def get_portal_url(self, ticket: Ticket) -> str:
        return portal_url(f"tickets/{ticket.number}")


class CommentInput(Shape):
    """Something to say to everybody on the ticket."""

    body = FreeText(max_length=MOST_BODY, help_text="Markdown.")
    attachments = FileIds()


class CommentShape(Shape):
    """Something that was said."""

    id = serializers.IntegerField()
    body = serializers.CharField()
    author = serializers.SerializerMethodField()
    by_staff = serializers.BooleanField()
    attachments = FileShape(many=True)
    created_at = serializers.DateTimeField()

    def get_author(self, comment: Comment) -> str:
        if comment.author_user:
            return str(comment.author_user)
        if comment.author_reporter:
            return str(comment.author_reporter.user or comment.author_reporter)
        return comment.author_key.name if comment.author_key else "ShipOps"


class UploadInput(Shape):
    """One file, as multipart/form-data."""

    file = serializers.FileField()


def api_url(path: str) -> str:
    """Give the full address of an endpoint."""
    return f"{settings.SITE_URL}/api/v1/{path}"


def portal_url(path: str) -> str:
    """Give the full address of a page of the portal."""
    return f"{settings.SITE_URL}/portal/{path}/"
