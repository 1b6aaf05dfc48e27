"""Searchable lists of all tickets and all reports; their rows lead to the pages that act."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from core.admin import ReadOnlyAdmin
from core.text import clean_text
from tickets.models import Report, Ticket

MOST_SEARCHED = 100
# The trigram index knows no shorter words; those are looked for among the newest rows only.
SHORTEST_INDEXED = 3
NEWEST = 10_000


class NumberedAdmin(ReadOnlyAdmin):
    """A list whose rows have a number and a title, and lead to a page of their own."""

    number_field: ClassVar[str]
    row_page: ClassVar[str]
    sortable_by: Any = ["what"]
    list_display_links = None
    search_fields: Any = ["title"]
    search_help_text = "A number, or words of the title"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find a row by its number, else by words of its title."""
        wanted = clean_text(search_term).strip()
        digits = wanted.lstrip("#")
        if digits.isascii() and digits.isdigit() and len(digits) < 19:
            return queryset.filter(**{self.number_field: int(digits)}), False
        words = wanted[:MOST_SEARCHED].split()
        if words and max(len(word.strip("\"'")) for word in words) < SHORTEST_INDEXED:
            queryset = queryset.filter(pk__gte=self._oldest_of_newest())
        found: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, " ".join(words)
        )
        return found

    def _oldest_of_newest(self) -> int:
        """Give the key at which the newest rows begin."""
        keys = self.model._default_manager.order_by("-pk").values_list("pk", flat=True)
        return next(iter(keys[NEWEST : NEWEST + 1]), 0)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the row's own page."""
        row: Any = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return redirect(self.row_page, number=row.number)

    @admin.display(description="app")
    def app(self, row: Any) -> str:
        """Name the project in the word of every page."""
        return str(row.project.name)

    def link_to(self, number: int, title: str) -> SafeString:
        """Give number and title as a link to the row's own page."""
        return format_html(
            '<a class="row-link" href="{}"><span class="number">#{}</span> {}</a>',
            reverse(self.row_page, args=[number]), number, title,
        )  # fmt: skip


@admin.register(Ticket)
class TicketAdmin(NumberedAdmin):
    """All tickets, newest first."""

    list_display = ["what", "client", "app", "state", "rank", "assignee"]
    list_select_related = ["client", "project", "assignee"]
    list_filter = ["state", "priority", "severity", "kind"]
    ordering = ["-number"]

    page_title = "All tickets"
    number_field = "number"
    row_page = "admin:tickets_workbench"

    @admin.display(description="ticket", ordering="number")
    def what(self, ticket: Ticket) -> SafeString:
        """Give number and title as a link to the workbench."""
        return self.link_to(ticket.number, ticket.title)

    @admin.display(description="priority")
    def rank(self, ticket: Ticket) -> SafeString:
        """Give priority and severity as marks."""
        return format_html(
            '<span class="chip chip-{}">{}</span> {}',
            ticket.priority, ticket.priority, ticket.severity,
        )  # fmt: skip


@admin.register(Report)
class ReportAdmin(NumberedAdmin):
    """All reports, newest first."""

    list_display = ["what", "client", "app", "state", "source", "received"]
    list_select_related = ["client", "project"]
    list_filter = ["state", "source"]
    ordering = ["-pk"]

    page_title = "All reports"
    number_field = "pk"
    row_page = "admin:tickets_triage_report"

    @admin.display(description="report", ordering="pk")
    def what(self, report: Report) -> SafeString:
        """Give number and headline as a link to the report."""
        return self.link_to(report.number, report.headline)

    @admin.display(description="received")
    def received(self, report: Report) -> str:
        """Say when, as the other pages do: the admin's own form is American."""
        return f"{localtime(report.received_at):%-d %b %Y, %H:%M}"
