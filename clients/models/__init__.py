from clients.models.accounts import Client, Invitation, Member
from clients.models.calendars import Calendar, CalendarVersion
from clients.models.events import ClientEvent, ClientEventKind
from clients.models.forms import ProjectForm
from clients.models.plans import Plan, PlanVersion, Retainer, SlaTarget
from clients.models.projects import ApiKey, ApiScope, KeyKind, Project, Release
from clients.models.users import User

__all__ = [
    "ApiKey",
    "ApiScope",
    "Calendar",
    "CalendarVersion",
    "Client",
    "ClientEvent",
    "ClientEventKind",
    "Invitation",
    "KeyKind",
    "Member",
    "Plan",
    "PlanVersion",
    "Project",
    "ProjectForm",
    "Release",
    "Retainer",
    "SlaTarget",
    "User",
]
