from django.urls import path

from tickets import api

urlpatterns = [
    path("reports", api.ReportsView.as_view(), name="api_reports"),
    path("reports/<number:number>", api.ReportView.as_view(), name="api_report"),
    path(
        "reports/<number:number>/comments",
        api.ReportCommentsView.as_view(),
        name="api_report_comments",
    ),
    path("tickets", api.TicketsView.as_view(), name="api_tickets"),
    path("tickets/<number:number>", api.TicketView.as_view(), name="api_ticket"),
    path(
        "tickets/<number:number>/comments",
        api.TicketCommentsView.as_view(),
        name="api_ticket_comments",
    ),
    path("widget/config", api.WidgetConfigView.as_view(), name="api_widget_config"),
    path("widget/reports", api.WidgetReportsView.as_view(), name="api_widget_reports"),
    path("widget/suggestions", api.WidgetSuggestionsView.as_view(), name="api_widget_known"),
    path("attachments", api.AttachmentsView.as_view(), name="api_attachments"),
]
