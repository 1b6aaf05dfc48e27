from django.conf import settings
from django.db import models
from django.db.models import Q

from core.claims import Claimable


class EventRow(models.Model):
    """One thing that happened: the audit trail, and the feed of the apps above.

    Append-only (a trigger refuses update and delete). ``data`` holds references and codes, never
    personal text. No actor at all means the system itself.
    """

    at = models.DateTimeField()
    actor_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    data = models.JSONField(default=dict)

    class Meta:
        abstract = True


class OutboxMessage(Claimable):
    """A mail or web-hook post that is to leave.

    ``text`` is Markdown, as somebody wrote it; ``notice`` is plain text of our own that follows it,
    with single-use tokens as placeholders.
    """

    class Channel(models.TextChoices):
        MAIL = "mail", "Mail"
        WEBHOOK = "webhook", "Web-hook"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting to be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"

    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    notice = models.TextField(default="", blank=True)
    headers = models.JSONField(default=dict)
    reference = models.CharField(max_length=60, blank=True, db_index=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="outbox_due"),
            models.Index(fields=["-created_at"], name="outbox_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                name="outbox_due_while_pending",
                condition=Q(state="pending", due_at__isnull=False)
                | (~Q(state="pending") & Q(due_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="outbox_sent_at_when_sent",
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
            ),
        ]

    @property
    def whole_text(self) -> str:
        """The message as plain text."""
        return "\n\n".join(part for part in (self.text, self.notice) if part)

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.recipient}: {self.subject}"


class RateWindow(models.Model):
    """How often a hashed key was seen in its present window (an unlogged table)."""

    key = models.CharField(max_length=64, primary_key=True)
    window = models.BigIntegerField()
    seen = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
