from tickets.models.alerts import Alert, OnCallShift
from tickets.models.conversation import Attachment, Comment, Macro, ReplyLink
from tickets.models.events import TicketEvent, TicketEventKind
from tickets.models.reports import Report, Reporter, Signal, SignalKind, Source, Triage
from tickets.models.tickets import FixCheck, Presence, Ticket, TicketLink
from tickets.models.work import TimeEntry, Timer

__all__ = [
    "Alert",
    "Attachment",
    "Comment",
    "FixCheck",
    "Macro",
    "OnCallShift",
    "Presence",
    "ReplyLink",
    "Report",
    "Reporter",
    "Signal",
    "SignalKind",
    "Source",
    "Ticket",
    "TicketEvent",
    "TicketEventKind",
    "TicketLink",
    "TimeEntry",
    "Timer",
    "Triage",
]
