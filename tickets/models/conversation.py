from django.conf import settings
from django.db import models
from django.db.models import Q

from clients.models import ApiKey
from tickets.models.homes import Homed
from tickets.models.reports import Report, Reporter
from tickets.models.tickets import Ticket


class Comment(Homed):
    """Something said on a ticket, or on a report before it had one (Markdown)."""

    class Visibility(models.TextChoices):
        PUBLIC = "public", "Public reply"
        INTERNAL = "internal", "Internal note"

    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="comments")
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="comments")
    visibility = models.CharField(max_length=10, choices=Visibility)
    body = models.TextField()
    author_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    author_reporter = models.ForeignKey(
        Reporter, null=True, on_delete=models.PROTECT, related_name="+"
    )
    author_key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")
    by_staff = models.BooleanField(default=False)
    source_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - many have none
    source_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta(Homed.Meta):
        ordering = ["created_at", "pk"]
        constraints = [
            *Homed.Meta.constraints,
            models.CheckConstraint(
                name="comment_on_one_thing",
                condition=Q(ticket__isnull=False, report__isnull=True)
                | Q(ticket__isnull=True, report__isnull=False),
            ),
            models.CheckConstraint(
                name="comment_internal_by_staff",
                condition=~Q(visibility="internal") | Q(by_staff=True),
            ),
            models.UniqueConstraint(
                fields=["author_key", "source_key"], name="comment_source_key_once",
                condition=Q(source_key__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_visibility_display()} {self.pk}"


class StatusLink(models.Model):
    """The link by which whoever reported something follows it, and answers, without an account.

    It works as long as things happen to its report, and a while after the last one.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="status_links")
    # Who holds one that was mailed reads that address; the other one was given to the sender.
    by_mail = models.BooleanField()
    # Made from the row's key, so there is none until the row has one.
    token_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Link to #{self.report_id}"


class Attachment(models.Model):
    """A file that came with a report or a comment.

    It is loose from its upload until an action ties it; loose ones are swept after a day.
    """

    report = models.ForeignKey(
        Report, null=True, on_delete=models.PROTECT, related_name="attachments"
    )
    comment = models.ForeignKey(
        Comment, null=True, on_delete=models.PROTECT, related_name="attachments"
    )
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=200, unique=True)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    is_image = models.BooleanField(default=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_key = models.ForeignKey(
        ApiKey, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    source_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - many have none
    source_hash = models.CharField(max_length=64, blank=True)
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["uploaded_at"],
                name="attachment_loose",
                condition=Q(report__isnull=True, comment__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="attachment_on_one_thing",
                condition=Q(report__isnull=True) | Q(comment__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["uploaded_key", "source_key"], name="attachment_source_key_once",
                condition=Q(source_key__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Macro(models.Model):
    """A saved reply. ``{number}``, ``{project}`` and ``{reporter}`` stand for the ticket's own."""

    name = models.CharField(max_length=80, unique=True)
    body = models.TextField()
    is_active = models.BooleanField("in use", default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
