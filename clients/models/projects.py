import secrets
import string

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clients.models.accounts import Client

# Mail systems may not keep the case of an address.
_IN_ADDRESSES = string.ascii_lowercase + "234567"


def make_mail_token() -> str:
    """Make what stands behind the plus of a project's mail address: 50 random bits."""
    return "".join(secrets.choice(_IN_ADDRESSES) for _ in range(10))


class Project(models.Model):
    """One live app of a client, with what an engineer must know at three in the morning."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    url = models.URLField("address", blank=True)
    repository_url = models.URLField("repository", blank=True)
    hosting = models.CharField(max_length=200, blank=True)
    stack = models.CharField(max_length=200, blank=True)
    deploy_steps = models.TextField(blank=True)
    rollback_steps = models.TextField(blank=True)
    contacts = models.TextField(blank=True)
    vault_url = models.URLField(
        "password manager",
        blank=True,
        help_text="A link to the entry in the password manager; never a secret itself.",
    )
    mail_token = models.CharField(max_length=20, unique=True, default=make_mail_token)
    # So long after the end of its work what people said is blanked; for ever without.
    retention_days = models.PositiveIntegerField(null=True)
    # Which one it is of the secrets by which its server signs whom the widget serves.
    identity_rotation = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["client__name", "name"]

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    """One deploy of a project, as its CI told us."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=200)
    environment = models.CharField(max_length=60, default="production")
    commit = models.CharField(max_length=64, blank=True)
    url = models.URLField(max_length=500, blank=True)
    deployed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-deployed_at"]
        indexes = [models.Index(fields=["project", "-deployed_at"], name="release_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "version", "environment"], name="release_once"
            )
        ]

    def __str__(self) -> str:
        return self.version


class ApiScope(models.TextChoices):
    """What a key may be used for."""

    REPORTS_WRITE = "reports:write", "File reports and comments"
    REPORTS_READ = "reports:read", "Read reports and tickets"
    RELEASES_WRITE = "releases:write", "Record releases"


class KeyKind(models.TextChoices):
    """Where a key is used: a browser's stands in pages, so everybody reads it."""

    SERVER = "server", "Server"
    BROWSER = "browser", "Browser"


_FOR_BROWSERS = Q(kind="browser", public_token__isnull=False, scopes=[ApiScope.REPORTS_WRITE.value])
_FOR_SERVERS = Q(
    kind="server", public_token__isnull=True, allowed_origins=[], shows_suggestions=False
)


class ApiKey(models.Model):
    """A project's key to the API. Shown once and stored as a hash, or a browser's in clear."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="api_keys")
    kind = models.CharField(max_length=7, choices=KeyKind, default=KeyKind.SERVER)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=ApiScope), size=8)
    public_token = models.CharField(max_length=60, null=True)  # noqa: DJ001 - a server's has none
    allowed_origins = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    shows_suggestions = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    promises: list[tuple[str, int, int]] | None = None
    """Priority, minutes to a first response and their calendar, where they were read with the key.
    """
    calendar_mark = ""
    """By which calendars, read at the same time."""

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="api_key_scopes_known", condition=Q(scopes__contained_by=ApiScope.values)
            ),
            models.CheckConstraint(
                name="api_key_as_its_kind", condition=_FOR_BROWSERS | _FOR_SERVERS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def scope_names(self) -> list[str]:
        """What the key may be used for, in words."""
        return [ApiScope(scope).label for scope in self.scopes]

    @property
    def origin_lines(self) -> str:
        """From where the key works, as it is typed."""
        return "\n".join(self.allowed_origins)
