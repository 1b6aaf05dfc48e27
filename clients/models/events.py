from django.db import models
from django.db.models import Q

from clients.models.accounts import Client, Invitation
from clients.models.calendars import Calendar
from clients.models.plans import Plan, PlanVersion, Retainer
from clients.models.projects import ApiKey, Project, Release
from clients.models.users import User
from core.models import EventRow


class ClientEventKind(models.TextChoices):
    """Everything that can happen to a client's account, and on our side to people and terms."""

    CLIENT_CREATED = "client.created", "Client created"
    CLIENT_CHANGED = "client.changed", "Client changed"
    LEAD_SET = "client.lead_set", "Lead changed"
    MEMBER_INVITED = "member.invited", "Invitation sent"
    INVITATION_REVOKED = "member.invitation_revoked", "Invitation revoked"
    MEMBER_JOINED = "member.joined", "Member joined"
    MEMBER_ROLE_CHANGED = "member.role_changed", "Role changed"
    MEMBER_REMOVED = "member.removed", "Member removed"
    PROJECT_CREATED = "project.created", "Project created"
    PROJECT_CHANGED = "project.changed", "Project changed"
    PROJECT_ARCHIVED = "project.archived", "Project archived"
    PERSON_EXPORTED = "person.exported", "Data of a person given out"
    PERSON_ERASED = "person.erased", "Data of a person erased"
    RETENTION_SET = "project.retention_set", "Retention changed"
    FORM_PUBLISHED = "form.published", "Questions changed"
    RELEASE_RECORDED = "release.recorded", "Release deployed"
    KEY_CREATED = "key.created", "API key created"
    KEY_CHANGED = "key.changed", "API key changed"
    KEY_REVOKED = "key.revoked", "API key revoked"
    IDENTITY_ROTATED = "project.identity_rotated", "Signing secret replaced"
    RETAINER_CREATED = "retainer.created", "Retainer drafted"
    RETAINER_MOVED = "retainer.moved", "Retainer changed state"
    PLAN_NAMED = "plan.named", "Plan named"
    PLAN_PUBLISHED = "plan.published", "Plan version published"
    STAFF_CHANGED = "staff.changed", "Staff changed"
    USER_DEACTIVATED = "user.deactivated", "Account deactivated"
    USER_REACTIVATED = "user.reactivated", "Account reactivated"
    SHIFT_ADDED = "rota.shift_added", "On-call shift added"
    SHIFT_ENDED = "rota.shift_ended", "On-call shift ended"
    CALENDAR_PUBLISHED = "calendar.published", "Calendar version published"
    ENGINEER_CHANGED = "engineer.changed", "Engineer's terms of work changed"
    SKILL_ADDED = "skill.added", "Skill added"
    ABSENCE_ADDED = "engineer.absent", "Absence added"
    ABSENCE_REMOVED = "engineer.absence_removed", "Absence removed"
    OUTBREAK_OPENED = "outbreak.opened", "Outbreak opened"
    OUTBREAK_SHIPPED = "outbreak.shipped", "Outbreak shipped"
    OUTBREAK_CLOSED = "outbreak.closed", "Outbreak closed"
    MACRO_SAVED = "macro.saved", "Saved reply changed"


class ClientEvent(EventRow):
    """One thing that happened to a client, a project, a retainer, a plan or a user.

    Without a client it happened on our side.
    """

    kind = models.CharField(max_length=40, choices=ClientEventKind)
    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="events")
    project = models.ForeignKey(Project, null=True, on_delete=models.PROTECT, related_name="+")
    retainer = models.ForeignKey(
        Retainer, null=True, on_delete=models.PROTECT, related_name="events"
    )
    plan = models.ForeignKey(
        Plan, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    plan_version = models.ForeignKey(
        PlanVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    calendar = models.ForeignKey(
        Calendar, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")
    invitation = models.ForeignKey(
        Invitation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")
    actor_key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["client", "-at"], name="client_event_newest"),
            models.Index(
                fields=["-at"], name="client_event_house", condition=Q(client__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
