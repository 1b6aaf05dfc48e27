from tickets.models.alerts import Alert, OnCallShift
from tickets.models.conversation import Attachment, Comment, Macro, StatusLink
from tickets.models.events import TicketEvent, TicketEventKind
from tickets.models.mail import InboundMail
from tickets.models.merging import HeldPromise, TicketMerge, Watcher
from tickets.models.outbreaks import Outbreak, Sighting
from tickets.models.queue import (
    Absence,
    Engineer,
    QueuePlan,
    ReceivedMinutes,
    ShareAccount,
    Skill,
    SlaClock,
)
from tickets.models.reports import (
    Report,
    ReportDetails,
    Reporter,
    Signal,
    SignalKind,
    Source,
    Triage,
)
from tickets.models.rights import DoomedFile, PersonRequest
from tickets.models.search import SavedView, SearchDocument, SearchWord, UnlearnedDocument
from tickets.models.similarity import Posting, ReportMeaning, ReportWords, TermCount
from tickets.models.tickets import FixCheck, Presence, Ticket, TicketLink
from tickets.models.work import TimeEntry, Timer

__all__ = [
    "Absence",
    "Alert",
    "Attachment",
    "Comment",
    "DoomedFile",
    "Engineer",
    "FixCheck",
    "HeldPromise",
    "InboundMail",
    "Macro",
    "OnCallShift",
    "Outbreak",
    "PersonRequest",
    "Posting",
    "Presence",
    "QueuePlan",
    "ReceivedMinutes",
    "Report",
    "ReportMeaning",
    "ReportWords",
    "ReportDetails",
    "Reporter",
    "SavedView",
    "SearchDocument",
    "SearchWord",
    "ShareAccount",
    "Sighting",
    "Signal",
    "SignalKind",
    "Skill",
    "SlaClock",
    "Source",
    "StatusLink",
    "TermCount",
    "Ticket",
    "TicketEvent",
    "TicketEventKind",
    "TicketLink",
    "TicketMerge",
    "TimeEntry",
    "Timer",
    "Triage",
    "Watcher",
    "UnlearnedDocument",
]
