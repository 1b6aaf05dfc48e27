"""Mail that came in: kept as it came before anything is made of it."""

from django.db import models
from django.db.models import Q

from clients.models import Project
from core.claims import Claimable
from tickets.models.conversation import Comment
from tickets.models.reports import Report


class InboundMail(Claimable):
    """One mail that arrived; ``raw`` is what it consisted of, until it is erased.

    It is due until something was made of it, or until it is known that nothing comes of it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to be read"
        TAKEN = "taken", "Taken in"
        HELD = "held", "Waiting for approval"
        SET_ASIDE = "set_aside", "Set aside"
        FAILED = "failed", "Given up"

    class Why(models.TextChoices):
        """Why nothing came of a mail that was set aside."""

        AUTOMATIC = "automatic", "A machine sent it"
        SPAM = "spam", "Looks like spam"
        BOUNCE = "bounce", "A mail of ours came back"
        NO_ADDRESS = "no_address", "To no address of ours"
        LOOP = "loop", "The same again and again"
        REFUSED = "refused", "It was refused"
        DISMISSED = "dismissed", "Dismissed by staff"

    # The hash of recipient and Message-ID (of the bytes, where there is none): twice is once.
    arrival_key = models.CharField(max_length=64, unique=True)
    via = models.CharField(max_length=20)
    recipient = models.CharField(max_length=254, blank=True)
    raw = models.BinaryField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    kind = models.CharField(max_length=20, blank=True)
    why = models.CharField(max_length=20, choices=Why, blank=True)
    message_id = models.CharField(max_length=402, blank=True)
    sender = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    project = models.ForeignKey(
        Project, null=True, on_delete=models.PROTECT, related_name="inbound_mails"
    )
    report = models.ForeignKey(
        Report, null=True, on_delete=models.PROTECT, related_name="inbound_mails"
    )
    comment = models.ForeignKey(Comment, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="inbound_mail_due"),
            models.Index(fields=["message_id"], name="inbound_mail_message"),
            models.Index(fields=["sender", "-received_at"], name="inbound_mail_sender"),
        ]
        constraints = [
            models.CheckConstraint(
                name="inbound_mail_due_while_waiting",
                condition=Q(state="waiting", due_at__isnull=False)
                | (~Q(state="waiting") & Q(due_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="inbound_mail_why_when_set_aside",
                condition=(Q(state="set_aside") & ~Q(why="")) | (~Q(state="set_aside") & Q(why="")),
            ),
        ]

    def __str__(self) -> str:
        return f"Mail {self.pk}: {self.get_state_display()}"
