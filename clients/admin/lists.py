"""Searchable lists of all retainers and all people; their rows lead to the pages that act."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from clients.admin.people import role_in_groups
from clients.models import Client, Retainer, User
from clients.rules.roles import Role
from core.admin import ReadOnlyAdmin


def _day(moment: datetime | None) -> str:
    # As the other pages say it: the admin's own form is American.
    return f"{localtime(moment):%-d %b %Y}" if moment else ""


_CLOSED = mark_safe('<span class="chip chip-warn">Deactivated</span>')


def _link_to(client: Client) -> SafeString:
    link = reverse("admin:clients_client", args=[client.pk])
    return format_html('<a class="row-link" href="{}">{}</a>', link, client.name)


@admin.register(Retainer)
class RetainerAdmin(ReadOnlyAdmin):
    """All retainers, the running ones and those that ended, newest first."""

    list_display = ["agreed_by", "plan_version", "price", "state", "started", "ended"]
    sortable_by = ["started", "ended"]
    list_display_links = None
    list_select_related = ["client", "plan_version__plan"]
    list_filter = ["state", "plan_version__plan"]
    search_fields = ["client__name"]
    search_help_text = "Words of the client's name"
    ordering = ["-created_at", "-pk"]

    page_title = "Retainers"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the client's page, where it is moved."""
        retainer = self.get_object(request, object_id)
        if retainer is None:
            raise Http404
        return redirect("admin:clients_client", pk=retainer.client_id)

    @admin.display(description="client")
    def agreed_by(self, retainer: Retainer) -> SafeString:
        """Give the client as a link to its page."""
        return _link_to(retainer.client)

    @admin.display(description="a month")
    def price(self, retainer: Retainer) -> str:
        """Give the price of a month."""
        return str(retainer.plan_version.price)

    @admin.display(description="started", ordering="started_at")
    def started(self, retainer: Retainer) -> str:
        """Say since when it runs."""
        return _day(retainer.started_at)

    @admin.display(description="ended", ordering="ended_at")
    def ended(self, retainer: Retainer) -> str:
        """Say until when it ran."""
        return _day(retainer.ended_at)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Everybody who can sign in: clients' members and our side."""

    list_display = ["who", "places", "side", "signed_in"]
    sortable_by = ["signed_in"]
    list_display_links = None
    list_filter = ["is_active", "is_staff", "memberships__role"]
    search_fields = ["email", "name"]
    search_help_text = "Part of the name or e-mail address"
    ordering = ["email"]

    page_title = "People"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Read everybody's places along."""
        people: QuerySet[User] = super().get_queryset(request)
        return people.prefetch_related("memberships__client", "groups")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the person's page, where the account is closed."""
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404
        return redirect("admin:clients_person", pk=person.pk)

    @admin.display(description="person", ordering="email")
    def who(self, person: User) -> SafeString:
        """Give name and mail address, and whether the account is closed."""
        link = reverse("admin:clients_person", args=[person.pk])
        closed = "" if person.is_active else _CLOSED
        return format_html(
            '<a class="row-link" href="{}">{}</a> {}<div class="small muted">{}</div>',
            link, person, closed, person.email,
        )  # fmt: skip

    @admin.display(description="member of")
    def places(self, person: User) -> SafeString:
        """Give the person's clients with their role there."""
        return format_html_join(
            ", ",
            "{} ({})",
            [
                (_link_to(place.client), place.get_role_display().lower())
                for place in person.memberships.all()
            ],
        )

    @admin.display(description="staff role")
    def side(self, person: User) -> str:
        """Give what the person is on our side."""
        role = role_in_groups(person)
        return Role(role).label if role else ""

    @admin.display(description="last sign-in", ordering="last_login")
    def signed_in(self, person: User) -> str:
        """Say when the person last signed in."""
        return _day(person.last_login) or "never"
