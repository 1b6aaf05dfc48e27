"""Searchable lists of all tickets and all reports; their rows lead to the pages that act."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from core.admin import ReadOnlyAdmin
from tickets.models import Report, Ticket


def _is_number(term: str) -> bool:
    digits = term.strip().lstrip("#")
    return digits.isascii() and digits.isdigit() and len(digits) < 19


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """All tickets, newest first."""

    list_display = ["what", "client", "app", "state", "rank", "assignee"]
    sortable_by = ["what"]
    list_display_links = None
    list_select_related = ["client", "project", "assignee"]
    list_filter = ["state", "priority", "severity", "kind"]
    search_fields = ["title"]
    search_help_text = "A number, or words of the title"
    ordering = ["-number"]

    page_title = "All tickets"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        """Find a ticket by its number, else by words of its title."""
        if _is_number(search_term):
            return queryset.filter(number=int(search_term.strip().lstrip("#"))), False
        found: tuple[QuerySet[Ticket], bool] = super().get_search_results(
            request, queryset, search_term[:100].replace("\x00", "")
        )
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the workbench."""
        ticket = self.get_object(request, object_id)
        if ticket is None:
            raise Http404
        return redirect("admin:tickets_workbench", number=ticket.number)

    @admin.display(description="ticket", ordering="number")
    def what(self, ticket: Ticket) -> SafeString:
        """Give number and title as a link to the workbench."""
        link = reverse("admin:tickets_workbench", args=[ticket.number])
        return format_html(
            '<a class="row-link" href="{}"><span class="number">#{}</span> {}</a>',
            link, ticket.number, ticket.title,
        )  # fmt: skip

    @admin.display(description="app")
    def app(self, ticket: Ticket) -> str:
        """Name the project in the word of every page."""
        return ticket.project.name

    @admin.display(description="priority")
    def rank(self, ticket: Ticket) -> SafeString:
        """Give priority and severity as marks."""
        return format_html(
            '<span class="chip chip-{}">{}</span> {}',
            ticket.priority, ticket.priority, ticket.severity,
        )  # fmt: skip


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """All reports, newest first."""

    list_display = ["what", "client", "app", "state", "source", "received"]
    sortable_by = ["what"]
    list_display_links = None
    list_select_related = ["client", "project"]
    list_filter = ["state", "source"]
    search_fields = ["title"]
    search_help_text = "A number, or words of the title"
    ordering = ["-pk"]

    page_title = "All reports"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Report], search_term: str
    ) -> tuple[QuerySet[Report], bool]:
        """Find a report by its number, else by words of its title."""
        if _is_number(search_term):
            return queryset.filter(pk=int(search_term.strip().lstrip("#"))), False
        found: tuple[QuerySet[Report], bool] = super().get_search_results(
            request, queryset, search_term[:100].replace("\x00", "")
        )
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the report's page in triage."""
        report = self.get_object(request, object_id)
        if report is None:
            raise Http404
        return redirect("admin:tickets_triage_report", number=report.number)

    @admin.display(description="report", ordering="pk")
    def what(self, report: Report) -> SafeString:
        """Give number and headline as a link to the report."""
        link = reverse("admin:tickets_triage_report", args=[report.number])
        return format_html(
            '<a class="row-link" href="{}"><span class="number">#{}</span> {}</a>',
            link, report.number, report.headline,
        )  # fmt: skip

    @admin.display(description="app")
    def app(self, report: Report) -> str:
        """Name the project in the word of every page."""
        return report.project.name

    @admin.display(description="received")
    def received(self, report: Report) -> str:
        """Say when, as the other pages do: the admin's own form is American."""
        return f"{localtime(report.received_at):%-d %b %Y, %H:%M}"
