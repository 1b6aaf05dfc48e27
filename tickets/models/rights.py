"""The rights of the clients' own customers: what was asked for, and files that are to go."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clients.models import Client
from core.claims import Claimable


class PersonRequest(Claimable):
    """That somebody had the data of one person given out or erased; it names nobody.

    An erasure is due until all is blanked; ``counts`` says how many rows of each holding were.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", "Given out"
        ERASE = "erase", "Erased"

    kind = models.CharField(max_length=10, choices=Kind)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="person_requests")
    # Keys of Reporter rows, which stay when they are blanked.
    reporters = ArrayField(models.BigIntegerField())
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["due_at"], name="person_request_due", condition=Q(due_at__isnull=False)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="person_request_due_until_finished",
                condition=Q(due_at__isnull=True, finished_at__isnull=False)
                | Q(due_at__isnull=False, finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.pk}"


class DoomedFile(Claimable):
    """A stored file whose row is gone; it is deleted once that is committed, and then forgotten."""

    path = models.CharField(max_length=200, unique=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="doomed_file_due")]

    def __str__(self) -> str:
        return self.path
