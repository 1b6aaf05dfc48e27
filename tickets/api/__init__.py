from tickets.api.attachments import AttachmentsView
from tickets.api.comments import ReportCommentsView, TicketCommentsView
from tickets.api.reports import ReportsView, ReportView
from tickets.api.tickets import TicketsView, TicketView

__all__ = [
    "AttachmentsView",
    "ReportCommentsView",
    "ReportView",
    "ReportsView",
    "TicketCommentsView",
    "TicketView",
    "TicketsView",
]
