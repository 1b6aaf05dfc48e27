"""The console's pages about clients, plans and staff."""

from clients.admin.accounts import person_page
from clients.admin.calendars import calendar_page, calendars_page, new_calendar_page
from clients.admin.clients import client_page, clients_page
from clients.admin.lists import RetainerAdmin, UserAdmin
from clients.admin.people import staff_page
from clients.admin.plans import plans_page
from clients.admin.project_forms import project_form_page
from clients.admin.projects import project_page
from clients.admin.widget import project_widget_page
from core.admin import Page

PAGES: list[Page] = [
    ("clients/", clients_page, "clients_clients"),
    ("clients/<number:pk>/", client_page, "clients_client"),
    ("projects/<number:pk>/", project_page, "clients_project"),
    ("projects/<number:pk>/widget/", project_widget_page, "clients_project_widget"),
    ("projects/<number:pk>/form/", project_form_page, "clients_project_form"),
    ("people/<number:pk>/", person_page, "clients_person"),
    ("calendars/", calendars_page, "clients_calendars"),
    ("calendars/new/", new_calendar_page, "clients_new_calendar"),
    ("calendars/<number:pk>/", calendar_page, "clients_calendar"),
    ("plans/", plans_page, "clients_plans"),
    ("staff/", staff_page, "clients_staff"),
]

__all__ = ["PAGES", "RetainerAdmin", "UserAdmin"]
