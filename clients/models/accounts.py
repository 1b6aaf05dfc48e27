from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from clients.models.users import validate_time_zone
from clients.rules.roles import CLIENT_ROLES

CLIENT_ROLE_CHOICES = [(role.value, role.label) for role in CLIENT_ROLES]


class Client(models.Model):
    """An account we serve."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="leads",
        limit_choices_to={"is_staff": True},
        help_text="Hears of an unacknowledged S1, and of answers to tickets nobody has.",
    )
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    notes = models.TextField(blank=True, help_text="For staff only.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A user's place in a client."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=CLIENT_ROLE_CHOICES)
    joined_at = models.DateTimeField()

    class Meta:
        ordering = ["client__name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["client", "user"], name="member_once"),
            models.CheckConstraint(
                name="member_role_known", condition=Q(role__in=[r.value for r in CLIENT_ROLES])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()} of {self.client})"


class Invitation(models.Model):
    """A place offered by mail; open until it is accepted, revoked or past ``expires_at``."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        REVOKED = "revoked", "Revoked"

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=CLIENT_ROLE_CHOICES)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    token_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - many have none
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                "client", Lower("email"), name="invitation_open_once", condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="invitation_closed_at_when_closed",
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.get_role_display()}, {self.get_state_display()}"
