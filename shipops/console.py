"""The ops console: the Django admin site, with pages of our own in place of its defaults."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse
from unfold.sites import UnfoldAdminSite

from clients.models import User


class ConsoleSite(UnfoldAdminSite):
    """The ops console: for staff with a role, and signed in as everywhere else."""

    site_title = "ShipOps"
    site_header = "ShipOps"
    index_title = "Today"
    enable_nav_sidebar = True

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Put the console's own pages before those of the models."""
        from clients.admin import PAGES as client_pages
        from core.admin import PAGES as core_pages
        from tickets.admin import PAGES as ticket_pages

        own = [
            path(route, self.admin_view(view), name=name)
            for route, view, name in [*ticket_pages, *client_pages, *core_pages]
        ]
        return [*own, *super().get_urls()]

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in who is an engineer or an ops admin; being staff without a group is not enough."""
        return isinstance(request.user, User) and request.user.staff_role is not None

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Send visitors to the one sign-in page; who is signed in and not staff gets nothing."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", "") or reverse("admin:index"))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the dashboard."""
        from tickets.admin import dashboard

        shown = dashboard(request)
        assert isinstance(shown, HttpResponse)
        return shown

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the dashboard: the console is not sorted by app."""
        return redirect("admin:index")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the account pages, where everybody manages how they sign in."""
        return redirect("mfa_index")

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to what was typed into the header's search, or show what was found."""
        from tickets.admin import search_page

        found = search_page(request)
        assert isinstance(found, HttpResponse)
        return found


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Give the sidebar: what this person's permissions open."""
    user = request.user
    if not isinstance(user, User) or user.staff_role is None:
        return []
    from tickets.admin.waiting import waiting_of

    waiting, _ = waiting_of(request)
    triage = _item(request, "Triage", "inbox", "admin:tickets_triage")
    if waiting:
        triage["badge"] = str(waiting)
    groups = {
        "Work": [
            _item(request, "Today", "monitoring", "admin:index", exact=True),
            triage,
            _item(request, "Queue", "format_list_numbered", "admin:tickets_queue"),
            _item(request, "Load", "stacked_bar_chart", "admin:tickets_load"),
            _item(request, "Fair share", "balance", "admin:tickets_shares"),
            _item(request, "Search", "search", "admin:search"),
            _item(request, "Outbreaks", "hub", "admin:tickets_outbreaks"),
            _item(request, "All tickets", "confirmation_number", "admin:tickets_ticket_changelist"),
            _item(request, "All reports", "chat", "admin:tickets_report_changelist"),
            _item(request, "File a report", "add_circle", "admin:tickets_file_report"),
        ],
        "Clients": [
            _item(request, "Clients", "apartment", "admin:clients_clients"),
            _item(request, "Retainers", "handshake", "admin:clients_retainer_changelist"),
            _item(request, "People", "group", "admin:clients_user_changelist"),
            _item(request, "Plans", "sell", "admin:clients_plans", needs="plan.publish"),
            _item(request, "Staff", "badge", "admin:clients_staff", needs="staff.manage"),
        ],
        "Tools": [
            _item(request, "Saved replies", "quickreply", "admin:tickets_macros"),
            _item(request, "Calendars", "calendar_month", "admin:clients_calendars"),
            _item(request, "On call", "notifications_active", "admin:tickets_rota"),
            _item(request, "Engineers", "engineering", "admin:tickets_engineers"),
            _item(request, "Mail in", "inbox", "admin:tickets_mail"),
            _item(request, "Outbox", "outgoing_mail", "admin:core_outbox"),
        ],
    }
    return [
        {
            "title": title,
            "items": [item for item in items if not item["needs"] or user.has_right(item["needs"])],
        }
        for title, items in groups.items()
    ]


def _is_inside(path: str, link: str) -> bool:
    # The theme's lists lie below /console/clients/, but are pages of their own.
    return path.startswith(link) and not path[len(link) :][:1].isalpha()


def _item(
    request: HttpRequest, title: str, icon: str, url: str, *, needs: str = "", exact: bool = False
) -> dict[str, Any]:
    link = reverse(url)
    active = request.path == link if exact else _is_inside(request.path, link)
    return {"title": title, "icon": icon, "link": link, "needs": needs, "active": active}
