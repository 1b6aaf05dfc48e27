from tickets.api.attachments import AttachmentsView
from tickets.api.comments import ReportCommentsView, TicketCommentsView
from tickets.api.reports import ReportsView, ReportView
from tickets.api.tickets import TicketsView, TicketView
from tickets.api.widget import WidgetConfigView, WidgetReportsView, WidgetSuggestionsView

__all__ = [
    "AttachmentsView",
    "ReportCommentsView",
    "ReportView",
    "ReportsView",
    "TicketCommentsView",
    "TicketView",
    "TicketsView",
    "WidgetConfigView",
    "WidgetReportsView",
    "WidgetSuggestionsView",
]
